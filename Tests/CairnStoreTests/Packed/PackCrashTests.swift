import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@testable import CairnStore

/// Sessions that are killed: what is there then is sound and complete, and the next session finishes the work.
@Suite(.ownThreads) struct PackCrashTests {
    static let rounds = getenv("CAIRN_CRASH_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 12

    /// The files that a session brings.
    static func files(_ session: UInt64) -> [[UInt8]] {
        var random = SeededRandom(seed: session)
        return (0..<200).map { random.noise($0 * 40) } + (0..<30).map { _ in random.noise(1 << 20) }
    }

    /// Every record that the index names can be read; a text if not.
    static func problem(in store: PackedStore) throws -> String? {
        var keys: [RecordKey] = []
        try store.index().forEachEntry { key, _ in keys.append(key) }
        for key in keys {
            do { _ = try store.record(key) } catch { return "\(key): \(error)" }
        }
        return nil
    }

    @Test("a session that is killed at any moment brings all or nothing", arguments: 0..<rounds)
    func killed(round: Int) async throws {
        let fixture = try PackedStoreFixture()
        // Enough sessions that the one that is killed merges segments.
        for number in 0..<16 { try fixture.add([bytes("before \(number)")]) }
        let before = try fixture.open().allObjects()
        let files = Self.files(7)
        let all = Set(before + files.map { ObjectID(.blake3, BLAKE3.digest(of: $0)) }).sorted()

        let path = fixture.root.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
            let files = Self.files(7)
            var random = SeededRandom(seed: UInt64(round))
            // Most rounds aim at the commit, which takes some 10 to 40 ms.
            let aimsAtCommit = round % 4 != 0
            let moment = UInt32.random(in: 0...(aimsAtCommit ? 40_000 : 300_000), using: &random)
            let begins = Mutex(false)
            try Workers.together({
                while aimsAtCommit, !begins.withLock({ $0 }) { usleep(100) }
                usleep(moment)  // not a wait for a condition: the moment is what is tested
                kill(getpid(), SIGKILL)
            }) {
                guard let store = try? PackedStore(at: FilePath(path)),
                    let batch = try? PackBatch(into: store)
                else { return }
                for file in files { _ = try? batch.add(blob: file) }
                begins.withLock { $0 = true }
                try? batch.commit()
            }
        }

        let found = try fixture.open().allObjects()
        #expect(found == before || found == all)
        #expect(try Self.problem(in: fixture.open()) == nil)
        try fixture.add(files)
        try fixture.add([bytes("after")])
        #expect(try Set(fixture.open().allObjects()).isSuperset(of: all))
        #expect(try Self.problem(in: fixture.open()) == nil)
        fixture.expectClean()
    }
}
