import CairnCore
import CairnStore
import CairnSystem
import Synchronization

/// Listings that are read on threads of their own, while something else is looked at.
final class ListingsAhead {
    // A class: whoever takes a listing waits for its thread.

    private final class Answer: Sendable {
        let listing = Mutex<Result<DirListing, StoreError>?>(nil)
    }

    private let store: ObjectStore
    private var begun: [ObjectID: (thread: OwnThread, answer: Answer)] = [:]

    /// Listings with fewer files are read as quickly as a thread is made.
    static let smallest = 1000

    init(_ store: ObjectStore) { self.store = store }

    deinit {
        for (thread, _) in begun.values { thread.join() }
    }

    /// Begins to read a listing; nothing happens if that was done before, or if the system gives no thread.
    func begin(_ id: ObjectID) {
        guard begun[id] == nil else { return }
        let (store, answer) = (store, Answer())
        let thread = OwnThread {
            let result = Result { () throws(StoreError) in try store.listing(id) }
            answer.listing.withLock { $0 = result }
        }
        if let thread { begun[id] = (thread, answer) }
    }

    /// A listing that was begun, as the store gives it.
    ///
    /// - Returns: `nil` if it was not begun, or was taken before.
    /// - Throws: what reading it failed with.
    func take(_ id: ObjectID) throws(StoreError) -> DirListing? {
        guard let (thread, answer) = begun.removeValue(forKey: id) else { return nil }
        thread.join()
        return try answer.listing.withLock { $0 }?.get()
    }
}
