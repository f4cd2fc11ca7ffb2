import CairnCore
import CairnStore
import CairnSystem
import Synchronization

/// Objects that arrive one by one, from several threads, and get their names in a cache in rounds: what is in a finished round stays when
/// the work stops.
final class ArrivalLane: Sendable {
    // A class: its rounds are filled by many tasks.

    /// What becomes of objects.
    enum Goal: Sendable {
        /// Each is a file of a store.
        case files(LooseStore)
        /// They are packed; until then they are files of a store beside the cache.
        case packs(PackedStore, beside: ObjectStore)

        /// The store whose files they are at first.
        var loose: LooseStore {
            switch self {
            case .files(let store): store
            case .packs(_, let beside): beside.loose
            }
        }
    }

    /// A round that is being filled.
    private struct Round {
        let batch: DurableBatch
        var copies: [(id: ObjectID, file: DurableBatch.Temporary, size: Int64)] = []
        var bytes: Int64 = 0
        /// How many tasks write into it at the moment.
        var writers = 0
        /// Files that go when it is finished.
        var leftovers: [FilePath] = []
    }

    private struct State {
        var rounds: [Int: Round] = [:]
        /// The round into which new objects go.
        var current: Int?
        var count = 0
    }

    /// A round ends with so many objects, or so many bytes.
    private static let roundCount = 512
    private static let roundBytes: Int64 = 64 << 20

    private let goal: Goal
    private let workers: Workers
    private let state = Mutex(State())
    /// What has its name.
    let arrived = Guarded(MovedObjects())

    init(_ goal: Goal, workers: Workers) {
        self.goal = goal
        self.workers = workers
    }

    /// Takes an object in whose bytes are what its id says.
    func add(_ bytes: [UInt8], as id: ObjectID) throws(StoreError) {
        try write(id, size: Int64(bytes.count), leftovers: []) { (batch) throws(SystemError) in
            let temporary = batch.newTemporary(for: LooseStore.place(of: id))
            try batch.write(bytes, as: temporary)
            return temporary
        }
    }

    /// Takes a file in whose bytes are what its id says, by another name if that can be.
    ///
    /// - Parameter leftovers: files that are removed once the object has its name.
    func add(
        _ name: [UInt8], in folder: Folder, as id: ObjectID, size: Int64, leftovers: [FilePath]
    ) throws(StoreError) {
        try write(id, size: size, leftovers: leftovers) { (batch) throws(SystemError) in
            if let status = try folder.status(of: name),
                case .linked(let temporary) = try batch.link(name, in: folder, seenAs: status)
            {
                if try batch.protect(temporary, seenAs: status) { return temporary }
                try batch.discard(temporary)
            }
            let temporary = batch.newTemporary(for: LooseStore.place(of: id))
            let source = try OpenFile(reading: name, in: folder, followingLinks: false)
            let copy = try batch.create(temporary, permissions: 0o444)
            if try !copy.clone(from: source) { _ = try copy.append(source) }
            return temporary
        }
    }

    /// Gives names to all that is left.
    func finish() throws(StoreError) {
        let rest = state.withLock { state -> Round? in
            guard let current = state.current else { return nil }
            state.current = nil
            return state.rounds.removeValue(forKey: current)
        }
        if let rest { try commit(rest) }
    }

    private func write(
        _ id: ObjectID, size: Int64, leftovers: [FilePath],
        _ body: (DurableBatch) throws(SystemError) -> DurableBatch.Temporary
    ) throws(StoreError) {
        let (number, batch) = try begin()
        let file: DurableBatch.Temporary
        do throws(SystemError) {
            file = try body(batch)
        } catch {
            // Others may still write into the round: it is committed when they are done, or at the end.
            _ = end(number, nil, [])
            throw StoreError(error)
        }
        if let full = end(number, (id, file.withoutName, size), leftovers) { try commit(full) }
    }

    /// The round into which an object goes.
    private func begin() throws(StoreError) -> (number: Int, batch: DurableBatch) {
        let known = state.withLock { state -> (Int, DurableBatch)? in
            guard let current = state.current, let batch = state.rounds[current]?.batch else { return nil }
            state.rounds[current]?.writers += 1
            return (current, batch)
        }
        if let known { return known }
        let store = goal.loose
        guard let folder = store.folder else { throw StoreError(.io(.noSuchFileOrDirectory), store.root) }
        let batch = try onDisk { () throws(SystemError) in
            try DurableBatch(in: folder, folderPermissions: store.folderPermissions)
        }
        return state.withLock { state in
            // Another task may have been faster.
            if let current = state.current, let batch = state.rounds[current]?.batch {
                state.rounds[current]?.writers += 1
                return (current, batch)
            }
            state.count += 1
            state.current = state.count
            state.rounds[state.count] = Round(batch: batch, writers: 1)
            return (state.count, batch)
        }
    }

    /// Notes that an object was written, or could not be.
    ///
    /// - Returns: the round, if it is full and nobody writes into it any more.
    private func end(
        _ number: Int, _ copy: (id: ObjectID, file: DurableBatch.Temporary, size: Int64)?,
        _ leftovers: [FilePath]
    ) -> Round? {
        state.withLock { state in
            guard var round = state.rounds[number] else { return nil }
            round.writers -= 1
            if let copy {
                round.copies.append(copy)
                round.bytes += copy.size
                round.leftovers += leftovers
            }
            state.rounds[number] = round
            if round.copies.count >= Self.roundCount || round.bytes >= Self.roundBytes,
                state.current == number
            {
                state.current = nil
            }
            guard state.current != number, round.writers == 0 else { return nil }
            return state.rounds.removeValue(forKey: number)
        }
    }

    private func commit(_ round: Round) throws(StoreError) {
        guard !round.copies.isEmpty else { return }
        let copies = round.copies
        let isAside = if case .packs = goal { true } else { false }
        try onDisk { () throws(SystemError) in
            try round.batch.commit(
                count: copies.count,
                syncing: isAside ? .nothing : copies.count <= 4 ? .eachFile : .fileSystem,
                workers: Workers(count: 1)
            ) { index in (copies[index].file, LooseStore.place(of: copies[index].id)) }
        }
        var moved = MovedObjects()
        switch goal {
        case .files:
            moved.count = copies.count
            moved.bytes = round.bytes
        case .packs(let packed, let beside):
            moved = try Self.pack(
                copies.map { ObjectReader.Object($0.id, size: $0.size) }, from: beside, into: packed, workers)
        }
        arrived.update { [moved] in $0.add(moved) }
        for path in round.leftovers {
            guard let folder = try? Folder(path.removingLastComponent()) else { continue }
            try? folder.remove(path.lastComponentBytes ?? [])  // it is of no use, and does no harm
        }
    }

    private static func pack(
        _ objects: [ObjectReader.Object], from beside: ObjectStore, into packed: PackedStore,
        _ workers: Workers
    ) throws(StoreError) -> MovedObjects {
        let batch = try PackBatch(into: packed)
        var found = ObjectReader.Report()
        try ObjectReader(of: beside, workers: workers, reporter: SilentReporter())
            .read(objects, copyingInto: .packs(batch), into: &found)
        try batch.commit()
        for object in objects { try beside.loose.remove(object.id) }
        var moved = MovedObjects()
        moved.count = found.packed.count
        moved.bytes = found.soundBytes
        moved.failures = found.failures
        return moved
    }
}
