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
        /// What lies at a position now and may be replaced; without it nothing may be there.
        public private(set) var replaced: [Int: FileStatus] = [:]

        /// Creates an empty list.
        public init() {}

        /// How many files there are.
        public var count: Int { ids.count }

        /// Adds a file.
        public mutating func append(
            _ path: some Sequence<UInt8>, _ id: ObjectID, isExecutable: Bool = false, replacing status: FileStatus? = nil
        ) {
            if isExecutable { executables.insert(ids.count) }
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

        mutating func add(_ other: Report) {
            failures += other.failures
            trusted += other.trusted
        }
    }

    private let store: LooseStore
    private let workspace: Folder
    private let scratch: ScratchFolder
    private let types: [LinkType]
    private let index: StatIndex?
    private let workers: Workers
    private let reporter: any Reporter

    /// Describes a placement.
    ///
    /// - Parameters:
    ///   - scratch: a folder for files that are not complete, best on the workspace's file system.
    ///   - types: the link types to try, in order.
    ///   - index: knows which objects were verified.
    public init(
        from store: LooseStore, into workspace: Folder, scratch: ScratchFolder, types: [LinkType], index: StatIndex?,
        workers: Workers, reporter: any Reporter
    ) {
        self.store = store
        self.workspace = workspace
        self.scratch = scratch
        self.types = types
        self.index = index
        self.workers = workers
        self.reporter = reporter
    }

    /// Makes the files.
    ///
    /// - Throws: `StoreError` for what stops everything: a signal, or no more space. Files made until then stay.
    public func place(_ items: Items) throws(StoreError) -> Report {
        let total = Mutex(Report())
        let chosen = Atomic<Int>(0)
        let counter = Atomic<Int>(0)
        try workers.forEachRange(of: items.count, stride: Intake.batchCount) { (range) throws(StoreError) in
            let task = PlacementTask(
                store: store, workspace: workspace, scratch: scratch, types: types, index: index, reporter: reporter,
                items: items)
            try task.run(
                range, firstType: { chosen.load(ordering: .relaxed) }, typeFailed: { chosen.store($0 + 1, ordering: .relaxed) },
                nextName: { Array("f\(counter.wrappingAdd(1, ordering: .relaxed).oldValue)".utf8) })
            total.withLock { [report = task.report] in $0.add(report) }
        }
        var report = total.withLock { $0 }
        report.failures.sort { $0.index < $1.index }
        return report
    }
}

/// The work on one run of files, on one thread: a class, because its parts report into one place.
private final class PlacementTask {
    let store: LooseStore
    let workspace: Folder
    let scratch: ScratchFolder
    let types: [LinkType]
    let index: StatIndex?
    let reporter: any Reporter
    let items: Placement.Items
    var report = Placement.Report()

    /// The folder of the file before: the next one is mostly in the same.
    private var lastParent: (path: ArraySlice<UInt8>, folder: Folder)?

    init(
        store: LooseStore, workspace: Folder, scratch: ScratchFolder, types: [LinkType], index: StatIndex?,
        reporter: any Reporter, items: Placement.Items
    ) {
        self.store = store
        self.workspace = workspace
        self.scratch = scratch
        self.types = types
        self.index = index
        self.reporter = reporter
        self.items = items
    }

    func run(
        _ range: Range<Int>, firstType: () -> Int, typeFailed: (Int) -> Void, nextName: () -> [UInt8]
    ) throws(StoreError) {
        do throws(SystemError) { try Interruption.check() } catch { throw StoreError(error) }
        var copies: [Int] = []
        for position in range {
            try attempt(position) { () throws(StoreError) in
                while firstType() < types.count, types[firstType()] != .copy {
                    let number = firstType()
                    if try link(position, as: types[number], nextName) {
                        reporter.advance(items: 1, bytes: 0)
                        return
                    }
                    // Empty files are never hard-linked; that says nothing about the others.
                    let size = try store.status(of: items.ids[position])?.size
                    if types[number] == .hardlink && size == 0 { break }
                    typeFailed(number)
                }
                guard types.contains(.copy) || firstType() < types.count else {
                    throw StoreError(.cannotLink(types), path(position))
                }
                copies.append(position)
            }
        }
        try copyAll(copies, nextName)
    }

