public import CairnCore
public import CairnRemote
public import CairnStore
public import CairnSystem

/// A remote of any kind whose objects are files in DVC's places: `files/md5/ab/cdef…`, and `ab/cdef…` for those of DVC 2.
public struct LooseRemote: Sendable {
    /// The remote.
    public let remote: any Remote
    /// How much is asked of it at a time.
    public let jobs: Int

    /// What is read, sent and held in memory in one piece, at most, for each job.
    public static let partSize = 8 << 20
    /// How often an object is read whose bytes turn out to be wrong: they may have been altered on the way.
    static let readAttempts = 2

    /// Describes a remote; nothing is asked of it.
    public init(_ remote: any Remote, jobs: Int) {
        self.remote = remote
        self.jobs = max(1, jobs)
    }

    /// The key of an object.
    public static func key(of id: ObjectID) -> String {
        String(decoding: LooseStore.relativePath(of: id), as: UTF8.self)
    }

    /// The object that has a key; `nil` for keys of other things.
    ///
    /// - Parameter algorithm: which objects are looked for; their places differ.
    public static func object(ofKey key: String, _ algorithm: HashAlgorithm) -> ObjectID? {
        let prefix = prefix(of: algorithm)
        guard key.utf8.starts(with: prefix.utf8) else { return nil }
        let parts = Array(key.utf8.dropFirst(prefix.utf8.count)).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2,
            let id = ObjectID(algorithm, parsing: parts[0] + parts[1])
        else { return nil }
        // Digits in upper case are read as well, and are no name of ours.
        return Self.key(of: id).utf8.elementsEqual(key.utf8) ? id : nil
    }

    /// What the keys of an algorithm's objects begin with; empty for those that lie at the top.
    public static func prefix(of algorithm: HashAlgorithm) -> String {
        LooseStore.folders(of: algorithm).map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
    }

    /// What stands for an object's place in errors.
    public static func path(of key: String, at place: String) -> FilePath {
        FilePath(bytes: Array((key.isEmpty ? place : "\(place)/\(key)").utf8))
    }

    /// What stands for an object's place in errors.
    public func path(of id: ObjectID) -> FilePath { Self.path(of: Self.key(of: id), at: remote.place) }

    /// Reads an object whole and compares it with its id.
    ///
    /// - Returns: its bytes; or that it is missing or damaged.
    /// - Throws: `RemoteError`, with `.tooLarge` for one that does not fit into memory.
    func read(_ id: ObjectID, limit: Int) async throws(RemoteError) -> Result<[UInt8], StoreError> {
        let key = Self.key(of: id)
        for _ in 0..<Self.readAttempts {
            do throws(RemoteError) {
                let bytes = try await remote.read(key, nil, limit: limit)
                if Self.digest(of: bytes, id) == id.digest { return .success(bytes) }
            } catch {
                switch error.reason {
                case .notFound: return .failure(StoreError(.missing(id), path(of: id)))
                case .truncated: break
                default: throw error
                }
            }
        }
        return .failure(StoreError(.damaged(id), path(of: id)))
    }

    static func digest(of bytes: [UInt8], _ id: ObjectID) -> Digest {
        var hasher = ContentHasher(id.contentAlgorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    /// Reads listings of directories, several at a time.
    ///
    /// - Returns: for each the listing, or that it is missing, damaged or not readable.
    /// - Throws: `TransferError` if the remote fails.
    public func listings(
        _ ids: [ObjectID]
    ) async throws(TransferError) -> [ObjectID: Result<DirListing, StoreError>] {
        let found = Guarded<[ObjectID: Result<DirListing, StoreError>]>([:])
        try await remotely { () async throws(RemoteError) in
            try await Jobs.run(ids, atATime: jobs) { (id) throws(RemoteError) in
                let listing = try await self.listing(id)
                found.update { $0[id] = listing }
            }
        }
        return found.value
    }

    private func listing(_ id: ObjectID) async throws(RemoteError) -> Result<DirListing, StoreError> {
        do throws(RemoteError) {
            return try await read(id, limit: Int(DirListing.largestSize)).flatMap { parse($0, id) }
        } catch {
            guard case .tooLarge(let size) = error.reason else { throw error }
            return .failure(StoreError(tooLarge: id, size, path(of: id)))
        }
    }

    func parse(_ bytes: [UInt8], _ id: ObjectID) -> Result<DirListing, StoreError> {
        do {
            return .success(try DirListing(parsing: bytes, as: DirListing.Form(of: id.algorithm)))
        } catch {
            return .failure(StoreError(.unreadableListing(id, "\(error)"), path(of: id)))
        }
    }
}
