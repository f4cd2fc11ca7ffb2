import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@testable import CairnStore

@Suite(.ownThreads) struct PackBatchTests {
    @Test("two sessions at once both succeed, and what both bring is there twice and read once")
    func together() throws {
        let fixture = try PackedStoreFixture()
        let first = try PackBatch(into: fixture.open())
        let second = try PackBatch(into: fixture.open())
        let both = bytes("both bring this")
        let id = try first.add(blob: both)
        #expect(try second.add(blob: both) == id)
        let own = try [first.add(blob: bytes("first")), second.add(blob: bytes("second"))]
        try second.commit()
        try first.commit()
        let store = try fixture.open()
        #expect(try store.allObjects() == (own + [id]).sorted())
        #expect(try store.index().locations(of: RecordKey(.blob, id.digest)).count == 2)
        #expect(try store.read(id) == both)
        try store.readMany([id] + own) { position, result in
            #expect((try? result.get())?.count == [both.count, 5, 6][position])
        }
        // One of both packs is damaged: the other one has it.
        let pack = fixture.root.string + "/" + fixture.paths(".cpk")[0]
        var content = try Files.read(pack)
        for index in content.indices where index > 64 { content[index] ^= 0xFF }
        chmod(pack, 0o644)
        try Files.write(content, to: pack)
        #expect(try fixture.open().read(id) == both)
        try fixture.open().readMany([id]) { _, result in
            #expect((try? result.get()).map(Array.init) == both)
        }
        // Without it, a store that was opened before takes it from there as well.
        Files.delete(pack)
        #expect(try store.read(id) == both)
        #expect(try fixture.open().read(id) == both)
    }

    @Test("several processes' worth of sessions bring all that they add")
    func manySessions() throws {
        let fixture = try PackedStoreFixture()
        let ids = Mutex<Set<ObjectID>>([])
        try Workers(count: 4).run { thread in
            for round in 0..<12 {
                let files = (0..<20).map { bytes("file \($0 % 7 == 0 ? 0 : thread) \(round) \($0)") }
                let added = try fixture.add(files)
                ids.withLock { $0.formUnion(added) }
            }
        }
        #expect(try fixture.open().allObjects() == ids.withLock { $0.sorted() })
        fixture.expectClean()
    }

    @Test("a session waits for a collector, and gives up in the end")
    func lock() throws {
        let fixture = try PackedStoreFixture()
        let path = fixture.root.appending(PackedStore.lockName)
        let store = try fixture.open()
        let holder = Mutex<FileLock?>(nil)
        if case .acquired(let lock) = try FileLock.attempt(path, note: []) { holder.withLock { $0 = lock } }
        #expect(holder.withLock { $0 } != nil)
        #expect(throws: StoreError(.busy, fixture.root)) { _ = try PackBatch(into: store, patience: 20) }
        let didBegin = Mutex(false)
        try Workers.together({
            usleep(50_000)  // not a wait for a condition: the session is to find the lock taken
            didBegin.withLock { #expect(!$0) }
            holder.withLock { $0 = nil }
        }) {
            let batch = try? PackBatch(into: store, patience: 60_000)
            didBegin.withLock { $0 = batch != nil }
        }
        #expect(didBegin.withLock { $0 })
        // Sessions do not keep each other out, but a collector.
        let sessions = try [PackBatch(into: store), PackBatch(into: store)]
        withExtendedLifetime(sessions) {
            guard case .held? = try? FileLock.attempt(path, note: []) else {
                Issue.record("the sessions hold the lock")
                return
            }
        }
    }

    @Test("a record that is too large is refused, and the session is of no use any more")
    func tooLarge() throws {
        let fixture = try PackedStoreFixture()
        let batch = try PackBatch(into: fixture.open())
        let large = [UInt8](repeating: 0, count: PackLimits.recordSize + 1)
        #expect(throws: StoreError.self) { try batch.add(blob: large) }
        _ = try batch.add(blob: [1])
        #expect(throws: StoreError.self) { try batch.commit() }
        #expect(try fixture.open().allObjects() == [])
    }

    @Test("new folders and files of a shared store are for the group, whatever the umask")
    func permissions() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch("store")
        await #expect(processExitsWith: .success) { [path = path as String] in
            umask(0o077)
            let store = try PackedStore(at: FilePath(path), creating: true, isGroupShared: true)
            let batch = try PackBatch(into: store)
            _ = try batch.add(blob: [1, 2, 3])
            try batch.commit()
            for name in Files.paths(below: path) where name != "cairn.lock" {
                let isRight = try FilePath("\(path)/\(name)").status()?.permissions == 0o444
                if !isRight { exit(1) }
            }
            for name in ["packs", "log", "log/idx"] {
                let isRight = try FilePath("\(path)/\(name)").status()?.permissions == 0o2775
                if !isRight { exit(2) }
            }
            exit(try FilePath("\(path)/cairn.lock").status()?.permissions == 0o664 ? 0 : 3)
        }
    }

    @Test("a session takes little memory, however much it stores")
    func memory() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch("store")
        await #expect(processExitsWith: .success) { [path = path as String] in
            func memory() throws -> Int {
                let text = try Files.text("/proc/self/status")
                let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
                return Int(line.filter(\.isNumber)) ?? 0
            }
            let store = try PackedStore(at: FilePath(path), creating: true)
            let batch = try PackBatch(into: store)
            var random = SeededRandom(seed: 1)
            _ = try batch.add(blob: random.noise(1 << 20))
            let before = try memory()
            for _ in 0..<300 { _ = try batch.add(blob: random.noise(1 << 20)) }
            for _ in 0..<20_000 { _ = try batch.add(blob: random.noise(100)) }
            try batch.commit()
            let after = try memory()
            // 20 000 records of 64 bytes or so, and a few MiB that are worked on.
            exit(after - before < 48 << 10 ? 0 : 1)
        }
    }
}
