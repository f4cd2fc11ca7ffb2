import CairnCore
import CairnStore

/// Listings from the cache and from remotes, and new ones for the cache.
final class StoredListings: MergeListings {
    // A class: what it opens, it opens once.

    private let workspace: Workspace
    private let session: Session
    private let reader: ListingReader
    private var remote: Result<RemoteContents, CairnError>?
    private var recorder: OutputRecorder?

    init(_ workspace: Workspace, _ reporter: any Reporter) throws {
        self.workspace = workspace
        session = try Session(workspace, reporter: reporter, writes: true)
        reader = try ListingReader(session, movesDamagedAside: false)
    }

    func listing(_ id: ObjectID, of name: String) throws -> DirListing {
        if case .success(let listing) = try reader.listing(id) { return listing }
        let contents = askRemote()
        if case .success(let remote) = contents, let listing = try? remote.listing(id) { return listing }
        let why =
            switch contents {
            case .success: "neither the cache nor the remote has it"
            case .failure(let error): "the cache lacks it (\(error.message))"
            }
        let command = workspace.personality.command
        throw CairnError(
            .missing,
            "the list of files of '\(name)' in one of the versions, \(id.short), cannot be read: \(why)",
            hint: "get it and merge again: `git merge --abort`, `\(command) fetch --all-branches`")
    }

    private func askRemote() -> Result<RemoteContents, CairnError> {
        if let remote { return remote }
        let opened = Result {
            let store = try workspace.remoteStore(for: "fetch")
            return try store.naming { try RemoteContents(of: store, session) }
        }.mapError { CairnError($0) }
        remote = opened
        return opened
    }

    func keep(_ listing: DirListing, _ algorithm: HashAlgorithm) throws -> ObjectID {
        if recorder == nil { recorder = try OutputRecorder(session, expecting: 0, stores: true) }
        return try recorder?.record(listing, algorithm) ?? listing.id(algorithm)
    }

    func commit() throws {
        try recorder?.commit()
        recorder = nil
    }

    func size(
        of listing: DirListing, from before: DirListing, _ size: Int64?, _ algorithm: HashAlgorithm
    ) throws -> Int64? {
        guard var total = size else { return nil }
        let store = try session.store()
        for change in ListingDiff(from: before, to: listing) {
            let (old, new): (Int?, Int?) =
                switch change {
                case .added(let new): (nil, new)
                case .deleted(let old): (old, nil)
                case .modified(let old, let new): (old, new)
                case .unchanged: (nil, nil)
                }
            if let old {
                guard let id = before.object(at: old, algorithm), let size = try store.size(of: id) else {
                    return nil
                }
                // What is recorded need not be true, and less than nothing cannot be recorded.
                guard total >= size else { return nil }
                total -= size
            }
            if let new {
                guard let id = listing.object(at: new, algorithm), let size = try store.size(of: id) else {
                    return nil
                }
                total = total.addingClamped(size)
            }
        }
        return total
    }
}
