import CairnCore
import CairnTestSupport
import Testing

@Suite("Chunker")
struct ChunkerTests {
    private static let noise: [UInt8] = {
        var random = SeededRandom(seed: 11)
        return random.bytes(3_000_000)
    }()

    /// The ends that a chunker gives for pieces fed one after the other.
    private static func ends(_ bytes: [UInt8], _ rule: ChunkingRule, pieces: [Int]) -> [UInt64] {
        var chunker = Chunker(rule)
        var ends: [UInt64] = []
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for end in pieces + [bytes.count] where end > start {
                chunker.feed(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) { ends.append($0) }
                start = end
            }
        }
        #expect(chunker.offset == UInt64(bytes.count))
        if let last = chunker.finish() { ends.append(last) }
        return ends
    }

    /// The ends that come out when segments, which end at these places, are searched on their own.
    private static func parallelEnds(_ bytes: [UInt8], _ rule: ChunkingRule, segments: [Int]) -> [UInt64] {
        bytes.withUnsafeBytes { bytes in
            var chunker = Chunker(rule)
            var ends: [UInt64] = []
            var start = 0
            for end in segments + [bytes.count] where end > start {
                let segment = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                let history = UnsafeRawBufferPointer(
                    rebasing: bytes[max(0, start - Chunker.historyCount)..<start])
                let places = Chunker.places(in: segment, after: history, by: rule)
                chunker.feed(segment, places: places) { ends.append($0) }
                start = end
            }
            if let last = chunker.finish() { ends.append(last) }
            return ends
        }
    }

    @Test("a short stream is one chunk, an empty one is none")
    func short() {
        for rule in ChunkingRule.all {
            for (length, expected) in [(0, []), (1, [1]), (rule.minimum, [UInt64(rule.minimum)])] {
                Self.noise[..<length].withUnsafeBytes { #expect(Chunker.cuts(of: $0, by: rule) == expected) }
            }
        }
    }

    @Test("zero bytes are cut at the maximum", arguments: ChunkingRule.all)
    func zero(_ rule: ChunkingRule) {
        for length in [rule.minimum + 1, rule.normal, rule.maximum - 1, rule.maximum] {
            #expect(Self.ends([UInt8](repeating: 0, count: length), rule, pieces: []) == [UInt64(length)])
        }
        #expect(
            Self.ends([UInt8](repeating: 0, count: rule.maximum + 1), rule, pieces: [])
                == [UInt64(rule.maximum), UInt64(rule.maximum) + 1])
    }

    @Test("chunks keep their limits and cover the stream", arguments: ChunkingRule.all)
    func limits(_ rule: ChunkingRule) {
        let ends = Self.noise.withUnsafeBytes { Chunker.cuts(of: $0, by: rule) }
        let lengths = zip(ends, [0] + ends).map { Int($0 - $1) }
        #expect(lengths.dropLast().allSatisfy { (rule.minimum...rule.maximum).contains($0) })
        #expect(ends.last == UInt64(Self.noise.count))
        let mean = Self.noise.count / ends.count
        #expect((rule.normal...2 * rule.normal).contains(mean), "mean \(mean)")
    }

    @Test("a stream may be split anywhere", arguments: UInt64(0)..<24)
    func splits(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rule = ChunkingRule.all[Int(seed % 3)]
        let bytes = Array(Self.noise.prefix(Int.random(in: 0...1_200_000, using: &random)))
        let expected = bytes.withUnsafeBytes { Chunker.cuts(of: $0, by: rule) }
        // Many small pieces, or few big ones, or around the limits and the chunks' ends.
        var pieces: [Int] = []
        switch seed % 4 {
        case 0: pieces = Array(stride(from: 1, to: bytes.count, by: 997))
        case 1: pieces = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }
        case 2: pieces = expected.flatMap { end in [-64, -1, 0, 1, 64].map { Int(end) + $0 } }
        default:
            pieces = [rule.minimum, rule.normal, rule.maximum].flatMap { limit in
                [-65, -64, -63, -1, 0, 1].map { limit + $0 }
            }
        }
        pieces = pieces.filter { $0 > 0 && $0 < bytes.count }.sorted()
        #expect(Self.ends(bytes, rule, pieces: pieces) == expected)
        #expect(Self.parallelEnds(bytes, rule, segments: pieces) == expected)
    }

    @Test("segments may end around every chunk's end and inside every window", arguments: -66...66)
    func segmentEdges(_ distance: Int) {
        let bytes = Array(Self.noise.prefix(400_000))
        let expected = bytes.withUnsafeBytes { Chunker.cuts(of: $0, by: .cdc16) }
        let edges = expected.map { Int($0) + distance }.filter { $0 > 0 && $0 < bytes.count }
        #expect(Self.parallelEnds(bytes, .cdc16, segments: edges) == expected)
        #expect(Self.ends(bytes, .cdc16, pieces: edges) == expected)
    }

    @Test(
        "constant and periodic data is cut in parallel as it is serially",
        arguments: [1, 2, 63, 64, 65, 100, 7000])
    func periodic(_ period: Int) {
        for seed in 0..<6 {
            let bytes = (0..<900_000).map { Self.noise[seed * 1000 + $0 % period] }
            let expected = bytes.withUnsafeBytes { Chunker.cuts(of: $0, by: .cdc16) }
            let segments = Array(stride(from: 150_001, to: bytes.count, by: 150_000))
            #expect(Self.parallelEnds(bytes, .cdc16, segments: segments) == expected)
        }
    }

    @Test("data made up of places is cut in parallel as it is serially")
    func dense() throws {
        // A stretch of 128 bytes in which the 65th byte ends a window with a low hash, again and again.
        let window = try #require(
            (0..<2000).lazy.compactMap { seed -> [UInt8]? in
                var random = SeededRandom(seed: UInt64(seed) + 500)
                let bytes = random.bytes(6144)
                let ends = (bytes + bytes + bytes).withUnsafeBytes { Chunker.cuts(of: $0, by: .cdc16) }
                guard let end = ends.first, end < 3 * 6144, end > 6144 else { return nil }
                return Array((bytes + bytes)[(Int(end) % 6144 + 6144 - 64)..<(Int(end) % 6144 + 6144)])
            }.first)
        let bytes = (0..<1_000_000).map { window[$0 % 64] }
        bytes.withUnsafeBytes { bytes in
            let expected = Chunker.cuts(of: bytes, by: .cdc16)
            #expect(expected.count > 60, "the window ends a chunk: \(expected.prefix(3))")
            var chunker = Chunker(.cdc16)
            var ends: [UInt64] = []
            for start in stride(from: 0, to: bytes.count, by: 100_000) {
                let segment = UnsafeRawBufferPointer(rebasing: bytes[start..<start + 100_000])
                let history = UnsafeRawBufferPointer(rebasing: bytes[max(0, start - 63)..<start])
                chunker.feed(segment, places: Chunker.places(in: segment, after: history, by: .cdc16)) {
                    ends.append($0)
                }
            }
            if let last = chunker.finish() { ends.append(last) }
            #expect(ends == expected)
        }
    }

    @Test("an insertion changes the chunks around it and no others", arguments: UInt64(0)..<8)
    func insertion(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let place = Int.random(in: 0..<Self.noise.count, using: &random)
        let edited = Self.noise[..<place] + random.bytes(100) + Self.noise[place...]
        func chunks(_ bytes: [UInt8]) -> Set<Digest> {
            bytes.withUnsafeBytes { bytes in
                let ends = Chunker.cuts(of: bytes, by: .cdc16).map(Int.init)
                return Set(
                    zip([0] + ends, ends).map {
                        BLAKE3.digest(of: UnsafeRawBufferPointer(rebasing: bytes[$0..<$1]))
                    })
            }
        }
        let new = chunks(Array(edited)).subtracting(chunks(Self.noise))
        #expect((1...12).contains(new.count), "\(new.count) new chunks")
    }
}
