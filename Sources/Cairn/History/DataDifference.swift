public import CairnCore
import CairnGit
import CairnSystem

/// What `diff` is to compare.
public struct DataDifferenceOptions: Sendable {
    /// The older side: a revision, or `workspace`.
    public var old = "HEAD"
    /// The newer side: a revision, or `workspace`.
    public var new = RecordedValues.workspaceName
    /// Outputs, paths inside of them, pointer files, stages and folders; everything if none is named.
    public var targets: [String] = []
    /// Whether to look which data of the older side the cache lacks.
    public var looksForMissing = true
    /// Whether to find out how many bytes and chunks changed.
    public var measures = false

    /// From the last commit to the workspace.
    public init() {}
}

/// How data differs between two revisions, or between one and the workspace. Every list is sorted by path.
public struct DataDifference: Sendable {
    /// A file or directory as one side has it.
    public struct Version: Sendable {
        /// Relative to the workspace.
        public let path: [UInt8]
        /// True for a directory.
        public let isFolder: Bool
        /// The content; `nil` where none is recorded, and for a symbolic link that leads nowhere.
        public let id: ObjectID?
        /// The bytes of a file, where that is known without a look at the cache.
        let size: Int64?

        /// The path as DVC writes it: a directory ends with a slash.
        public var written: [UInt8] { isFolder ? path + [UInt8(ascii: "/")] : path }
    }

    /// One path that both sides have, or one content under two paths.
    public struct Pair: Sendable {
        /// What the older side has.
        public let old: Version
        /// What the newer side has.
        public let new: Version
    }

    /// Only the newer side has it.
    public internal(set) var added: [Version] = []
    /// Only the older side has it.
    public internal(set) var deleted: [Version] = []
    /// Both have it, with different content.
    public internal(set) var modified: [Pair] = []
    /// The same content under another path.
    public internal(set) var renamed: [Pair] = []
    /// What the older side names and the cache lacks; empty if nobody asked.
    public internal(set) var missing: [Version] = []
    /// Directories that differ in files that are not known, because a listing is not here.
    public internal(set) var unlisted: [Version] = []
    /// How many bytes and chunks changed; `nil` if nobody asked.
    public internal(set) var amounts: DifferenceAmounts?
    /// True in a repository without a commit, where there is nothing to compare with.
    public internal(set) var isBeforeFirstCommit = false

    /// Nothing.
    init() {}

    /// True if the sides are alike and nothing is missing.
    public var isEmpty: Bool {
        added.isEmpty && deleted.isEmpty && modified.isEmpty && renamed.isEmpty && missing.isEmpty
    }
}

extension Workspace {
    /// Compares the data of two revisions, or of one and the workspace. Nothing is changed but the stat index.
    ///
    /// Files of the workspace are read only where their status differs from what was recorded of them.
    /// - Throws: `CairnError`: of kind `notFound` for an unknown revision and for a target that neither side knows, `missing` for a part
    ///   of a directory whose listing is not here, `config` for a pointer or pipeline file that cannot be read.
    public func dataDifference(
        _ options: DataDifferenceOptions = DataDifferenceOptions(), reporter: any Reporter = SilentReporter()
    ) throws -> DataDifference {
        let session = try Session(self, reporter: reporter, writes: false)
        let git = try session.repository()
        if try git.head() == nil, try git.branches().isEmpty {
            // A name that the user typed has to name something all the same.
            for name in [options.old, options.new]
            where personality == .cairn && !["HEAD", RecordedValues.workspaceName].contains(name) {
                _ = try git.resolve(name)
            }
            var result = DataDifference()
            result.isBeforeFirstCommit = true
            return result
        }
        guard let sides = try DifferenceSide.pair(options, session, git) else { return DataDifference() }
        var run = try DifferenceRun(sides, options, session)
        return try run.result()
    }
}

extension Session {
    /// The git repository around the workspace.
    ///
    /// - Throws: `CairnError` of kind `usage` where there is none, `GitError` if it cannot be opened.
    func repository() throws -> GitRepository {
        guard let git = try git() else {
            throw CairnError(
                .usage,
                "'\(workspace.root.bytes.printable)' is not in a git repository, so it has no revisions",
                dvc:
                    "Only supported for Git repositories. If you're seeing this error in a Git repo, try updating the DVC configuration with `dvc config core.no_scm false`."
            )
        }
        return git
    }
}
