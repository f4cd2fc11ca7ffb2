public import CairnPipeline

/// What differs between the workspace, the pointers and the cache.
public struct StatusReport: Sendable {
    /// What became of a file or directory since it was recorded, under DVC's names.
    public enum State: String, Sendable {
        /// The cache lacks the object, or one of a directory's.
        case notInCache = "not in cache"
        /// There is nothing in the workspace.
        case deleted
        /// The content is another, or was never recorded.
        case modified
        /// The repository that it is imported from has gone on.
        case updateAvailable = "update available"
        /// Of a data set, nothing was recorded.
        case new
        /// What is pinned of a data set is not what is declared.
        case notInSync = "not in sync"
    }

    /// One file or directory that differs.
    public struct Item: Sendable {
        /// The path in the workspace; of an import's source as it is written.
        public let path: String
        /// What became of it.
        public let state: State
        /// How many files inside a directory were added, modified and deleted, where that is known.
        public let files: FileCounts?
        /// True if there is something in the workspace.
        public internal(set) var isPresent = true
        /// True if we put it there, or stored it from there, at some time.
        public internal(set) var wasPresent = true
    }

    /// Numbers of files inside a directory.
    public struct FileCounts: Sendable {
        /// Files that were not recorded.
        public var added = 0
        /// Files with another content.
        public var modified = 0
        /// Recorded files that are not there.
        public var deleted = 0
    }

    /// A pointer or a stage that differs.
    public struct Entry: Sendable {
        /// How the user can name it: a pointer's path, a stage's name.
        public let address: String
        /// What it depends on and that differs, in the order of the file.
        public internal(set) var dependencies: [Item] = []
        /// Parameters that it reads and that differ, in the order of the file.
        public internal(set) var parameters: [StageState.Parameter] = []
        /// True for a stage that has never run.
        public internal(set) var isNew = false
        /// What it declares and that differs, in the order of the file.
        public internal(set) var outputs: [Item] = []
        /// True if the command is another than the one that ran last.
        public internal(set) var isCommandChanged = false
        /// True if an import's pointer was changed by hand.
        public internal(set) var isChecksumChanged = false
        /// True if it counts as changed whatever its data.
        public internal(set) var isAlwaysChanged = false

        var isClean: Bool {
            dependencies.isEmpty && parameters.isEmpty && outputs.isEmpty && !isCommandChanged
                && !isChecksumChanged
                && !isAlwaysChanged
        }
    }

    /// What differs, by declaring file in order of paths.
    public internal(set) var entries: [Entry] = []
    /// False if the workspace declares nothing at all.
    public internal(set) var hasDeclarations = false
    /// Outputs that are neither in the workspace nor in the cache: after a clone, a pull brings them.
    public internal(set) var absentOutputs = 0
    /// Stages whose dependencies were not looked at.
    public internal(set) var frozen: [String] = []
}
