import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

/// What a remote has, for who only looks: of any kind, and in either layout.
final class RemoteContents: ListingSource {
    // A class: what it has read of a remote it keeps.

    private enum Form {
        /// A folder, in either layout.
        case folder(ObjectStore)
        /// Objects that are files, elsewhere.
        case loose(LooseRemote)
        /// Packs, elsewhere; without a view if there are none yet.
        case packed(PackedRemote, RemoteView?)
    }

    private let remote: RemoteStore
    private let session: Session
    private let jobs: Int
    private let form: Form
    private var listings: [ObjectID: Result<DirListing, StoreError>] = [:]

    /// Opens a remote.
    ///
    /// - Throws: `StoreError` or `CairnError` if it cannot be looked at.
    init(of remote: RemoteStore, _ session: Session, jobs: Int? = nil) throws {
        self.remote = remote
        self.session = session
        self.jobs = remote.jobs(jobs)
        if let store = try remote.open() {
            form = .folder(store)
        } else if try remote.isPacked(for: session.workspace.format) {
            let packed = PackedRemote(remote, session, jobs: jobs)
            let index = packed.index
            form = .packed(
                packed, try packed.wait { () async throws(TransferError) in try await index.view() })
        } else {
            form = .loose(LooseRemote(remote.contract, jobs: self.jobs))
        }
    }

    /// The store in the remote's folder; `nil` for a remote that is none.
    var store: ObjectStore? {
        guard case .folder(let store) = form else { return nil }
        return store
    }

    // MARK: Objects

    /// Those of some objects that are there. Their bytes are not looked at.
    func present(among ids: [ObjectID]) throws -> Set<ObjectID> {
        switch form {
        case .folder(let store):
            let inventory = try ObjectInventory(of: store, expecting: ids.count)
            return Set(try ids.filter { try inventory.contains($0) })
        case .loose: return Set(try sizes(of: ids).keys)
        case .packed(_, let view): return Set(ids.filter { view?.knows($0) ?? false })
        }
    }

    /// Those of some objects that are there with as many bytes as they should have: a copy that was cut off is none.
    func whole(among ids: [ObjectID], size: (ObjectID) throws -> Int64?) throws -> Set<ObjectID> {
        switch form {
        case .folder(let store):
            let inventory = try ObjectInventory(of: store, expecting: ids.count)
            return Set(try ids.filter { try inventory.contains($0) && store.size(of: $0) == size($0) })
        case .loose:
            let found = try sizes(of: ids)
            return Set(try found.filter { try size($0.key) == $0.value }.keys)
        case .packed(_, let view): return Set(ids.filter { view?.isComplete($0) ?? false })
        }
    }

    private func sizes(of ids: [ObjectID]) throws -> [ObjectID: Int64] {
        guard case .loose(let loose) = form else { return [:] }
        return try remote.wait(jobs: jobs) { () async throws(TransferError) in
            try await loose.presence(of: ids)
        }
    }

    // MARK: Listings

    func listing(_ id: ObjectID) throws -> DirListing {
        if case .folder(let store) = form { return try store.listing(id) }
        try prepare([id])
        guard let listing = listings[id] else { throw StoreError(.missing(id), remote.shownFolder) }
        return try listing.get()
    }

    func prepare(_ ids: [ObjectID]) throws {
        let new = ids.filter { listings[$0] == nil }
        guard !new.isEmpty else { return }
        switch form {
        case .folder: return
        case .loose(let loose):
            let found = try remote.wait(jobs: jobs) { () async throws(TransferError) in
                try await loose.listings(new)
            }
            listings.merge(found) { old, _ in old }
        case .packed(let packed, let view):
            let known = new.filter { view?.knows($0) ?? false }
            for id in new { listings[id] = .failure(StoreError(.missing(id), remote.shownFolder)) }
            guard !known.isEmpty else { return }
            // Into a folder that goes away again.
            let scratch = try session.scratch()
            let beside = try ObjectStore(
                at: scratch.folder.path(of: scratch.newName()), creating: true, isPacked: true)
            let came = try PackedArrival(from: packed, remote, into: beside, session).fetch(known)
            for (id, error) in came.moved.failures { listings[id] = .failure(error) }
            for id in known where try beside.contains(id) {
                do throws(StoreError) {
                    listings[id] = .success(try beside.listing(id))
                } catch {
                    listings[id] = .failure(error)
                }
            }
        }
    }
}
