import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Forecasts of storage")
struct StorageForecastTests {
    private func key(_ number: Int, _ kind: RecordKind = .chunk) -> RecordKey {
        RecordKey(kind, BLAKE3.digest(of: Array("record \(number)".utf8)))
    }

    @Test("a table of records tells which were seen, also after it has grown, and tells kinds apart")
    func exact() {
        var table = RecordTable(memory: 4 << 20)
        for round in 0..<2 {
            for number in 0..<20_000 {
                let answer = table.insert(key(number))
                #expect(answer == (round == 0 ? .new(weight: 1) : .known), "\(number)")
            }
        }
        #expect(table.needsNothing(of: key(7)) && !table.needsNothing(of: key(20_001)))
        #expect(table.insert(key(7, .blob)) == .new(weight: 1))
        #expect(table.sampleShift == 0)
    }

    @Test("a table that is full keeps a sample that stands for all, and never takes a record for a new one")
    func sampled() {
        var table = RecordTable(memory: 0)
        var (estimate, seen): (Int64, Set<Int>) = (0, [])
        let total = 60_000
        for number in 0..<total {
            if case .new(let weight) = table.insert(key(number)) {
                estimate += weight
                seen.insert(number)
            }
            // What came before is known or passed over, however the sample has shrunk.
            if case .new = table.insert(key(number / 2)) { Issue.record("\(number / 2) came before") }
        }
        #expect(table.sampleShift >= 4)
        #expect(abs(estimate - Int64(total)) < Int64(total) / 10, "\(estimate)")
        #expect(seen.count < total / 3)
    }

    @Test(
        "files take what is predicted when they are added, and nothing the second time",
        arguments: [1, 2] as [UInt64])
    func prediction(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let fixture = PackedFiles(try PackedStoreFixture())
        let noise = random.noise(1_500_000)
        let text = (0..<60_000).flatMap { Array("line \($0 * $0 % 977) of a table\n".utf8) }
        try fixture.write([
            noise, text, text, Array(noise[..<700_000]) + [1, 2, 3] + Array(noise[700_000...]), [],
            Array("small".utf8), Array("small".utf8),
        ])
        let before = try fixture.measure()
        #expect(before.known == 0 && before.distinct < Int64(noise.count + text.count + 400_000))
        #expect(before.incompressible >= Int64(noise.count) && before.stored < before.distinct)
        try fixture.addAll()
        let index = try fixture.store.open().index()
        let frames = index.packs.reduce(Int64(0)) { sum, pack in
            sum + pack.size - Int64(PackHeader.byteCount + PackTail.byteCount)
                - Int64(PackTrailer.recordRow * pack.recordCount)
        }
        let rows = Int64(index.count * (PackTrailer.recordRow + SegmentLayout.entrySize))
        // Small records may be put together in another order, which changes a frame by a few bytes.
        let predicted = before.stored + before.overhead
        #expect(abs(frames + rows - predicted) <= frames / 500, "\(frames + rows) \(predicted)")
        let after = try fixture.measure()
        #expect(after.known == after.distinct && after.stored == 0 && after.overhead == 0)
        #expect(after.distinct == before.distinct)
    }
}

/// Files beside a packed store.
private struct PackedFiles {
    let store: PackedStoreFixture
    private var root: FilePath { FilePath(store.scratch("files")) }

    init(_ store: PackedStoreFixture) { self.store = store }

    func write(_ files: [[UInt8]]) throws {
        for (number, bytes) in files.enumerated() {
            try Files.write(bytes, to: store.scratch("files/\(number)"))
        }
    }

    private func snapshot() throws -> TreeSnapshot {
        try TreeWalker(workers: Workers(count: 1), following: .none) { _, _ in false }.snapshot(of: root)
    }

    func measure() throws -> StorageForecast.Amounts {
        let files = try snapshot()
        let forecast = try StorageForecast(beside: store.open(), memory: 1 << 20)
        let intake = Intake(
            measuring: forecast, accounts: Array(repeating: 0, count: files.count),
            workers: Workers(count: 2),
            reporter: SilentReporter())
        let report = try intake.read(files, at: Array(0..<files.count), in: Folder(root))
        #expect(report.failures.isEmpty && report.files.count == files.count)
        return forecast.finish().first ?? StorageForecast.Amounts()
    }

    func addAll() throws {
        let batch = try PackBatch(into: store.open())
        let folder = try Folder(root)
        let files = try snapshot()
        for index in 0..<files.count {
            let file = try OpenFile(reading: files.paths[index], in: folder, followingLinks: false)
            _ = try batch.add(file, workers: Workers(count: 1))
        }
        try batch.commit()
    }
}
