import CairnCore
import CairnStore
import CairnSystem

/// What is remembered of the last time when an output was all as recorded, so that a second look need not compare file by file.
struct TreeMemory {
    /// Directories of fewer files are compared one by one: that costs less than remembering how they look.
    static let smallest = 1000

    private let path: RepoPath
    private let id: ObjectID
    private let index: StatIndex
    private let remembered: TreeFingerprint?
    private let objects: Digest?
    /// The file system's clock before the tree was looked at; `nil` if nothing new may be remembered.
    private let time: Int64?

    /// Prepares to look at an output's files.
    ///
    /// - Returns: `nil` where nothing can be remembered.
    init?(_ output: TrackedOutput, _ store: ObjectStore, _ session: Session) {
        guard let id = output.record.id, id.isDirectory, let index = session.index else { return nil }
        path = output.path
        self.id = id
        self.index = index
        // Whatever cannot be read costs time, nothing else.
        remembered = (try? index.rememberedTree(path, id)) ?? nil
        let clock = remembered == nil ? session.fileSystemTime() : nil
        guard output.record.isCached else {
            objects = nil
            time = clock
            return
        }
        guard let folders = (try? store.fingerprint(id.algorithm)) ?? nil else { return nil }
        objects = folders.digest
        // The clock is that of the workspace's file system; another one's folders cannot be told to be old enough by it.
        let device = (try? session.folder.status(""))??.device
        time = clock.flatMap { folders.lastChange < $0 && folders.device == device ? $0 : nil }
    }

    /// True if files and store look as they did when all was as recorded.
    func holds(for tree: WalkedTree) -> Bool {
        guard let remembered else { return false }
        let holds = remembered == TreeFingerprint(files: tree.fingerprint, objects: objects)
        // Next time there is none, and a new one is made.
        if !holds { try? index.forgetTree(path) }
        return holds
    }

    /// Remembers that all is as recorded.
    func keep(_ tree: WalkedTree) {
        guard let time, tree.lastChange < time else { return }
        let fingerprint = TreeFingerprint(files: tree.fingerprint, objects: objects)
        try? index.rememberTree(path, id, fingerprint)  // failing to costs time later, nothing else
    }
}
