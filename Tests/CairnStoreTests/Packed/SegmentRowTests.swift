import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Rows of segments")
struct SegmentRowTests {
    /// How digests are spread: evenly, all with the same first bytes, or very few of them.
    enum Spread: CaseIterable, Sendable { case even, sameStart, few }

    @Test(
        "are sorted as the document says, however their digests are spread",
        arguments: Spread.allCases, [0, 1, 2, 200, 5000, 40_000])
    func sorting(_ spread: Spread, _ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        func word(_ number: Int) -> UInt64 {
            switch spread {
            case .even: random.next()
            case .sameStart: number == 0 ? 7 : random.next()
            case .few: random.next() % 3
            }
        }
        var rows: [SegmentRow] = []
        for _ in 0..<count {
            let digest = Digest(quarters: (word(0), word(1), word(2), word(3)))
            let kind = RecordKind.allCases.randomElement(using: &random) ?? .blob
            let place = PackPlace(
                frameOffset: UInt32.random(in: 64..<1000, using: &random), frameLength: 100,
                record: UInt16.random(in: 0..<3, using: &random))
            rows.append(
                SegmentRow(RecordKey(kind, digest), pack: UInt32.random(in: 0..<2, using: &random), place))
        }
        let expected = rows.enumerated().sorted { left, right in
            if left.element.isChunk != right.element.isChunk { return !left.element.isChunk }
            if SegmentRow.precedes(left.element, right.element) { return true }
            return !SegmentRow.precedes(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
        rows.sortBySections()
        func bytes(_ rows: [SegmentRow]) -> [UInt8] {
            rows.reduce(into: []) { $1.append(to: &$0) }
        }
        #expect(bytes(rows) == bytes(expected))
        #expect(bytes(rows).count == SegmentLayout.entrySize * count)
    }

    @Test("have the bytes of an entry and give back what they were made of")
    func bytes() throws {
        let digest = BLAKE3.digest(of: [1, 2, 3])
        let place = PackPlace(frameOffset: 0x0102_0304, frameLength: 0x0506_0708, record: 0x090A)
        let row = SegmentRow(RecordKey(.recipe, digest), pack: 0x0B0C_0D0E, place)
        #expect(row.key == RecordKey(.recipe, digest) && row.place == place)
        var bytes: [UInt8] = []
        row.append(to: &bytes)
        #expect(Array(bytes[..<32]) == digest.bytes)
        #expect(Array(bytes[32...]) == [14, 13, 12, 11, 4, 3, 2, 1, 8, 7, 6, 5, 10, 9, 2, 0])
        let entry = try bytes.withUnsafeBytes { try #require(SegmentEntry($0, at: 0)) }
        #expect(entry.key == row.key && entry.place == place && entry.pack == 0x0B0C_0D0E)
    }
}
