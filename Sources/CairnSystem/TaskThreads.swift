internal import Glibc

/// Threads of our own for asynchronous work that blocks: files, sockets, locks.
///
/// Swift's cooperative pool has one thread per core and must never wait. A task that prefers this executor runs here with all its child
/// tasks. Threads begin when they are needed and end with the value.
public final class TaskThreads: TaskExecutor {
    private let queue: JobQueue

    /// Wants up to `count` threads, at least one.
    public init(count: Int) { queue = JobQueue(limit: max(1, count)) }

    deinit { queue.close() }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard !queue.add(JobQueue.Entry(job: job, executor: self)) else { return }
        // There is no thread and the system gives none: the caller's does the work, or nobody would.
        job.runSynchronously(on: asUnownedTaskExecutor())
    }
}

/// Jobs that wait, and the threads that take them.
///
/// Apart from the executor, so that a thread that waits does not keep it alive.
private final class JobQueue: @unchecked Sendable {
    // Sendable: every access to the mutable state is between lock and unlock of `mutex`.

    /// A job, and the executor that has to live until it was run.
    struct Entry {
        let job: UnownedJob
        let executor: TaskThreads
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private let limit: Int
    private var entries: [Entry] = []
    /// Where in `entries` the oldest is; those before it were taken.
    private var first = 0
    private var idleCount = 0
    private var threads: [pthread_t] = []
    private var isClosed = false

    init(limit: Int) {
        self.limit = limit
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

    /// Adds a job.
    ///
    /// - Returns: false if there is no thread and none can be started; the job is not taken then.
    func add(_ entry: Entry) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // A thread that was woken and has not come yet counts as idle, and its job as waiting.
        if idleCount <= entries.count - first, threads.count < limit {
            if let thread = startThread() { threads.append(thread) }
            if threads.isEmpty { return false }
        }
        entries.append(entry)
        pthread_cond_signal(changed)
        return true
    }

    /// Lets the threads end when nothing waits any more, and waits until they did.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        let ending = threads
        threads = []
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
        for thread in ending {
            // The last reference to the executor may have gone with a job, on one of its own threads.
            if pthread_equal(thread, pthread_self()) != 0 {
                pthread_detach(thread)
            } else {
                pthread_join(thread, nil)
            }
        }
    }

    private func startThread() -> pthread_t? {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<JobQueue>.fromOpaque(raw!).takeRetainedValue().work()  // set by the call above
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            return nil
        }
        return thread
    }

    private func work() {
        while let entry = next() {
            withExtendedLifetime(entry.executor) {
                entry.job.runSynchronously(on: entry.executor.asUnownedTaskExecutor())
            }
        }
    }

    /// The oldest job, waiting while there is none; `nil` when the executor is gone.
    private func next() -> Entry? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        idleCount += 1
        while first == entries.count, !isClosed { pthread_cond_wait(changed, mutex) }
        idleCount -= 1
        guard first < entries.count else { return nil }
        let entry = entries[first]
        first += 1
        if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 1000 {
            entries.removeFirst(first)
            first = 0
        }
        return entry
    }
}
