internal import Glibc

/// A queue between two threads that holds at most so many elements.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Sendable: every access to the mutable state is between lock and unlock of `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private let capacity: Int
    private var elements: [Element] = []
    private var isClosed = false

    /// Creates an empty queue.
    public init(capacity: Int) {
        self.capacity = max(1, capacity)
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Adds an element, waiting while the queue is full.
    ///
    /// - Returns: false if the queue was closed; the element is dropped.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.count >= capacity && !isClosed { pthread_cond_wait(changed, mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        pthread_cond_broadcast(changed)
        return true
    }

    /// Takes the oldest element, waiting while there is none.
    ///
    /// - Returns: `nil` when the queue is closed and empty.
    public func pop() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty && !isClosed { pthread_cond_wait(changed, mutex) }
        guard !elements.isEmpty else { return nil }
        let element = elements.removeFirst()
        pthread_cond_broadcast(changed)
        return element
    }

    /// Takes the oldest element, waiting at most so long while there is none.
    ///
    /// - Returns: `nil` when the time is up, and when the queue is closed and empty.
    public func pop(milliseconds: Int) -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if elements.isEmpty && !isClosed && milliseconds > 0 {
            var end = timespec()
            clock_gettime(CLOCK_REALTIME, &end)
            let nanoseconds = end.tv_nsec + (milliseconds % 1000) * 1_000_000
            end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
            end.tv_nsec = nanoseconds % 1_000_000_000
            while elements.isEmpty && !isClosed {
                if pthread_cond_timedwait(changed, mutex, &end) == ETIMEDOUT { break }
            }
        }
        guard !elements.isEmpty else { return nil }
        let element = elements.removeFirst()
        pthread_cond_broadcast(changed)
        return element
    }

    /// Says that nothing more comes, or that nobody listens any more.
    public func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
