import CairnCore
import CairnStore
import CairnSystem
import Synchronization

/// Which symbolic links inside of a directory of the workspace count as what they lead to.
///
/// Links into the cache always do: they are files that were checked out as links. DVC's directories know no links, so there all count.
enum FollowedLinks {
    /// All of them.
    case all
    /// None.
    case none
    /// Those in whose place `listing` has a file or a folder, as far as they lead to one: they were followed when that was recorded.
    ///
    /// `folder` is where the walked folder lies in the listed directory; empty for the directory itself.
    case asRecorded(listing: ObjectID, folder: [UInt8])

    /// Those that were followed when the id of an output was recorded.
    static func recorded(_ id: ObjectID?) -> FollowedLinks {
        guard let id, id.isDirectory, id.algorithm == .blake3 else { return .none }
        return .asRecorded(listing: id, folder: [])
    }

    /// Those that were followed when an output was recorded, for a walk of a part of it.
    static func recorded(_ output: TrackedOutput, part: RepoPath) -> FollowedLinks {
        guard case .asRecorded(let id, _) = recorded(output.record.id) else { return .none }
        return .asRecorded(listing: id, folder: part.relative(to: output.path)?.bytes ?? [])
    }

    /// The rule for a walk.
    ///
    /// - Throws: `StoreError` if the cache cannot be opened.
    func rule(_ form: DirListing.Form, _ session: Session) throws -> TreeWalker.LinkRule {
        guard form == .native else { return .all }
        let cache = session.workspace.cacheFolder.bytes + [UInt8(ascii: "/")]
        switch self {
        case .all: return .all
        case .none: return .into(cache, besides: nil)
        case .asRecorded(let id, let folder):
            let listing = LazyListing(id, in: try session.store())
            let prefix = folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]
            return .into(cache) { path in listing.hasData(at: prefix + path) }
        }
    }
}

extension AddOptions {
    /// What the user wants, or else `other`.
    func links(or other: FollowedLinks) -> FollowedLinks {
        followsLinks.map { $0 ? .all : .none } ?? other
    }
}

/// A listing that is read when it is asked for first: most directories have no symbolic link.
private final class LazyListing: Sendable {
    private let id: ObjectID
    private let store: ObjectStore
    private let read = Mutex<DirListing??>(nil)

    init(_ id: ObjectID, in store: ObjectStore) {
        self.id = id
        self.store = store
    }

    /// True if the listing has a file or a folder at a path. One that cannot be read has nothing.
    func hasData(at path: [UInt8]) -> Bool {
        let listing = read.withLock { read in
            if let known = read { return known }
            let listing = try? store.listing(id)
            read = .some(listing)
            return listing
        }
        guard let listing else { return false }
        if let entry = listing.index(of: path) { return listing.kind(at: entry) != .symbolicLink }
        return !listing.indices(below: path).isEmpty
    }
}
