internal import CLinux
internal import Glibc
import Synchronization

/// Threads for blocking work, as many at a time as the caller wants.
///
/// They are the process's own, not those of Swift's cooperative pool, which has one per core and must never block.
public struct Workers: Sendable {
    /// How many threads work at the same time, the caller's among them.
    public let count: Int

    /// Wants `count` threads, at least one.
    public init(count: Int) { self.count = max(1, count) }

    /// As many threads as the process may use processors.
    public static var perProcessor: Workers {
        Workers(count: Int(clinux_processors()))
    }

    /// Calls `body` once on each of `count` threads at the same time, with the thread's number, and waits for all.
    ///
    /// - Throws: the first failure; the other threads run to their end.
    public func run<Failure: Error>(_ body: @Sendable (Int) throws(Failure) -> Void) throws(Failure) {
        let failure = Mutex<Failure?>(nil)
        withoutActuallyEscaping(body) { body in
            let task = ThreadTask { number in
                do throws(Failure) {
                    try body(number)
                } catch {
                    failure.withLock { if $0 == nil { $0 = error } }
                }
            }
            var threads: [pthread_t] = []
            for number in 1..<max(count, 1) where count > 1 {
                if let thread = task.start(number) { threads.append(thread) }
            }
            task.body(0)
            for thread in threads { pthread_join(thread, nil) }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Calls two bodies at the same time, one of them on a thread of its own, and waits for both.
    ///
    /// - Throws: `SystemError` with EAGAIN if no thread can be made; then neither was called.
    public static func together(
        _ first: () -> Void, _ second: @Sendable () -> Void
    ) throws(SystemError) {
        let started = withoutActuallyEscaping(second) { second in
            let task = ThreadTask { _ in second() }
            guard let thread = task.start(1) else { return false }
            first()
            pthread_join(thread, nil)
            return true
        }
        guard started else { throw SystemError(.resourceTemporarilyUnavailable, "start a thread", "") }
    }

    /// Calls `body` for all of `0..<total` in ranges of at most `stride`, each range on some thread.
    ///
    /// Ranges are handed out in order. After a failure no further range begins.
    /// - Throws: the first failure.
    public func forEachRange<Failure: Error>(
        of total: Int, stride: Int, _ body: @Sendable (Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachRange(of: total, stride: stride, with: {}) { (_: inout Void, range) throws(Failure) in
            try body(range)
        }
    }

    /// As `forEachRange(of:stride:_:)`, with something that each thread makes once and keeps from range to range: memory, mostly.
    public func forEachRange<State, Failure: Error>(
        of total: Int, stride: Int, with makeState: @Sendable () -> State,
        _ body: @Sendable (inout State, Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        guard total > 0 else { return }
        let next = Atomic<Int>(0)
        let failed = Atomic<Bool>(false)
        let stride = max(1, stride)
        let threads = Workers(count: min(count, (total + stride - 1) / stride))
        try threads.run { (_) throws(Failure) in
            var state = makeState()
            while !failed.load(ordering: .relaxed) {
                let start = next.wrappingAdd(stride, ordering: .relaxed).oldValue
                guard start < total else { return }
                do throws(Failure) {
                    try body(&state, start..<min(start + stride, total))
                } catch {
                    failed.store(true, ordering: .relaxed)
                    throw error
                }
            }
        }
    }
}

/// What a thread runs, kept alive until the thread has taken it up.
private final class ThreadTask: Sendable {
    let body: @Sendable (Int) -> Void

    init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }

    func start(_ number: Int) -> pthread_t? {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Start(task: self, number: number))
        let code = pthread_create(
            &thread, nil,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()  // set by start(_:) below
                start.task.body(start.number)
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            // Too many threads: the others take its share.
            argument.release()
            return nil
        }
        return thread
    }

    private final class Start {
        let task: ThreadTask
        let number: Int
        init(task: ThreadTask, number: Int) {
            self.task = task
            self.number = number
        }
    }
}
