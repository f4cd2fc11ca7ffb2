import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

/// How many are inside of something at the same time, and how many were at most.
private final class Presence: Sendable {
    private let counts = Mutex((now: 0, most: 0, total: 0))

    var most: Int { counts.withLock { $0.most } }
    var total: Int { counts.withLock { $0.total } }

    func visit(_ body: () -> Void) {
        counts.withLock { counts in
            counts.now += 1
            counts.total += 1
            counts.most = max(counts.most, counts.now)
        }
        body()
        counts.withLock { $0.now -= 1 }
    }
}

/// How many threads the process has.
private func threadCount() -> Int { Files.names(in: "/proc/self/task").count }

@Suite("Asynchronous work on threads of our own", .serialized)
struct TaskThreadsTests {
    private struct Failure: Error, Equatable { let number: Int }

    @Test("work that blocks goes on at the same time, on no more threads than are wanted")
    func blocking() {
        let presence = Presence()
        let threads = TaskThreads(count: 16)
        runBlocking(on: threads) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        presence.visit {
                            // Each waits for all the others that can be there, which tells nothing of time.
                            var patience = 5000
                            while presence.most < 16, patience > 0 {
                                Surroundings.sleep(milliseconds: 1)
                                patience -= 1
                            }
                        }
                    }
                }
            }
        }
        #expect(presence.total == 100)
        #expect(presence.most == 16)
    }

    @Test("one thread does all the work, one piece after the other")
    func oneThread() {
        let presence = Presence()
        let names = Shared<Set<UInt>>([])
        runBlocking(on: TaskThreads(count: 1)) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { presence.visit { names.change { _ = $0.insert(UInt(pthread_self())) } } }
                }
            }
        }
        #expect(presence.most == 1)
        #expect(presence.total == 50)
        #expect(names.value.count == 1)
        #expect(!names.value.contains(UInt(pthread_self())))
    }

    @Test("results and errors come through")
    func outcomes() {
        let threads = TaskThreads(count: 2)
        #expect(runBlocking(on: threads) { 7 } == 7)
        #expect(throws: Failure(number: 3)) {
            try runBlocking(on: threads) { () async throws(Failure) in throw Failure(number: 3) }
        }
    }

    @Test("tasks that wait for each other give their thread back")
    func suspension() {
        let threads = TaskThreads(count: 1)
        let sum = runBlocking(on: threads) { () -> Int in
            let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
            async let sum = stream.reduce(0, +)
            for number in 0..<1000 {
                continuation.yield(number)
                await Task.yield()
            }
            continuation.finish()
            return await sum
        }
        #expect(sum == 499_500)
    }

    @Test("threads begin when they are needed and end with the executor")
    func threadsEnd() throws {
        // The pool of the tests has threads that come and go: only many more would tell.
        let before = threadCount()
        for _ in 0..<50 {
            let threads = TaskThreads(count: 8)
            runBlocking(on: threads) {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { Surroundings.sleep(milliseconds: 1) } }
                }
            }
        }
        #expect(threadCount() < before + 50)
    }

    @Test("an executor that is never used has no thread, one whose last owner is a task ends all the same")
    func odds() async {
        let before = threadCount()
        let unused = (0..<100).map { _ in TaskThreads(count: 8) }
        #expect(threadCount() < before + 50)
        withExtendedLifetime(unused) {}
        let number = await Task(executorPreference: TaskThreads(count: 2)) { 5 }.value
        #expect(number == 5)
    }

    @Test("many callers at once get their own results")
    func callers() {
        let threads = TaskThreads(count: 3)
        let wrong = Atomic<Int>(0)
        Workers(count: 8).run { caller in
            for round in 0..<100
            where runBlocking(on: threads, { caller * 1000 + round }) != caller * 1000 + round {
                wrong.wrappingAdd(1, ordering: .relaxed)
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }
}

@Suite("Asynchronous work on many items")
struct JobsTests {
    private struct Failure: Error, Equatable { let number: Int }

    @Test("every item is worked on once, at most so many at a time", arguments: [0, 1, 3, 200])
    func limit(_ limit: Int) {
        let presence = Presence()
        let seen = Shared<[Int]>([])
        runBlocking(on: TaskThreads(count: 8)) {
            await Jobs.run(Array(0..<100), atATime: limit) { (item) in
                presence.visit { seen.change { $0.append(item) } }
            }
        }
        #expect(seen.value.sorted() == Array(0..<100))
        #expect(presence.most <= max(1, limit))
    }

    @Test("after a failure nothing is begun any more", arguments: [1, 4])
    func failure(_ limit: Int) {
        let presence = Presence()
        #expect(throws: Failure(number: 10)) {
            try runBlocking(on: TaskThreads(count: 4)) { () async throws(Failure) in
                try await Jobs.run(Array(0..<1000), atATime: limit) { (item) throws(Failure) in
                    presence.visit {}
                    if item == 10 { throw Failure(number: item) }
                }
            }
        }
        #expect((11..<1000).contains(presence.total))
    }

    @Test("nothing to do is done at once")
    func nothing() async {
        await Jobs.run([Int](), atATime: 4) { (_) in Issue.record("there is no item") }
    }
}
