import CairnCore
import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@testable import CairnStore

/// Budgets of time, and what is remembered of checks.
@Suite struct StoreInspectionTests {
    /// A clock that goes on by a second with each look at it.
    private final class Clock: Sendable {
        private let time: Mutex<Int64>
        init(_ start: Int64) { time = Mutex(start) }
        var now: Int64 {
            time.withLock {
                $0 += 1_000_000_000
                return $0
            }
        }
    }

    /// A loose store with files so large that each is a round of its own.
    private static func store(_ scratch: ScratchDirectory, _ count: Int) throws -> (ObjectStore, [ObjectID]) {
        let store = try LooseStore(at: FilePath(scratch("store")), creating: true)
        var ids: [ObjectID] = []
        for number in 0..<count {
            let bytes = [UInt8](repeating: UInt8(number), count: 33 << 20)
            let id = ObjectID(.md5, MD5.digest(of: bytes))
            try Files.write(bytes, to: store.path(of: id).string, mode: 0o444)
            ids.append(id)
        }
        return (ObjectStore(store), ids.sorted())
    }

    @Test("what was checked longest ago comes first, and a run of no time does at least something")
    func order() throws {
        let scratch = try ScratchDirectory("cairn-inspection")
        let (store, ids) = try Self.store(scratch, 3)
        let log = try CheckLog(at: FilePath(scratch("checks.sqlite")))
        let times: [Int64] = [30, 10, 20]
        for (id, time) in zip(ids, times) {
            try log.record(
                [CheckLog.Entry(.object(id), time: time, isDamaged: false)], of: store.root, at: .full)
        }
        var order: [ObjectID] = []
        for _ in 0..<3 {
            let before = try log.times(of: store.root, at: .full)
            let clock = Clock(1000)
            let found = try StoreInspection(
                of: store, .full, deadline: 0, now: { clock.now }, log: log, workers: Workers(count: 1),
                reporter: SilentReporter()
            ).run(ids)
            #expect(found.checked.objects == 1 && found.remaining.objects == 2 && found.soundCount == 1)
            #expect(found.neverCount == 0)
            let after = try log.times(of: store.root, at: .full)
            order += ids.filter { before[.object($0)] != after[.object($0)] }
            if order.count == 1 { #expect(found.oldest == 20) }
        }
        #expect(order == [ids[1], ids[2], ids[0]])
    }

    @Test("never checked goes before everything, and other depths and stores count by themselves")
    func never() throws {
        let scratch = try ScratchDirectory("cairn-inspection")
        let (store, ids) = try Self.store(scratch, 2)
        let log = try CheckLog(at: FilePath(scratch("checks.sqlite")))
        try log.record(
            [CheckLog.Entry(.object(ids[0]), time: 5, isDamaged: false)], of: store.root, at: .full)
        try log.record(
            [CheckLog.Entry(.object(ids[1]), time: 1, isDamaged: false)], of: store.root, at: .structure)
        try log.record(
            [CheckLog.Entry(.object(ids[1]), time: 1, isDamaged: false)], of: "/elsewhere", at: .full)
        let found = try StoreInspection(
            of: store, .full, deadline: 0, now: { 7 }, log: log, workers: Workers(count: 1),
            reporter: SilentReporter()
        ).run(ids)
        #expect(found.oldest == 5 && found.neverCount == 0)
        #expect(try log.times(of: store.root, at: .full) == [.object(ids[0]): 5, .object(ids[1]): 7])
    }

    @Test("findings stay until they are forgotten or found sound, and the log may be deleted")
    func findings() throws {
        let scratch = try ScratchDirectory("cairn-inspection")
        let path = FilePath(scratch("checks.sqlite"))
        let unit = CheckUnit.object(ObjectID(.md5, MD5.digest(of: [1]), isDirectory: true))
        let pack = CheckUnit.pack(BLAKE3.digest(of: [2]))
        do {
            let log = try CheckLog(at: path)
            try log.record(
                [unit, pack].map { CheckLog.Entry($0, time: 1, isDamaged: true) }, of: "/store", at: .full)
            #expect(try log.findings(of: "/store") == [unit, pack])
            try log.forget([pack], of: "/store")
            try log.record([CheckLog.Entry(unit, time: 2, isDamaged: false)], of: "/store", at: .full)
            #expect(try log.findings(of: "/store").isEmpty)
        }
        try Files.write("no database", to: path.string)
        Files.delete(path.string + "-wal")
        Files.delete(path.string + "-shm")
        #expect(try CheckLog(at: path).times(of: "/store", at: .full).isEmpty)
    }
}
