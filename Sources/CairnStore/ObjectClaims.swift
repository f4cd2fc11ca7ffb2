import CairnCore
import Synchronization

/// Who stores which object, where several threads find equal files: the first one does it, and the others rely on that one.
final class ObjectClaims: Sendable {
    private struct State {
        var claimed: DigestSet
        /// Those that were given back: the next one who asks may have them.
        var failed: [Digest: StoreError] = [:]
    }

    private let state: Mutex<State>

    /// For digests of one algorithm.
    init(_ algorithm: HashAlgorithm) {
        state = Mutex(State(claimed: DigestSet(digestCount: algorithm.digestCount)))
    }

    /// True for the first who asks, who has to store the object then, and for the first after a failure.
    func claim(_ digest: Digest) -> Bool {
        state.withLock { state in
            state.claimed.insert(digest)
                || (!state.failed.isEmpty && state.failed.removeValue(forKey: digest) != nil)
        }
    }

    /// True for the first after a failure, where somebody else keeps the claims.
    func retake(_ digest: Digest) -> Bool {
        state.withLock { !$0.failed.isEmpty && $0.failed.removeValue(forKey: digest) != nil }
    }

    /// Gives a claim back: the object could not be stored.
    func giveBack(_ digest: Digest, after error: StoreError) {
        state.withLock { $0.failed[digest] = error }
    }

    /// Objects that nobody stored in the end, with the last failure.
    var failures: [Digest: StoreError] { state.withLock { $0.failed } }
}
