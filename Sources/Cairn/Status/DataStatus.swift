public import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// What `data status` is to look at.
public struct DataStatusOptions: Sendable {
    /// Lists files inside directories, not only the directories.
    public var isGranular = false
    /// Lists what did not change.
    public var listsUnchanged = false
    /// Lists files that neither git nor a pointer knows.
    public var listsUntracked = false
    /// Lists what a remote lacks.
    public var checksRemote = false
    /// The remote to ask, instead of the default one.
    public var remote: String?
    /// Asks git whether it has other changes.
    public var looksAtGit = true

    /// The directories and files that differ.
    public init() {}
}

/// How data differs between the last commit, the pointers and the workspace. Every list is sorted by path.
public struct DataStatusReport: Sendable {
    /// A file or directory.
    public struct Path: Hashable, Comparable, Sendable {
        /// Relative to the workspace.
        public let bytes: [UInt8]
        /// True for a directory.
        public let isFolder: Bool

        /// The path as DVC writes it: a directory ends with a slash.
        public var written: [UInt8] { isFolder ? bytes + [UInt8(ascii: "/")] : bytes }

        public static func < (left: Path, right: Path) -> Bool {
            left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }

    /// The difference between two sides.
    public struct Changes: Sendable {
        /// Both have it, with different content.
        public internal(set) var modified: [Path] = []
        /// Only the later side has it.
        public internal(set) var added: [Path] = []
        /// Only the earlier side has it.
        public internal(set) var deleted: [Path] = []
        /// The same content under another name.
        public internal(set) var renamed: [(old: Path, new: Path)] = []
        /// Files that cannot be compared, because the listing of their directory is not here.
        public internal(set) var unknown: [Path] = []

        /// True if the sides are alike.
        public var isEmpty: Bool {
            modified.isEmpty && added.isEmpty && deleted.isEmpty && renamed.isEmpty && unknown.isEmpty
        }

        mutating func sort() {
            modified.sort()
            added.sort()
            deleted.sort()
            renamed.sort { $0.new < $1.new }
            unknown.sort()
        }
    }

    /// What pointers name and the cache lacks.
    public internal(set) var notInCache: [Path] = []
    /// What pointers name and the remote lacks.
    public internal(set) var notInRemote: [Path] = []
    /// From the last commit to the pointers in the workspace.
    public internal(set) var committed = Changes()
    /// From the pointers to the data in the workspace.
    public internal(set) var uncommitted = Changes()
    /// Files that nobody tracks, relative to where the user stands.
    public internal(set) var untracked: [[UInt8]] = []
    /// What is alike everywhere.
    public internal(set) var unchanged: [Path] = []
    /// True if git has changes of its own; false where it was not asked.
    public internal(set) var isGitDirty = false
    /// True in a git repository without a commit.
    public internal(set) var isEmptyRepository = false
}

extension Workspace {
    /// Compares the last commit with the pointers, and the pointers with the data. Nothing is changed but the stat index.
    ///
    /// - Parameter targets: outputs, paths inside of them, folders, pointer files and stages; all if none is named.
    /// - Throws: `CairnError`, of kind `notFound` for a target that neither the workspace nor the last commit knows.
    public func dataStatus(
        _ targets: [String] = [], _ options: DataStatusOptions = DataStatusOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> DataStatusReport {
        let session = try Session(self, reporter: reporter, writes: false)
        var survey = try DataSurvey(session, options)
        return try survey.run(targets)
    }
}
