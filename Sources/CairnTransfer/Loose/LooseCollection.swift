public import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// Deletes objects of a remote in loose layout that nobody needs.
public struct LooseCollection: Sendable {
    /// An object that may go.
    public struct Object: Sendable {
        /// Its id.
        public let id: ObjectID
        /// Its bytes.
        public let size: Int64
        /// When it came there by the remote's own clock, in milliseconds since 1970.
        public let modified: Int64
    }

    /// What may go.
    public struct Plan: Sendable {
        /// Objects that nobody needs, by id.
        public internal(set) var objects: [Object] = []
        /// How many are needed.
        public internal(set) var keptCount = 0
    }

    /// How many are deleted at a time.
    private static let batchCount = 1000

    private let remote: LooseRemote

    /// Describes a collection.
    public init(of remote: LooseRemote) { self.remote = remote }

    /// The time by the remote's clock, in milliseconds since 1970.
    ///
    /// - Throws: `TransferError` if the remote cannot be listed.
    public func time() async throws(TransferError) -> Int64 {
        try await remotely { () async throws(RemoteError) in try await remote.remote.list("files/md5/00/").now
        }
    }

    /// Finds out what may go.
    ///
    /// - Parameter isNeeded: tells which objects stay.
    /// - Throws: `TransferError` if the remote cannot be listed.
    public func plan(
        _ isNeeded: @escaping @Sendable (ObjectID) -> Bool
    ) async throws(TransferError) -> Plan {
        let found = Guarded(Plan())
        try await remotely { () async throws(RemoteError) in
            let top = try await remote.remote.top()
            for algorithm in HashAlgorithm.all {
                let prefixes = try await prefixes(of: algorithm, top)
                try await Jobs.run(prefixes, atATime: remote.jobs) { (prefix) throws(RemoteError) in
                    let listing = try await remote.remote.list(prefix)
                    found.update { plan in
                        for object in listing.objects {
                            guard let id = LooseRemote.object(ofKey: object.key, algorithm) else { continue }
                            if isNeeded(id) {
                                plan.keptCount += 1
                            } else {
                                plan.objects.append(
                                    Object(id: id, size: object.size, modified: object.modified))
                            }
                        }
                    }
                }
            }
        }
        var plan = found.value
        plan.objects.sort { $0.id < $1.id }
        return plan
    }

    /// What to list to find the objects of an algorithm.
    private func prefixes(of algorithm: HashAlgorithm, _ top: Set<String>) async throws(RemoteError)
        -> [String]
    {
        let prefix = LooseRemote.prefix(of: algorithm)
        let folders = LooseRemote.folders(below: prefix)
        if prefix.isEmpty { return folders.filter { top.contains($0) } }
        guard top.contains("files/") else { return [] }
        let sample = try await remote.remote.list(folders[0]).objects.count
        let look = LooseRemote.bestLook(for: .max / 2, among: sample * 256, jobs: remote.jobs)
        return look == .whole ? [prefix] : folders
    }

    /// Deletes objects, in the order given: listings have to come before what they name.
    ///
    /// - Parameter progress: called after each batch with the objects that are gone.
    /// - Throws: `TransferError`; some may be gone by then.
    public func delete(
        _ ids: [ObjectID], progress: @Sendable (ArraySlice<ObjectID>) -> Void
    ) async throws(TransferError) {
        for batch in [ids.filter(\.isDirectory), ids.filter { !$0.isDirectory }] {
            for start in stride(from: 0, to: batch.count, by: Self.batchCount) {
                let part = batch[start..<min(start + Self.batchCount, batch.count)]
                try await remotely { () async throws(RemoteError) in
                    try await remote.remote.delete(part.map(LooseRemote.key(of:)))
                }
                progress(part)
            }
        }
    }
}
