internal import Glibc

/// A plain lock between threads, for C resources that `Mutex` cannot hold, and for work that takes long: who waits for it sleeps, where
/// `Mutex` keeps a processor busy as long as the other thread has one.
public final class ThreadLock: @unchecked Sendable {
    // Sendable: the pointer never changes, and pthread's functions are made for several threads.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// Creates an open lock.
    public init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Waits until no other thread has the lock, and takes it.
    public func lock() { pthread_mutex_lock(mutex) }

    /// Gives the lock back.
    public func unlock() { pthread_mutex_unlock(mutex) }

    /// Holds the lock while something is done.
    public func withLock<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        lock()
        defer { unlock() }
        return try body()
    }

    /// As `withLock`, but does nothing while another thread has the lock.
    ///
    /// - Returns: `nil` if nothing was done.
    public func withLockIfFree<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value?
    {
        guard pthread_mutex_trylock(mutex) == 0 else { return nil }
        defer { unlock() }
        return try body()
    }
}
