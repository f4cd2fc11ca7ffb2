import CairnCore
import CairnStore
import CairnSystem
import Synchronization

/// Carries out a plan: new files whole and under their names, removals last, then the stat index.
struct CheckoutRun {
    private let session: Session
    private let store: ObjectStore
    private let types: [LinkType]
    /// How many files are noted in the stat index at a time.
    private static let roundCount = 1 << 16

    init(_ session: Session) throws {
        self.session = session
        store = try session.store()
        types = try session.workspace.linkTypes()
    }

    /// Applies the plan.
    ///
    /// - Returns: files that could not be made, with the reason.
    /// - Throws: `CairnError` for what stops everything; the same command goes on from there.
    @discardableResult
    func apply(_ plan: CheckoutPlan) throws -> [(path: [UInt8], error: StoreError)] {
        for index in plan.early.sorted() { try remove(plan.removals[index]) }
        try removeFolders(plan.oldFolders)
        var failures: [(path: [UInt8], error: StoreError)] = []
        if plan.items.count > 0 {
            try checkSpace(plan)
            session.reporter.begin("checking out", items: plan.items.count, bytes: nil)
            let placement = Placement(
                from: store, into: session.folder, scratch: try session.scratch(), types: types,
                index: session.index,
                workers: session.workers, reporter: session.reporter)
            let report = try placement.place(plan.items)
            failures = report.failures.map { (Array(plan.items.paths[$0.index]), $0.error) }
            try? session.index?.trust(report.trusted)  // failing to remember costs time later, nothing else
            try remember(plan.items, report)
        }
        for (id, path) in damaged(failures) { try moveAside(id, neededBy: path) }
        for path in plan.chmods { try makeExecutable(path) }
        // An output with failures keeps what it has: removing comes only after everything is in place.
        guard failures.isEmpty else { return failures }
        for (index, removal) in plan.removals.enumerated() where !plan.early.contains(index) {
            try remove(removal)
        }
        for path in plan.newFolders { _ = try session.folder.makeFolder(path.components) }
        for output in plan.changes where output.change == .deleted {
            try? session.index?.forgetOutput(output.path)  // a memory, nothing depends on it
        }
        for output in plan.outputs where output.id.isDirectory {
            // An empty directory has no file that would have made it, and goes with the last file that is removed from it.
            _ = try session.folder.makeFolder(output.path.components)
        }
        for output in plan.outputs { try? session.index?.rememberOutput(output.path, output.id) }
        return []
    }

    /// Removes folders, as far as nothing is in them, and those above them that become empty.
    private func removeFolders(_ folders: [RepoPath]) throws {
        for path in folders {
            var next: RepoPath? = path
            while let folder = next {
                guard let parent = try? session.folder.folder(folder.parent?.components ?? []),
                    try parent.removeEmptyFolder(folder.name)
                else { break }
                next = folder.parent
            }
        }
    }

    /// Takes an object with the wrong bytes out of the cache: never checked out again, but kept, as it may be the only copy.
    func moveAside(_ id: ObjectID, neededBy path: [UInt8]) throws {
        guard let place = try store.moveAside(id, into: session.workspace.damagedFolder) else { return }
        session.reporter.warn(
            "object \(id.short) is damaged and was moved to '\(place.bytes.printable)' ('\(path.printable)' needs it)",
            hint: nil)
    }

    private func damaged(_ failures: [(path: [UInt8], error: StoreError)]) -> [(ObjectID, [UInt8])] {
        var seen: Set<ObjectID> = []
        return failures.compactMap { failure in
            guard let id = failure.error.damagedObject, seen.insert(id).inserted else { return nil }
            return (id, failure.path)
        }
    }

    /// A file that shares its inode with an object stays as it is: the object would change with it.
    private func makeExecutable(_ path: RepoPath) throws {
        guard let own = try session.folder.status(of: path.bytes), own.kind == .regular, own.links == 1 else {
            return
        }
        try session.folder.setPermissions(path.bytes, own.permissions | 0o100)
    }

    /// Removes a file if it is still what the plan saw, and the folders that become empty by it.
    private func remove(_ removal: (path: [UInt8], status: FileStatus)) throws {
        guard let now = try session.folder.status(of: removal.path) else { return }
        guard now.isUntouched(since: removal.status) else {
            throw StoreError(.changing, session.folder.path(of: removal.path))
        }
        let path = try RepoPath(validating: removal.path)
        var folder = try session.folder.folder(path.parent?.components ?? [])
        try folder.remove(path.name)
        var above = path.parent
        while let next = above {
            folder = try session.folder.folder(next.parent?.components ?? [])
            guard try folder.removeEmptyFolder(next.name) else { return }
            above = next.parent
        }
    }

    /// Notes the new files in the stat index, so that the next look does not read them.
    private func remember(_ items: Placement.Items, _ report: Placement.Report) throws {
        guard let index = session.index else { return }
        let time = session.fileSystemTime()
        // In rounds, so that a million files are not all in memory once more.
        for start in stride(from: 0, to: items.count, by: Self.roundCount) {
            let round = start..<min(start + Self.roundCount, items.count)
            for (algorithm, rows) in try newRows(round, items, report) {
                // Failing to remember costs time later, nothing else.
                try? index.record(rows, by: algorithm, at: time)
            }
        }
    }

    private func newRows(_ round: Range<Int>, _ items: Placement.Items, _ report: Placement.Report) throws
        -> [HashAlgorithm: [StatIndex.Row]]
    {
        let rows = Mutex<[HashAlgorithm: [StatIndex.Row]]>([:])
        let folder = session.folder
        try session.workers.forEachRange(of: round.count, stride: 512) { (range) throws(SystemError) in
            var found: [HashAlgorithm: [StatIndex.Row]] = [:]
            for position in range.lazy.map({ round.lowerBound + $0 }) {
                let path = Array(items.paths[position])
                // The user may have written to it in the meantime.
                let isLink = items.links.contains(position)
                guard let status = try folder.status(of: path, following: !isLink),
                    report.isAsMade(position, status)
                else { continue }
                let id = items.ids[position]
                found[id.algorithm, default: []].append(
                    StatIndex.Row(path: path, status: status, digest: id.digest))
            }
            rows.withLock { [found] in
                // Appended where they are: a merge of the dictionaries would copy what is there each time.
                for (algorithm, list) in found { $0[algorithm, default: []] += list }
            }
        }
        return rows.withLock { $0 }
    }

    private func checkSpace(_ plan: CheckoutPlan) throws {
        guard types.first == .copy || types == [.reflink, .copy], plan.items.count > 0 else { return }
        var needed: Int64 = 0
        // Looking at a sample of large data is enough to refuse what can never fit.
        guard let free = session.workspace.root.freeSpace, free < 8 << 30 else { return }
        for id in plan.items.ids { needed += try store.size(of: id) ?? 0 }
        if needed > free { throw StoreError(.noSpace(needed: needed, free: free), session.workspace.root) }
    }
}
