import CairnCore
import Synchronization

/// The records that a session has taken in: of several threads with the same one, the first stores it.
final class KeyClaims: Sendable {
    private final class Shard: Sendable {
        /// By the number of the kind.
        let keys = Mutex(Array(repeating: DigestSet(digestCount: 32), count: RecordKind.allCases.count))
    }

    // Digests are spread evenly: threads rarely meet in one of these.
    private let shards = (0..<64).map { _ in Shard() }

    private func shard(of key: RecordKey) -> Shard { shards[Int(key.digest.leadingWord >> 58)] }

    /// True for the first who asks.
    func claim(_ key: RecordKey) -> Bool {
        shard(of: key).keys.withLock { $0[Int(key.kind.rawValue)].insert(key.digest) }
    }

    /// Forgets everything, and gives the memory back.
    func removeAll() {
        for shard in shards {
            shard.keys.withLock { keys in
                for kind in keys.indices { keys[kind] = DigestSet(digestCount: 32) }
            }
        }
    }

    /// True if somebody asked for it.
    func contains(_ key: RecordKey) -> Bool {
        shard(of: key).keys.withLock { $0[Int(key.kind.rawValue)].contains(key.digest) }
    }
}
