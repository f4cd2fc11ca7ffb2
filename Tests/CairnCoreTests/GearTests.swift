import CKernels
import CairnTestSupport
import Testing

@testable import CairnCore

/// Inputs on which a search could go wrong: random, constant, periodic, and with the same stretches again and again.
private func inputs(_ count: Int, seed: UInt64) -> [(name: String, bytes: [UInt8])] {
    var random = SeededRandom(seed: seed)
    let noise = random.bytes(count)
    let periods = [2, 63, 64, 65, 4096, 24_576].map { period in
        ("period \(period)", (0..<count).map { noise[$0 % period] })
    }
    return [
        ("random", noise), ("zero", [UInt8](repeating: 0, count: count)),
        ("text", noise.map { 97 + $0 % 4 }),
        ("zero and random", noise.enumerated().map { $0.offset / 50_000 % 2 == 0 ? 0 : $0.element }),
    ] + periods
}

/// The ends of chunks as docs/formats/chunking.md defines them, each hash computed from its own 64 bytes' sums.
private func definedCuts(_ bytes: [UInt8], _ rule: ChunkingRule) -> [UInt64] {
    let table = ChunkingRule.gearTable
    // Without regard to chunks, since a hash depends on 64 bytes alone.
    var hash: UInt64 = 0
    let hashes = bytes.map { byte -> UInt64 in
        hash = hash &* 2 &+ table[Int(byte)]
        return hash
    }
    var ends: [UInt64] = []
    var start = 0
    while start < bytes.count {
        let rest = bytes.count - start
        var length = min(rest, rule.maximum)
        if rest > rule.minimum {
            let found = (rule.minimum...length).first {
                hashes[start + $0 - 1] < ($0 <= rule.normal ? rule.strict : rule.loose)
            }
            length = found ?? length
        }
        start += length
        ends.append(UInt64(start))
    }
    return ends
}

