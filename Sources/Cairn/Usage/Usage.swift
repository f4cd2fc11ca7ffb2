public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What is measured.
public struct UsageOptions: Sendable {
    /// A revision whose paths are measured, instead of the workspace's.
    public var revision: String?
    /// Revisions that are measured beside the workspace, each as a whole.
    public var revisions = RevisionScope()
    /// Only sums, not what is in a folder.
    public var summarizes = false

    /// The paths of the workspace.
    public init() {}
}

/// What tracked data takes.
public struct UsageReport: Sendable {
    /// A path or a revision.
    public struct Row: Sendable {
        /// What is measured.
        public enum Subject: Sendable {
            /// A path relative to where the user stands.
            case path([UInt8])
            /// A branch, a tag or the first digits of a commit; `nil` for the workspace as it is.
            case revision(String?)
            /// All rows that are not sums themselves.
            case total
        }
        /// What is measured.
        public let subject: Subject
        /// The bytes of its files; `nil` if some are not known, because their listing or their data is not here.
        public let apparent: Int64?
        /// Bytes in the cache of what nothing else uses: what would be freed without it.
        public let unique: Int64
        /// Bytes in the cache of what it uses; what several rows use is divided among them.
        public let stored: Int64
        /// Objects that it needs and the cache does not have, or not all of.
        public let missing: Int
        /// True for the sum of rows before it.
        public let isSum: Bool
    }

    /// Paths, what is in a folder before the folder; or revisions, the workspace first.
    public internal(set) var rows: [Row] = []
}

extension Workspace {
    /// Measures what tracked data takes: its own size, and its part of the cache.
    ///
    /// - Parameters:
    ///   - targets: paths of the workspace; the folder in which the user stands if there is none.
    /// - Returns: for each target what is in it, and then itself; with several revisions a row for each.
    /// - Throws: `CairnError` for a path that is not tracked and an unknown revision.
    public func diskUsage(
        of targets: [String], _ options: UsageOptions = UsageOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> UsageReport {
        guard options.revisions.isEmpty || options.revision == nil else {
            throw CairnError(.usage, "--rev and options for several revisions contradict each other")
        }
        let session = try Session(self, reporter: reporter, writes: false)
        var paths: [RepoPath?] = []
        for target in targets.isEmpty ? ["."] : targets {
            let path = try pathOrRoot(of: target)
            if !paths.contains(path) { paths.append(path) }
        }
        for inner in paths {
            guard
                let outer = paths.first(where: { other in
                    other != inner && (other.map { inner?.isBelow($0) ?? false } ?? true)
                })
            else { continue }
            throw CairnError(
                .usage,
                "'\(relativeToUser(inner).printable)' is inside of '\(relativeToUser(outer).printable)'",
                hint: "name only one of the two")
        }
        if options.revisions.isEmpty {
            return try PathUsage(paths, options, session).report()
        }
        return try RevisionUsage(paths, options.revisions, session).report()
    }
}

extension UsageReport {
    /// A sum that is not known if one of its parts is not.
    static func sum(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return nil }
        return left.addingClamped(right)
    }
}

extension UsageReport.Row {
    init(_ subject: Subject, apparent: Int64?, _ amounts: UsageLedger.Amounts, isSum: Bool = false) {
        self.init(
            subject: subject, apparent: apparent, unique: Int64(amounts.unique.rounded()),
            stored: Int64(amounts.stored.rounded()), missing: amounts.missing, isSum: isSum)
    }
}
