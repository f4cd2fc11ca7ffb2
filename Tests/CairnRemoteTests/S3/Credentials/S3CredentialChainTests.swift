import CairnSystem
import Synchronization
import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Keys: kept and renewed", .ownThreads)
struct S3CredentialChainTests {
    /// A program that tells a new key each time; it lives for so many seconds.
    private static func world(
        seconds: Int64, fails: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) -> (CredentialWorld, calls: @Sendable () -> Int) {
        let calls = Counter()
        var world = CredentialWorld()
        let clock = world.clock
        world.files["~/.aws/config"] = "[default]\ncredential_process = x\n"
        world.program = { _ throws(SystemError) in
            let call = calls.next()
            if fails(call) { return ChildProcess.Output(exitCode: 1, bytes: []) }
            let end = UTCDate(milliseconds: clock.date + seconds * 1000).basic
            let text =
                "{\"Version\":1,\"AccessKeyId\":\"K\(call)\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"\(end)\"}"
            return ChildProcess.Output(exitCode: 0, bytes: Array(text.utf8))
        }
        return (world, { calls.count })
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func next() -> Int {
            value.withLock {
                $0 += 1; return $0
            }
        }
    }

    @Test("a key is kept until five minutes before its end")
    func margin() async throws {
        let (world, calls) = Self.world(seconds: 3600)
        let chain = world.chain
        #expect(try await chain.credentials()?.accessKeyID == "K1")
        world.clock.date += 54 * 60_000
        #expect(try await chain.credentials()?.accessKeyID == "K1")
        world.clock.date += 61_000
        #expect(try await chain.credentials()?.accessKeyID == "K2")
        #expect(calls() == 2)
    }

    @Test("a key of a few minutes is used for most of its life")
    func short() async throws {
        let (world, calls) = Self.world(seconds: 60)
        let chain = world.chain
        for _ in 0..<5 { #expect(try await chain.credentials()?.accessKeyID == "K1") }
        world.clock.date += 41_000
        #expect(try await chain.credentials()?.accessKeyID == "K2")
        #expect(calls() == 2)
    }

    @Test("a key that has not ended goes on when no other can be had, and the next try waits a little")
    func failure() async throws {
        let (world, calls) = Self.world(seconds: 3600) { $0 == 2 || $0 == 3 || $0 > 4 }
        let chain = world.chain
        _ = try await chain.credentials()
        world.clock.date += 56 * 60_000
        #expect(try await chain.credentials()?.accessKeyID == "K1")
        #expect(try await chain.credentials()?.accessKeyID == "K1")
        #expect(calls() == 2)
        world.clock.date += 31_000
        #expect(try await chain.credentials()?.accessKeyID == "K1")
        world.clock.date += 31_000
        #expect(try await chain.credentials()?.accessKeyID == "K4")
        world.clock.date += 3600_000
        await #expect(throws: RemoteError.self) { try await chain.credentials() }
    }

    @Test("a key that was forgotten is looked for anew, but only if it is the one")
    func forget() async throws {
        let (world, calls) = Self.world(seconds: 3600)
        let chain = world.chain
        let first = try #require(try await chain.credentials())
        await chain.forget(S3Credentials(accessKeyID: "other", secretAccessKey: "s"))
        #expect(try await chain.credentials() == first)
        await chain.forget(first)
        #expect(try await chain.credentials()?.accessKeyID == "K2")
        await chain.forget(first)
        #expect(try await chain.credentials()?.accessKeyID == "K2")
        #expect(calls() == 2)
    }

    @Test("a failure is not kept")
    func failureAtFirst() async throws {
        let (world, _) = Self.world(seconds: 3600) { $0 == 1 }
        let chain = world.chain
        await #expect(throws: RemoteError.self) { try await chain.credentials() }
        #expect(try await chain.credentials()?.accessKeyID == "K2")
    }

    /// Answers only when it is told to.
    private final class Gate: HTTPSending {
        private let state = Mutex<(waiting: [CheckedContinuation<Void, Never>], count: Int)>(([], 0))
        var count: Int { state.withLock { $0.count } }

        func open() {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func send(
            _ request: HTTPRequest, _ rules: HTTPAttemptRules
        ) async throws(RemoteError) -> HTTPResponse {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.waiting.append(continuation)
                    state.count += 1
                }
            }
            if Task.isCancelled { throw RemoteError(.interrupted) }
            let key =
                #"{"AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-01T06:00:00Z"}"#
            return HTTPResponse(200, body: Array(key.utf8))
        }
    }

    private static func gated(_ gate: Gate) -> S3CredentialChain {
        var world = CredentialWorld()
        world.environment = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"]
        var surroundings = world.surroundings
        surroundings.metadata = gate
        return S3CredentialChain(S3CredentialOptions(), surroundings)
    }

    @Test("all who wait get the key of one search", .timeLimit(.minutes(10)))
    func together() async throws {
        let gate = Gate()
        let chain = Self.gated(gate)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await chain.credentials()?.accessKeyID } }
            while gate.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
            try await Task.sleep(for: .milliseconds(20))
            gate.open()
            for try await id in group { #expect(id == "A") }
        }
        #expect(gate.count == 1)
    }

    @Test("who waits for one who is stopped goes on himself", .timeLimit(.minutes(10)))
    func stopped() async throws {
        let gate = Gate()
        let chain = Self.gated(gate)
        let first = Task { try await chain.credentials() }
        while gate.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let second = Task { try await chain.credentials() }
        try await Task.sleep(for: .milliseconds(20))
        first.cancel()
        gate.open()
        while gate.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        gate.open()
        #expect(try await second.value?.accessKeyID == "A")
        await #expect(throws: RemoteError.self) { try await first.value }
    }
}