@Suite("Gear hash and chunks")
struct GearTests {
    @Test("has the table of the format")
    func table() {
        let bytes = ChunkingRule.gearTable.flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        #expect(ChunkingRule.gearTable[0] == 0x5097_40ef_842d_dbbb)
        #expect(ChunkingRule.gearTable[255] == 0xb7fd_ac70_b45a_ba73)
        #expect(
            BLAKE3.digest(of: bytes).hex == "9baa76a116982241594f87e79417de87931da9c91ea43ebd248890268605d7ac"
        )
    }

    @Test("knows its rules by their numbers")
    func rules() {
        #expect(ChunkingRule.all.map(\.id) == [1, 2, 3])
        for rule in ChunkingRule.all {
            #expect(ChunkingRule(id: rule.id) == rule)
            #expect(rule.strict == UInt64.max / UInt64(2 * rule.normal))
            #expect(rule.loose == UInt64.max / UInt64(rule.normal / 2))
            #expect(rule.minimum > 64 && rule.minimum < rule.normal && rule.normal < rule.maximum)
        }
        #expect(ChunkingRule(id: 0) == nil && ChunkingRule(id: 4) == nil)
    }

    @Test("cuts the published input at the published places")
    func published() {
        let bytes = CheckInput.bytes(1 << 20)
        #expect(
            BLAKE3.digest(of: bytes).hex == "782beee6f7ca72f6812cd74383e20ae26329a9328b20c5583c5b783717224e93"
        )
        bytes.withUnsafeBytes { bytes in
            #expect(
                Chunker.cuts(of: bytes) == [
                    80438, 178405, 238740, 339531, 428306, 549391, 590155, 622514, 650206, 818025, 922587,
                    982356,
                    1_036_800, 1_048_576,
                ])
            let fine = Chunker.cuts(of: bytes, by: .cdc16)
            #expect(fine.count == 61)
            #expect(fine.prefix(6) == [18513, 36098, 54524, 71637, 80438, 94788])
        }
        [UInt8](repeating: 0, count: 500_000).withUnsafeBytes {
            #expect(Chunker.cuts(of: $0) == [196_608, 393_216, 500_000])
        }
    }

    @Test("cuts as defined, serially and in stripes", arguments: ChunkingRule.all)
    func paths(_ rule: ChunkingRule) {
        for (name, bytes) in inputs(rule.id == 2 ? 1_200_000 : 450_000, seed: UInt64(rule.id)) {
            let expected = definedCuts(bytes, rule)
            for path in [CAIRN_GEAR_SERIAL, CAIRN_GEAR_STRIPES] {
                var limits = rule.limits
                var state = cairn_gear_state()
                var ends: [UInt64] = []
                bytes.withUnsafeBufferPointer { bytes in
                    var done = 0
                    while done < bytes.count {
                        var isEnd = false
                        done += cairn_gear_scan(
                            path, ChunkingRule.gearTable, &limits, &state,
                            bytes.baseAddress.map { $0 + done },
                            bytes.count - done, &isEnd)
                        if isEnd || done == bytes.count { ends.append(UInt64(done)) }
                    }
                }
                #expect(ends == expected, "\(name), \(path)")
            }
        }
    }

    @Test("looks at the minimum, the normal length and the maximum as defined", arguments: [-1, 0, 1])
    func borders(_ distance: Int) throws {
        let rule = ChunkingRule.cdc16
        let noise = CheckInput.bytes(400_000)
        var hash: UInt64 = 0
        let hashes = noise.map { byte -> UInt64 in
            hash = hash &* 2 &+ ChunkingRule.gearTable[Int(byte)]
            return hash
        }
        func window(_ fits: (UInt64) -> Bool) throws -> ArraySlice<UInt8> {
            let end = try #require(hashes.indices.dropFirst(64).first { fits(hashes[$0]) })
            return noise[(end - 63)...end]
        }
        // A window that ends a short chunk, and one that ends long ones only; among zeros, which end none.
        let strict = try window { $0 < rule.strict }
        let loose = try window { $0 >= rule.strict && $0 < rule.loose }
        for (window, limit, first) in [
            (strict, rule.minimum, distance >= 0 ? rule.minimum + distance : rule.maximum),
            (strict, rule.normal, rule.normal + distance),
            (loose, rule.normal, distance > 0 ? rule.normal + distance : rule.maximum),
            (loose, rule.maximum, distance < 0 ? rule.maximum + distance : rule.maximum),
        ] {
            let front = [UInt8](repeating: 0, count: limit + distance - 64)
            let bytes = front + window + [UInt8](repeating: 0, count: rule.maximum)
            #expect(definedCuts(bytes, rule).first == UInt64(first))
            bytes.withUnsafeBytes { bytes in
                #expect(Chunker.cuts(of: bytes, by: rule).first == UInt64(first))
                var chunker = Chunker(rule)
                var ends: [UInt64] = []
                let places = Chunker.places(
                    in: bytes, after: UnsafeRawBufferPointer(start: nil, count: 0), by: rule)
                chunker.feed(bytes, places: places) { ends.append($0) }
                #expect(ends.first == UInt64(first))
            }
        }
    }

    @Test("finds the same places serially and in stripes, and says when they are too many")
    func places() {
        var limits = ChunkingRule.cdc16.limits
        for (name, bytes) in inputs(300_000, seed: 9) {
            for (start, length) in [(0, 0), (0, 1), (63, 8191), (64, 8192), (1000, 8195), (5000, 295_000)] {
                let found = [CAIRN_GEAR_SERIAL, CAIRN_GEAR_STRIPES].map {
                    Self.places($0, &limits, bytes, from: start, count: length, capacity: 4 * length)
                }
                #expect(found[0] != nil && found[0] == found[1], "\(name), \(length) bytes at \(start)")
            }
        }
        // With a threshold that all hashes are below, every byte is a place.
        limits.loose = .max
        limits.strict = .max
        let bytes = CheckInput.bytes(10_000)
        for path in [CAIRN_GEAR_SERIAL, CAIRN_GEAR_STRIPES] {
            let all = Self.places(path, &limits, bytes, from: 0, count: 10_000, capacity: 10_000)
            #expect(all == (1...10_000).map { 2 * $0 + 1 })
            for capacity in [0, 1, 9_999] {
                #expect(
                    Self.places(path, &limits, bytes, from: 0, count: 10_000, capacity: capacity) == nil)
            }
        }
    }

    /// The places that a path finds, or `nil` if it says that they are too many.
    private static func places(
        _ path: cairn_gear_path, _ limits: inout cairn_gear_limits, _ bytes: [UInt8], from start: Int,
        count: Int,
        capacity: Int
    ) -> [UInt64]? {
        var places = [UInt64](repeating: 0, count: capacity)
        var found = 0
        let isKept = bytes.withUnsafeBufferPointer { bytes in
            let history = UnsafeBufferPointer(rebasing: bytes[max(0, start - 63)..<start])
            let hash = cairn_gear_roll(ChunkingRule.gearTable, 0, history.baseAddress, history.count)
            return cairn_gear_places(
                path, ChunkingRule.gearTable, &limits, hash, bytes.baseAddress.map { $0 + start }, count,
                &places,
                capacity, &found)
        }
        return isKept ? Array(places.prefix(found)) : nil
    }
}

/// The bytes for which docs/formats/chunking.md gives chunks: the extended output of BLAKE3 for `cairn-cdc-test`.
enum CheckInput {
    static func bytes(_ count: Int) -> [UInt8] {
        var state = cairn_blake3_state()
        let name = Array("cairn-cdc-test".utf8)
        precondition(cairn_blake3_start(&state, cairn_blake3_best_path(), 0), "the best path can be run")
        cairn_blake3_update(&state, name, name.count)
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            cairn_blake3_finish(&state, bytes.baseAddress, count)
            initialized = count
        }
    }
}
