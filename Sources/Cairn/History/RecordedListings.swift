import CairnCore
import CairnStore
import CairnSystem

/// Listings of directories, from the cache or else from the remotes of their outputs; each is read once.
final class RecordedListings {
    private let session: Session
    private let asksRemotes: Bool
    private var known: [ObjectID: DirListing?] = [:]
    private var ahead: ListingsAhead?
    private var remotes: [String: RemoteContents?] = [:]

    /// - Parameter asksRemotes: whether remotes are asked for listings that the cache does not have.
    init(_ session: Session, asksRemotes: Bool) {
        self.session = session
        self.asksRemotes = asksRemotes
    }

    /// Begins to read a large listing that will be asked for.
    ///
    /// - Throws: `StoreError` if the cache cannot be opened.
    func begin(_ output: TrackedOutput) throws {
        guard let id = output.record.id, id.isDirectory, known[id] == nil, output.record.content.files == nil,
            Int(clamping: output.record.fileCount ?? 0) >= ListingsAhead.smallest
        else { return }
        let ahead = try self.ahead ?? ListingsAhead(session.store())
        self.ahead = ahead
        ahead.begin(id)
    }

    /// The files of a directory.
    ///
    /// - Returns: `nil` for what is no directory, and where nobody has the listing in a usable state.
    /// - Throws: `StoreError` if the cache cannot be read.
    func listing(of output: TrackedOutput) throws -> DirListing? {
        if output.record.content.files != nil,
            let wanted = WantedOutput(TargetedOutput(output: output, part: nil))
        {
            return wanted.recordedListing
        }
        guard let id = output.record.id, id.isDirectory else { return nil }
        if let listing = known[id] { return listing }
        let listing = try cached(id) ?? remote(id, output.record.remote)
        known[id] = .some(listing)
        return listing
    }

    private func cached(_ id: ObjectID) throws -> DirListing? {
        do {
            return try ahead?.take(id) ?? session.store().listing(id)
        } catch let error as StoreError {
            switch error.reason {
            case .missing, .damaged, .missingPart, .unreadableListing: return nil
            default: throw error
            }
        }
    }

    /// What a remote that cannot be asked has does not matter: the listing is not here.
    private func remote(_ id: ObjectID, _ name: String?) -> DirListing? {
        guard asksRemotes else { return nil }
        let key = name ?? ""
        if remotes[key] == nil {
            let store = try? session.workspace.remoteStore(name, for: "diff")
            remotes[key] = .some(store.flatMap { try? RemoteContents(of: $0, session) })
        }
        return try? remotes[key]??.listing(id)
    }
}
