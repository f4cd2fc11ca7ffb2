public import CairnCore
public import CairnFormats

/// What files of metrics or parameters say, in the workspace or in one revision.
public struct RecordedValues: Sendable {
    /// One file.
    public struct File: Sendable {
        /// Where it is.
        public let path: RepoPath
        /// What it says, or why that is not known.
        public let value: Result<YAMLValue, CairnError>
    }

    /// The workspace, branches and tags with commas between them, or the id of a commit; empty where no revision was asked for.
    public let name: String
    /// The files in the order in which they are declared.
    public internal(set) var files: [File] = []
    /// Why nothing is known of the files.
    public internal(set) var error: CairnError?

    /// The name of what is not committed.
    public static let workspaceName = "workspace"

    init(_ name: String) { self.name = name }

    /// True if all that could be known is.
    public var isComplete: Bool {
        error == nil
            && files.allSatisfy {
                if case .failure = $0.value { false } else { true }
            }
    }
}

extension YAMLValue {
    /// Single values under dotted keys, as tables show them; lists are text, and empty mappings vanish.
    public var flattened: [(key: String, value: YAMLValue)] {
        guard let entries else { return [("", singleValue)] }
        var result: [(String, YAMLValue)] = []
        func add(_ entries: [YAMLEntry], _ prefix: String) {
            for entry in entries {
                let key = prefix + entry.key.pythonText
                if let inner = entry.value.entries {
                    add(inner, key + ".")
                } else {
                    result.append((key, entry.value.singleValue))
                }
            }
        }
        add(entries, "")
        return result
    }

    /// A list as text.
    private var singleValue: YAMLValue { items == nil ? self : .string(pythonText) }

    /// Numbers, truth values and texts of what a metric file says; `nil` if there are none.
    var metrics: YAMLValue? {
        switch self {
        case .bool, .int, .bigInt, .float, .string: return self
        case .null, .date, .sequence: return nil
        case .mapping(let entries):
            let kept = entries.compactMap { entry -> YAMLEntry? in
                guard let value = entry.value.metrics, value.entries?.isEmpty != true else { return nil }
                return YAMLEntry(entry.key, value)
            }
            return .mapping(kept)
        }
    }

    /// The part of a file of parameters that some keys name, with the mappings on the way to them.
    func part(_ keys: [String]) -> YAMLValue {
        var result = YAMLValue.mapping([YAMLEntry]())
        for key in keys {
            let parts = key.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .map { String(Substring($0)) }
            if let part = Self.part(parts[...], of: self) { result.merge(part) }
        }
        return result
    }

    private static func part(_ keys: ArraySlice<String>, of value: YAMLValue) -> YAMLValue? {
        guard let key = keys.first else { return value }
        let rest = keys.dropFirst()
        if let items = value.items {
            guard let index = Int(key), items.indices.contains(index) else { return nil }
            return part(rest, of: items[index]).map {
                .sequence(Array(repeating: YAMLValue.null, count: index) + [$0])
            }
        }
        let entry = value.entries?.first { $0.key.pythonText.hasSameBytes(as: key) }
        guard let entry else { return nil }
        return part(rest, of: entry.value).map { .mapping([YAMLEntry(entry.key, $0)]) }
    }

    private mutating func merge(_ other: YAMLValue) {
        switch (self, other) {
        case (.mapping(var entries), .mapping(let more)):
            for entry in more {
                if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                    entries[index].value.merge(entry.value)
                } else {
                    entries.append(entry)
                }
            }
            self = .mapping(entries)
        case (.sequence(var items), .sequence(let more)):
            for (index, item) in more.enumerated() {
                if index == items.count {
                    items.append(item)
                } else if !item.isNull {
                    items[index].merge(item)
                }
            }
            self = .sequence(items)
        default: self = other
        }
    }
}
