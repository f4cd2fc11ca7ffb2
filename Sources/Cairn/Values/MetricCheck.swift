public import CairnCore
public import CairnFormats

/// What became of conditions on metrics.
public struct MetricCheckReport: Sendable {
    /// One condition.
    public struct Item: Sendable {
        /// The condition as it was given.
        public let condition: String
        /// The file that has the value.
        public let file: RepoPath
        /// The dotted key of the value.
        public let key: String
        /// The value.
        public let value: YAMLValue
        /// How it was compared.
        public let comparison: String
        /// What it was compared with.
        public let limit: YAMLValue
        /// True if the value is as it has to be.
        public let isMet: Bool
    }

    /// The conditions in their order.
    public internal(set) var items: [Item] = []
    /// True if all conditions are met.
    public var isMet: Bool { items.allSatisfy(\.isMet) }
}

extension Workspace {
    /// Checks conditions on metrics.
    ///
    /// - Parameters:
    ///   - conditions: `[file:]key OP value`, where the value is a number, `true`, `false`, a text in quotes, or a value of a revision with a
    ///     tolerance: `REVISION:[file:]key - 0.01`. OP is one of `>`, `>=`, `<`, `<=`, `==` and `!=`.
    ///   - revision: where the values are taken from; `nil` for the workspace.
    /// - Throws: `CairnError` of kind `usage` for a condition that cannot be understood or answered, `notFound` for a value that is not there
    ///   and for an unknown revision.
    public func checkMetrics(
        _ conditions: [String], in revision: String? = nil, reporter: any Reporter = SilentReporter()
    ) throws -> MetricCheckReport {
        let parsed = try conditions.map { ($0, try MetricCondition(parsing: $0)) }
        let session = try Session(self, reporter: reporter, writes: false)
        var lookup = MetricLookup(session)
        var report = MetricCheckReport()
        for (text, condition) in parsed {
            let (file, value) = try lookup.value(
                of: condition.subject, in: revision ?? RecordedValues.workspaceName)
            let limit: YAMLValue
            switch condition.limit {
            case .value(let value): limit = value
            case .revision(let name, let reference, let plus):
                let known = try lookup.value(of: reference, in: name).value
                limit = try known.adding(plus, text)
            }
            report.items.append(
                MetricCheckReport.Item(
                    condition: text, file: file, key: condition.subject.key, value: value,
                    comparison: condition.comparison.rawValue, limit: limit,
                    isMet: try value.meets(condition.comparison, limit, text)))
        }
        return report
    }
}

/// Finds values in files of metrics; each revision is read once.
private struct MetricLookup {
    private let session: Session
    private var known: [String: RecordedValues] = [:]

    init(_ session: Session) { self.session = session }

    /// The value that a reference names.
    ///
    /// - Throws: `CairnError` of kind `notFound` if there is none, `usage` if several files have it.
    mutating func value(
        of reference: MetricCondition.Reference, in revision: String
    ) throws -> (file: RepoPath, value: YAMLValue) {
        let workspace = session.workspace
        let values = try read(reference.file, revision)
        if let error = values.error { throw error }
        let place = revision == RecordedValues.workspaceName ? "" : " in '\(Array(revision.utf8).printable)'"
        var found: [(RepoPath, YAMLValue)] = []
        var keys: [String] = []
        for file in values.files {
            switch file.value {
            case .failure(let error):
                // A file that was named has to be readable; of those that are declared, some may come with the next run.
                if reference.file != nil {
                    throw CairnError(error.kind, error.message + place, hint: error.hint)
                }
            case .success(let value):
                for (key, value) in value.flattened {
                    if key.hasSameBytes(as: reference.key) { found.append((file.path, value)) }
                    keys.append(key)
                }
            }
        }
        if found.count == 1 { return found[0] }
        let shown = Array(reference.key.utf8).printable
        guard found.isEmpty else {
            let names = found.map { "'\(workspace.display($0.0))'" }.joined(separator: ", ")
            throw CairnError(
                .usage, "several files have the metric '\(shown)'\(place): \(names)",
                hint: "name the file: '\(workspace.display(found[0].0)):\(shown)'")
        }
        throw CairnError(
            .notFound,
            values.files.isEmpty
                ? "there is no metric '\(shown)'\(place): no file of metrics is declared"
                : "there is no metric '\(shown)'\(place)",
            hint: EditDistance.closest(to: reference.key, among: keys).map { "did you mean '\($0)'?" }
                ?? (keys.isEmpty ? nil : "see what there is: `\(workspace.personality.command) metrics show`")
        )
    }

    private mutating func read(_ file: String?, _ revision: String) throws -> RecordedValues {
        let name = "\(file.map { "f\($0)" } ?? "")\u{0}\(revision)"
        if let values = known[name] { return values }
        let reader = try ValueReader(.metrics, file.map { [$0] } ?? [], session)
        let values = try reader.revision(revision, session)
        known[name] = values
        return values
    }
}

extension YAMLValue {
    /// - Throws: `CairnError` of kind `usage` if something is to be added to what is no number.
    fileprivate func adding(_ amount: Double, _ condition: String) throws -> YAMLValue {
        if amount == 0 { return self }
        switch self {
        case .int(let int): return .float(Double(int) + amount)
        case .float(let float): return .float(float + amount)
        default:
            throw CairnError(
                .usage,
                "the condition '\(Array(condition.utf8).printable)' adds a number to \(kind) ('\(Array(pythonText.utf8).printable)')"
            )
        }
    }

    /// - Throws: `CairnError` of kind `usage` for values of different kinds, which cannot be compared.
    fileprivate func meets(
        _ comparison: MetricCondition.Comparison, _ limit: YAMLValue, _ condition: String
    ) throws -> Bool {
        guard kind == limit.kind else {
            throw CairnError(
                .usage,
                "the condition '\(Array(condition.utf8).printable)' compares \(kind) ('\(Array(pythonText.utf8).printable)') with \(limit.kind)"
            )
        }
        guard let order = order(to: limit) else {
            // Not a number is like nothing, itself included.
            if isNumber { return comparison == .notEqual }
            guard comparison.isEquality else {
                throw CairnError(
                    .usage,
                    "the condition '\(Array(condition.utf8).printable)' compares \(kind): that can only be == or !="
                )
            }
            return equalsInPython(limit) == (comparison == .equal)
        }
        switch comparison {
        case .more: return order > 0
        case .less: return order < 0
        case .atLeast: return order >= 0
        case .atMost: return order <= 0
        case .equal: return order == 0
        case .notEqual: return order != 0
        }
    }

    /// -1, 0 or 1 for numbers that can be ordered.
    private func order(to other: YAMLValue) -> Int? {
        switch (self, other) {
        case (.int(let left), .int(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.int(let whole), .float(let float)): return Self.order(Double(whole), float)
        case (.float(let float), .int(let whole)): return Self.order(float, Double(whole))
        case (.float(let left), .float(let right)): return Self.order(left, right)
        default: return nil
        }
    }

    private static func order(_ left: Double, _ right: Double) -> Int? {
        left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
    }
}
