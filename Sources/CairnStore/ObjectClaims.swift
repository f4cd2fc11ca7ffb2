import CairnCore
import Synchronization

/// Who stores which object, where several threads find equal files: the first one does it, and the others rely on that one.
final class ObjectClaims: Sendable {
    private struct State {
        var claimed: Set<Digest> = []
        var failed: [Digest: StoreError] = [:]
    }

    private let state = Mutex(State())

    /// True for the first who asks, who has to store the object then, and for the first after a failure.
    func claim(_ digest: Digest) -> Bool {
        state.withLock { state in
            guard state.claimed.insert(digest).inserted else { return false }
            state.failed[digest] = nil
            return true
        }
    }

    /// Gives a claim back: the object could not be stored.
    func giveBack(_ digest: Digest, after error: StoreError) {
        state.withLock { state in
            state.claimed.remove(digest)
            state.failed[digest] = error
        }
    }

    /// Objects that nobody stored in the end, with the last failure.
    var failures: [Digest: StoreError] { state.withLock { $0.failed } }
}
