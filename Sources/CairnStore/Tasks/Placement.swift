public import CairnCore
public import CairnSystem
import Synchronization

/// Puts objects of a store into the workspace: each file appears whole, in one step, under its name.
///
/// Bytes that are copied are hashed on the way; objects that are linked are verified before, unless the stat index knows them.
public struct Placement: Sendable {
    /// The files to be made.
    public struct Items: Sendable {
        /// Where, relative to the workspace, in ascending order of bytes.
        public private(set) var paths = PathTable()
        /// What.
        public private(set) var ids: [ObjectID] = []
        /// Positions of files that their owner may execute.
        public private(set) var executables: Set<Int> = []
        /// Positions of symbolic links, whose objects have the paths that they lead to.
        public private(set) var links: Set<Int> = []
        /// What lies at a position now and may be replaced; without it nothing may be there.
        public private(set) var replaced: [Int: FileStatus] = [:]

        /// Creates an empty list.
        public init() {}

        /// How many files there are.
        public var count: Int { ids.count }

        /// Adds a file.
        public mutating func append(
            _ path: some Sequence<UInt8>, _ id: ObjectID, isExecutable: Bool = false, isLink: Bool = false,
            replacing status: FileStatus? = nil
        ) {
            if isExecutable { executables.insert(ids.count) }
            if isLink { links.insert(ids.count) }
            if let status { replaced[ids.count] = status }
            paths.append(path)
            ids.append(id)
        }
    }

    /// What became of the files.
    public struct Report: Sendable {
        /// Files that were not made, by position.
        public var failures: [(index: Int, error: StoreError)] = []
        /// Objects that were verified and linked, with the status that they have now.
        public var trusted: [(place: FilePath, status: FileStatus)] = []
        /// What each file was when its bytes were known to be right, by position; a few words each, for there may be millions.
        private var made: [Made?]

        private struct Made {
            let size: Int64
            let mtime: Int64
            let inode: UInt64
        }

        init(count: Int) { made = Array(repeating: nil, count: count) }

        /// True if the file at a position was made, and is by this status still as it was made.
        ///
        /// Whoever remembers the file's content has to ask: the user may have written to it in the meantime.
        public func isAsMade(_ index: Int, _ status: FileStatus) -> Bool {
            guard let made = made[index] else { return false }
            return made.size == status.size && made.mtime == status.mtime && made.inode == status.inode
        }

        mutating func add(_ part: PlacementTask.Report) {
            failures += part.failures
            trusted += part.trusted
            for (index, status) in part.made {
                made[index] = Made(size: status.size, mtime: status.mtime, inode: status.inode)
            }
        }
    }

    let store: ObjectStore
    /// False when no object of a native id is a file, so that nobody has to look.
    let hasNativeFiles: Bool
    let workspace: Folder
    let scratch: ScratchFolder
    let types: [LinkType]
    let index: StatIndex?
    let reporter: any Reporter
    /// False when files are better made beside their places, because they could not be renamed from the scratch folder.
    let isScratchNear: Bool
    let workers: Workers

    /// Describes a placement.
    ///
    /// - Parameters:
    ///   - scratch: a folder for files that are not complete, best on the workspace's file system.
    ///   - types: the link types to try, in order.
    ///   - index: knows which objects were verified.
    public init(
        from store: ObjectStore, into workspace: Folder, scratch: ScratchFolder, types: [LinkType],
        index: StatIndex?,
        workers: Workers, reporter: any Reporter
    ) {
        self.store = store
        hasNativeFiles = store.packed == nil || store.loose.hasFolder(.blake3)
        self.workspace = workspace
        self.scratch = scratch
        self.types = types
        self.index = index
        self.workers = workers
        self.reporter = reporter
        let devices = [workspace, scratch.folder].map { (try? $0.status(""))??.device }
        isScratchNear = devices[0] == devices[1]
    }

    /// Makes the files.
    ///
    /// - Throws: `StoreError` for what stops everything: a signal, or no more space. Files made until then stay.
    public func place(_ items: Items) throws(StoreError) -> Report {
        let total = Mutex(Report(count: items.count))
        let choice = LinkChoice(types)
        // A few files may be large: each thread takes one at a time then.
        let run = max(1, min(SmallFiles.batchCount, items.count / (4 * workers.count)))
        try workers.forEachRange(of: items.count, stride: run, with: SmallFiles.init) {
            (files, range) throws(StoreError) in
            let task = PlacementTask(self, items, choice, files)
            try task.run(range)
            total.withLock { [report = task.report] in $0.add(report) }
        }
        var report = total.withLock { $0 }
        report.failures.sort { $0.index < $1.index }
        return report
    }
}

/// Which of the link types that were asked for is tried next; shared by the threads of a placement.
final class LinkChoice: Sendable {
    private let types: [LinkType]
    private let first = Atomic<Int>(0)

    init(_ types: [LinkType]) { self.types = types }

    /// The first type that has not failed; `nil` when none is left.
    var current: LinkType? {
        let number = first.load(ordering: .relaxed)
        return number < types.count ? types[number] : nil
    }

    /// Notes that a type does not work between these file systems.
    func fail(_ type: LinkType) {
        let number = first.load(ordering: .relaxed)
        guard number < types.count, types[number] == type else { return }  // another thread was first
        _ = first.compareExchange(expected: number, desired: number + 1, ordering: .relaxed)
    }
}
