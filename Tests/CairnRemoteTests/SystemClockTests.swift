import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Clock of the machine", .ownThreads)
struct SystemClockTests {
    private let clock = SystemClock()

    @Test("time goes by while it sleeps, as long as it shall", arguments: [0, 1, 150])
    func sleep(_ milliseconds: Int) async throws {
        let (start, date) = (clock.elapsed, clock.date)
        try await clock.sleep(for: .milliseconds(milliseconds))
        #expect(clock.elapsed - start >= .milliseconds(milliseconds))
        // Somebody may set the date meanwhile, and a millisecond is cut off at both ends.
        #expect(clock.date - date >= Int64(milliseconds) - 50)
        try await clock.sleep(for: .seconds(-1))
    }

    @Test("the date is that of the machine")
    func date() { #expect(abs(clock.date - Int64(Glibc.time(nil)) * 1000) < 10_000) }

    @Test("a sleep ends when the task is cancelled")
    func cancelled() async {
        let clock = clock
        let task = Task { try await clock.sleep(for: .seconds(30)) }
        task.cancel()
        await #expect(throws: RemoteError(.interrupted)) { try await task.value }
    }

    @Test("a sleep ends when the user asks to stop")
    func interrupted() async {
        await #expect(processExitsWith: .success) {
            Interruption.watch()
            let task = Task {
                try await SystemClock().sleep(for: .seconds(30))
            }
            // To the process: the threads of tasks have signals blocked.
            kill(getpid(), SIGTERM)
            await #expect(throws: RemoteError(.interrupted)) { try await task.value }
        }
    }

    @Test("the machine's randomness differs from call to call")
    func random() {
        let numbers = (0..<10).map { _ in RemoteSurroundings.system.withRandom { $0.next() as UInt64 } }
        #expect(Set(numbers).count == 10)
    }
}
