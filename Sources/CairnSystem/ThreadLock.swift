internal import Glibc

/// A plain lock between threads, for C resources that `Mutex` cannot hold because their use throws typed errors.
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
}