    /// Turns the failure of one file into a line of the report, unless it concerns all files.
    private func attempt(
        _ position: Int, _ body: () throws(StoreError) -> Void
    ) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            switch error.reason {
            case .io(.interrupted), .io(.noSpace), .io(.diskQuotaExceeded), .io(.tooManyOpenFiles): throw error
            default: report.failures.append((position, error))
            }
        }
    }

    private func path(_ position: Int) -> FilePath { workspace.path(of: items.paths[position]) }

    // MARK: copies

    private func copyAll(_ positions: [Int], _ nextName: () -> [UInt8]) throws(StoreError) {
        var pending: [(position: Int, bytes: UnsafeMutableRawBufferPointer)] = []
        var held: Int64 = 0
        defer { for entry in pending { entry.bytes.deallocate() } }
        for position in positions {
            try attempt(position) { () throws(StoreError) in
                let file = try store.open(items.ids[position])
                let status: FileStatus
                do throws(SystemError) {
                    status = try file.status()
                    if status.size > Intake.smallSize { return try copyLarge(position, file, nextName) }
                    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.size) + 1, alignment: 16)
                    let count = try file.read(into: memory)
                    guard count == Int(status.size) else {
                        memory.deallocate()
                        throw SystemError(.resourceTemporarilyUnavailable, "read whole", file.path)
                    }
                    pending.append((position, memory))
                    held += status.size
                } catch {
                    throw translated(error, position)
                }
            }
            if held >= Intake.batchSize {
                try writeAll(pending, nextName)
                for entry in pending { entry.bytes.deallocate() }
                pending.removeAll()
                held = 0
            }
        }
        try writeAll(pending, nextName)
    }

    private func writeAll(
        _ pending: [(position: Int, bytes: UnsafeMutableRawBufferPointer)], _ nextName: () -> [UInt8]
    ) throws(StoreError) {
        guard let first = pending.first else { return }
        let inputs = pending.map { UnsafeRawBufferPointer(rebasing: $0.bytes.dropLast()) }
        // All items of a run come from one output, so they share its algorithm.
        let digests = ContentHasher.digests(items.ids[first.position].algorithm, of: inputs)
        for (number, entry) in pending.enumerated() {
            try attempt(entry.position) { () throws(StoreError) in
                let id = items.ids[entry.position]
                guard digests[number] == id.digest else { throw StoreError(.damaged(id), store.path(of: id)) }
                do throws(SystemError) {
                    try arrange(entry.position, nextName) { (folder, name, permissions) throws(SystemError) in
                        let file = try OpenFile(creating: name, in: folder, permissions: permissions)
                        try file.write(inputs[number])
                    }
                } catch {
                    throw translated(error, entry.position)
                }
                reporter.advance(items: 1, bytes: Int64(inputs[number].count))
            }
        }
    }

    private func copyLarge(
        _ position: Int, _ source: borrowing OpenFile, _ nextName: () -> [UInt8]
    ) throws(SystemError) {
        let id = items.ids[position]
        let reporter = reporter
        try arrange(position, nextName) { (folder, name, permissions) throws(SystemError) in
            let file = try OpenFile(creating: name, in: folder, permissions: permissions)
            try source.rewind()
            let digest = try source.digest(id.algorithm, copyingTo: file) { reporter.advance(items: 0, bytes: $0) }
            // Thrown here, so that the wrong bytes never get their name.
            guard digest == id.digest else { throw SystemError(.illegalByteSequence, "verify", source.path) }
        }
        reporter.advance(items: 1, bytes: 0)
    }

    // MARK: links

    /// Links a file to its object; false if the file systems cannot do it this way.
    private func link(
        _ position: Int, as type: LinkType, _ nextName: () -> [UInt8]
    ) throws(StoreError) -> Bool {
        let id = items.ids[position]
        guard let status = try store.status(of: id) else { throw StoreError(.missing(id), store.path(of: id)) }
        if type == .hardlink && status.size == 0 { return false }
        let place = store.path(of: id)
        if try index?.isTrusted(place, status) != true { try store.verify(id, reporter: reporter) }
        var worked = true
        do throws(SystemError) {
            guard let objects = store.folder else { throw SystemError(.noSuchFileOrDirectory, "open", store.root) }
            let object = LooseStore.relativePath(of: id)
            if type.isShared, status.permissions != 0o444 { try objects.setPermissions(object, 0o444) }
            let source = place
            try arrange(position, nextName) { (folder, name, permissions) throws(SystemError) in
                switch type {
                case .symlink: try folder.makeSymbolicLink(name, to: source)
                case .hardlink:
                    do throws(SystemError) {
                        try objects.link(object, to: folder, name)
                    } catch {
                        guard [.improperLink, .notPermitted, .tooManyLinks, .notSupported].contains(error.errno) else { throw error }
                        worked = false
                        throw error
                    }
                case .reflink:
                    let file = try OpenFile(creating: name, in: folder, permissions: permissions)
                    let original = try OpenFile(reading: object, in: objects, followingLinks: false)
                    guard try file.clone(from: original) else {
                        worked = false
                        throw SystemError(.notSupported, "reflink", file.path)
                    }
                case .copy: preconditionFailure("copies are not links")
                }
            }
        } catch {
            if !worked { return false }
            throw translated(error, position)
        }
        if let now = try store.status(of: id) { report.trusted.append((place, now)) }
        return true
    }

    // MARK: names

    /// Makes a file aside and gives it its name in the workspace.
    private func arrange(
        _ position: Int, _ nextName: () -> [UInt8],
        _ make: (Folder, [UInt8], _ permissions: UInt32) throws(SystemError) -> Void
    ) throws(SystemError) {
        let parent = try parentFolder(of: items.paths[position])
        let name = Array(items.paths[position].split(separator: UInt8(ascii: "/")).last ?? [])
        let isExecutable = items.executables.contains(position)
        do throws(SystemError) {
            try arrange(position, in: scratch.folder, nextName(), parent, name, isExecutable, make)
        } catch {
            // Another file system: beside its place, then.
            guard error.errno == .improperLink else { throw error }
            let aside = Array(".cairn-\(Surroundings.processID)-".utf8) + nextName()
            try arrange(position, in: parent, aside, parent, name, isExecutable, make)
        }
    }

    private func arrange(
        _ position: Int, in aside: Folder, _ temporary: [UInt8], _ parent: Folder, _ name: [UInt8], _ isExecutable: Bool,
        _ make: (Folder, [UInt8], _ permissions: UInt32) throws(SystemError) -> Void
    ) throws(SystemError) {
        do throws(SystemError) {
            try make(aside, temporary, isExecutable ? 0o766 : 0o666)
            if let expected = items.replaced[position] {
                guard let now = try parent.status(of: name), now.hasSameContent(as: expected) else {
                    throw SystemError(.resourceTemporarilyUnavailable, "replace", parent.path(of: name))
                }
                try aside.rename(temporary, to: parent, name)
            } else {
                try aside.renameExclusively(temporary, to: parent, name)
            }
        } catch {
            try? aside.remove(temporary)  // the first failure is the one to report
            throw error
        }
    }

    private func parentFolder(of path: ArraySlice<UInt8>) throws(SystemError) -> Folder {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return workspace }
        let parent = path[..<slash]
        if let last = lastParent, last.path.elementsEqual(parent) { return last.folder }
        let folder = try workspace.makeFolder(parent.split(separator: UInt8(ascii: "/")))
        lastParent = (parent, folder)
        return folder
    }

    private func translated(_ error: SystemError, _ position: Int) -> StoreError {
        switch error.errno {
        case .illegalByteSequence: StoreError(.damaged(items.ids[position]), store.path(of: items.ids[position]))
        case .resourceTemporarilyUnavailable, .fileExists: StoreError(.changing, path(position))
        default: StoreError(error)
        }
    }
}
