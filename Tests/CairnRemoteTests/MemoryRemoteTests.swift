import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@Suite("Remote in memory", .ownThreads)
struct MemoryRemoteTests {
    private let clock = SimulatedClock()

    /// Hooks that decide by what is done.
    private func hooks(
        _ effect: @escaping @Sendable (RemoteOperation) -> RemoteEffect
    ) -> RemoteHooks {
        RemoteHooks(before: { operation in effect(operation) })
    }

    @Test("hooks see every operation with its key, each object by itself")
    func trace() async throws {
        let seen = Shared<[String]>([])
        let hooks = RemoteHooks(
            before: { operation in
                seen.change { $0.append("\(operation)") }
                return .happens
            },
            after: { operation in seen.change { $0.append("\(operation) done") } })
        let remote = MemoryRemote(MemoryBucket(clock: clock), hooks: hooks)
        try await remote.write([RemoteUpload("a", text: "a"), RemoteUpload("b", text: "b")], jobs: 1)
        _ = try await remote.read("a")
        _ = try await remote.list("a")
        _ = try await remote.top()
        try await remote.delete(["a", "c"])
        let expected = ["write a", "write b", "read a", "list a", "top", "delete a", "delete c"]
        #expect(seen.value == expected.flatMap { [$0, "\($0) done"] })
    }

    @Test(
        "what a hook throws before an operation keeps it from happening, afterwards only the answer is lost")
    func failures() async throws {
        let bucket = MemoryBucket(clock: clock)
        let before = MemoryRemote(
            bucket,
            hooks: RemoteHooks(before: { _ throws(RemoteError) in throw RemoteError(.temporary("x")) }))
        let after = MemoryRemote(
            bucket, hooks: RemoteHooks(after: { _ throws(RemoteError) in throw RemoteError(.temporary("y")) })
        )
        await #expect(throws: RemoteError(.temporary("x"))) { try await before.write(RemoteUpload("a", [1])) }
        #expect(bucket.keys == [])
        await #expect(throws: RemoteError(.temporary("y"))) { try await after.write(RemoteUpload("a", [1])) }
        #expect(bucket.keys == ["a"])
        await #expect(throws: RemoteError(.temporary("y"))) { try await after.delete(["a"]) }
        #expect(bucket.keys == [])
    }

    @Test("a write that is held comes late, unless its key has got an object; a deletion likewise")
    func held() async throws {
        let bucket = MemoryBucket(clock: clock)
        let late = MemoryRemote(bucket, hooks: hooks { _ in .isHeld })
        let remote = MemoryRemote(bucket)
        try await late.write([RemoteUpload("a", [1]), RemoteUpload("b", [1])], jobs: 1)
        #expect(bucket.keys == [])
        #expect(bucket.held.map(\.description) == ["write a", "write b"])
        try await remote.write(RemoteUpload("b", [2, 2]))
        for operation in bucket.held { #expect(bucket.release(operation)) }
        #expect(bucket["a"] == [1] && bucket["b"] == [2, 2])
        try await late.delete(["a"])
        #expect(bucket.keys == ["a", "b"])
        let deletion = try #require(bucket.held.first)
        #expect(bucket.release(deletion))
        #expect(!bucket.release(deletion))
        #expect(bucket.keys == ["b"] && bucket.held == [])
    }

    @Test("a write that happens twice comes back after a deletion")
    func twice() async throws {
        let bucket = MemoryBucket(clock: clock)
        let remote = MemoryRemote(bucket, hooks: hooks { $0.kind == .write ? .happensTwice : .happens })
        try await remote.write(RemoteUpload("a", [1]))
        try await remote.delete(["a"])
        #expect(bucket.keys == [])
        bucket.release(try #require(bucket.held.first))
        #expect(bucket.keys == ["a"])
    }

    @Test("an older listing tells what was there then, with the time of now")
    func olderListing() async throws {
        let time = Shared<Int64>(1000)
        let bucket = MemoryBucket { time.value }
        let remote = MemoryRemote(bucket)
        let old = MemoryRemote(bucket, hooks: hooks { _ in .asOf(1500) })
        try await remote.write(RemoteUpload("d/a", [1]), RemoteUpload("d/b", [1, 2]))
        time.change { $0 = 1500 }
        try await remote.write(RemoteUpload("e/c", [1, 2, 3]))
        time.change { $0 = 2000 }
        try await remote.write(RemoteUpload("f", [1]))
        try await remote.delete(["d/a"])
        try await remote.write(RemoteUpload("d/a", [1, 2, 3, 4]))
        let listing = try await old.list("")
        #expect(listing.now == 2000)
        #expect(
            listing.objects == [
                RemoteObject(key: "d/a", size: 1, modified: 1000),
                RemoteObject(key: "d/b", size: 2, modified: 1000),
                RemoteObject(key: "e/c", size: 3, modified: 1500),
            ])
        #expect(try await old.top() == ["d/", "e/"])
        #expect(try await remote.list("d/a").objects == [RemoteObject(key: "d/a", size: 4, modified: 2000)])
    }

    @Test("damage changes what no client can change")
    func damage() async throws {
        let remote = MemoryRemote(MemoryBucket(clock: clock))
        try await remote.write(RemoteUpload("a", [1, 2]), RemoteUpload("b", [1]))
        remote.bucket.damage("a", [3])
        remote.bucket.damage("b", nil)
        #expect(try await remote.read("a") == [3])
        #expect(try await remote.keys() == ["a"])
    }
}
