public import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// Where the bytes of a lost object were found.
public enum HealingSource: Hashable, Sendable {
    /// The cache had another copy: in another pack, or as a file beside packs; or what a remote had lost.
    case cache
    /// The index of the cache had lost its packs.
    case index
    /// Packs that were set aside as damaged, or are to be, have what is needed of it.
    case setAside
    /// A file or a directory of the workspace.
    case workspace(RepoPath)
    /// A remote, by its name.
    case remote(String)
}

/// Brings objects back into the cache that it has lost, from wherever they still are.
///
/// The session has to have the repository's lock. Objects of other layouts and records of other packs need no healing: reading finds them.
struct Healing {
    /// Looks at everything and writes nothing.
    let isDry: Bool
    /// Whether what collections put aside comes back.
    let usesTrash: Bool
    private let session: Session
    private let store: ObjectStore
    /// What was healed, from where.
    private(set) var healed: [ObjectID: HealingSource] = [:]
    /// Why copies could not be used.
    private(set) var failures: [ObjectID: CairnError] = [:]

    init(_ session: Session, _ store: ObjectStore, usesTrash: Bool, isDry: Bool = false) {
        self.session = session
        self.store = store
        self.usesTrash = usesTrash
        self.isDry = isDry
    }

    /// Looks for objects in the workspace.
    ///
    /// - Parameter users: where objects belong.
    /// - Returns: the objects that are still lost.
    mutating func fromWorkspace(_ ids: [ObjectID], users: [ObjectID: [RepoPath]]) throws -> [ObjectID] {
        guard !ids.isEmpty else { return [] }
        session.reporter.begin("looking for copies in the workspace", items: ids.count, bytes: nil)
        let copies = WorkspaceCopies(ids, session)
        let mending = ObjectMending(
            into: store, packs: try session.packsObjects(of: .blake3, in: store))
        var found: [ObjectID: HealingSource] = [:]
        for id in ids {
            session.reporter.advance(items: 1, bytes: 0)
            guard let copy = try copies.find(id, users: users[id] ?? []) else { continue }
            if try isDry || add(copy, as: id, to: mending) { found[id] = .workspace(copy.path) }
        }
        if !isDry { try mending.commit() }
        return note(found, of: ids)
    }

    /// The file may have changed since it was found.
    private func add(_ copy: WorkspaceCopies.Copy, as id: ObjectID, to mending: ObjectMending) throws -> Bool
    {
        switch copy {
        case .bytes(let bytes, _): return try mending.add(bytes, as: id)
        case .file(let path):
            return try mending.add(OpenFile(reading: session.workspace.absolute(path)), as: id)
        }
    }

    /// Puts objects together from packs that were set aside, or put aside by collections.
    ///
    /// - Parameter damaged: packs that would be set aside, if nothing is to be done.
    /// - Returns: the objects that are still lost.
    mutating func fromSetAside(_ ids: [ObjectID], and damaged: [PackInfo] = []) throws -> [ObjectID] {
        guard !ids.isEmpty, let packed = store.packed else { return ids }
        let folder = session.workspace.damagedFolder
        let found =
            try isDry
            ? packed.recoverable(ids, from: folder, usesTrash: usesTrash, and: damaged)
            : packed.recover(ids, from: folder, usesTrash: usesTrash)
        return note(Dictionary(uniqueKeysWithValues: found.map { ($0, .setAside) }), of: ids)
    }

    /// Copies objects from a remote. A remote that is not there has nothing; so it is reported of each object.
    ///
    /// - Returns: the objects that are still lost.
    mutating func fromRemote(_ ids: [ObjectID], _ remote: RemoteStore, jobs: Int?) throws -> [ObjectID] {
        guard !ids.isEmpty else { return [] }
        guard let source = try remote.open() else { return try fromNetwork(ids, remote, jobs: jobs) }
        guard source.folder != nil else {
            for id in ids { failures[id] = remote.isGone }
            return ids
        }
        if !isDry, try remote.isPacked(for: session.workspace.format) {
            return try fromPacked(ids, remote, jobs: jobs)
        }
        if isDry {
            let reader = ObjectReader(of: source, workers: remote.workers(jobs), reporter: session.reporter)
            let found = try reader.find(ids).found.map { ($0.id, HealingSource.remote(remote.name)) }
            return note(Dictionary(uniqueKeysWithValues: found), of: ids)
        }
        let transfer = LooseTransfer(
            from: source, to: store, packs: try session.packsObjects(of: .blake3, in: store),
            workers: remote.workers(jobs), reporter: session.reporter)
        let plan = try transfer.plan(ids)
        let moved = try transfer.run(plan, listings: .ahead, phase: "fetching")
        let failed = Set(moved.failures.map(\.id))
        for (id, error) in moved.failures { failures[id] = CairnError(error) }
        let found = plan.objects.filter { !failed.contains($0.id) }
        return note(
            Dictionary(uniqueKeysWithValues: found.map { ($0.id, .remote(remote.name)) }), of: ids)
    }

    private mutating func fromNetwork(
        _ ids: [ObjectID], _ remote: RemoteStore, jobs: Int?
    ) throws -> [ObjectID] {
        let lost: Set<ObjectID>
        if isDry {
            let there = try RemoteContents(of: remote, session, jobs: jobs).present(among: ids)
            lost = Set(ids).subtracting(there)
        } else if try remote.isPacked(for: session.workspace.format) {
            return try fromPacked(ids, remote, jobs: jobs)
        } else {
            let came = try LooseArrival(from: remote, into: store, session, jobs: jobs)
                .fetch(ids, phase: "fetching")
            for (id, error) in came.moved.failures { failures[id] = remote.error(error) }
            lost = Set(came.missing + came.moved.failures.map(\.id))
        }
        let found = ids.filter { !lost.contains($0) }.map { ($0, HealingSource.remote(remote.name)) }
        return note(Dictionary(uniqueKeysWithValues: found), of: ids)
    }

    private mutating func fromPacked(
        _ ids: [ObjectID], _ remote: RemoteStore, jobs: Int?
    ) throws -> [ObjectID] {
        let packed = PackedRemote(remote, session, jobs: jobs)
        let came: (moved: MovedObjects, missing: [ObjectID])
        do {
            came = try PackedArrival(from: packed, remote, into: store, session).fetch(ids)
        } catch let error as CairnError where error.kind == .damaged || error.kind == .missing {
            for id in ids { failures[id] = error }
            return ids
        }
        for (id, error) in came.moved.failures { failures[id] = remote.error(error) }
        let lost = Set(came.missing + came.moved.failures.map(\.id))
        let found = ids.filter { !lost.contains($0) }.map { ($0, HealingSource.remote(remote.name)) }
        return note(Dictionary(uniqueKeysWithValues: found), of: ids)
    }

    private mutating func note(_ found: [ObjectID: HealingSource], of ids: [ObjectID]) -> [ObjectID] {
        healed.merge(found) { old, _ in old }
        for id in found.keys { failures[id] = nil }
        return ids.filter { found[$0] == nil }
    }
}
