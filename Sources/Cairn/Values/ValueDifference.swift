public import CairnCore
public import CairnFormats

/// How metrics or parameters differ between two revisions.
public struct ValueDifference: Sendable {
    /// A single value that differs.
    public struct Change: Sendable {
        /// The file.
        public let path: RepoPath
        /// The dotted key; empty for a file that is one value.
        public let key: String
        /// What it was; null if it was not there.
        public let old: YAMLValue
        /// What it is; null if it is not there any more.
        public let new: YAMLValue
        /// The new number without the old one; `nil` if one of them is no number.
        public let difference: YAMLValue?
    }

    /// What differs, by path and key.
    public private(set) var changes: [Change] = []
    /// The side that is older.
    public let old: RecordedValues
    /// The side that is newer.
    public let new: RecordedValues

    init(old: RecordedValues, new: RecordedValues, keepingEqual: Bool) {
        self.old = old
        self.new = new
        let (before, after) = (Self.values(of: old), Self.values(of: new))
        for path in Set(before.keys).union(after.keys).sorted() {
            let (left, right) = (Side(before[path]), Side(after[path]))
            for key in Set(left.values.keys).union(right.values.keys).sorted(by: Self.precedes) {
                let (one, two) = (left.value(of: key.text), right.value(of: key.text))
                guard keepingEqual || !one.equalsInPython(two) else { continue }
                changes.append(
                    Change(path: path, key: key.text, old: one, new: two, difference: one.difference(to: two))
                )
            }
        }
    }

    private static func values(of side: RecordedValues) -> [RepoPath: YAMLValue] {
        var values: [RepoPath: YAMLValue] = [:]
        for file in side.files {
            if case .success(let value) = file.value { values[file.path] = value }
        }
        return values
    }

    private static func precedes(_ left: Key, _ right: Key) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// A key; compared by bytes.
    private struct Key: Hashable {
        let text: String

        static func == (left: Key, right: Key) -> Bool { left.text.hasSameBytes(as: right.text) }
        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// What one side says of a file.
    private struct Side {
        var values: [Key: YAMLValue] = [:]

        init(_ value: YAMLValue?) {
            for (key, value) in value?.flattened ?? [] { values[Key(text: key)] = value }
        }

        func value(of key: String) -> YAMLValue { values[Key(text: key)] ?? .null }
    }
}

extension YAMLValue {
    /// How much has to be added to get another number; truth values are numbers, as in Python.
    fileprivate func difference(to other: YAMLValue) -> YAMLValue? {
        switch (asNumber, other.asNumber) {
        case (.int(let old)?, .int(let new)?):
            let (difference, overflows) = new.subtractingReportingOverflow(old)
            return overflows ? .float(Double(new) - Double(old)) : .int(difference)
        case (.int(let old)?, .float(let new)?): return .float(new - Double(old))
        case (.float(let old)?, .int(let new)?): return .float(Double(new) - old)
        case (.float(let old)?, .float(let new)?): return .float(new - old)
        default: return nil
        }
    }

    private var asNumber: YAMLValue? {
        switch self {
        case .bool(let bool): .int(bool ? 1 : 0)
        case .int, .float: self
        default: nil
        }
    }
}
