import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct PackedNamesTests {
    @Test("a ULID has the text that its specification gives")
    func ulid() throws {
        // The example of the specification, and the ends of the range.
        let example = try #require(ULID(parsing: "01ARZ3NDEKTSV4RRFFQ69G5FAV".utf8))
        #expect(example.milliseconds == 1_469_922_850_259)
        #expect(example.text == "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        #expect(ULID(high: .max, low: .max).text == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        #expect(ULID(high: 0, low: 0).text == "00000000000000000000000000")
    }

    @Test("ULIDs come back from their text and sort by time", arguments: 0..<20)
    func ulidOrder(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let time = UInt64.random(in: 0..<(1 << 48) - 1, using: &random)
        let (first, second) = (
            ULID(milliseconds: time, using: &random), ULID(milliseconds: time + 1, using: &random)
        )
        #expect(ULID(parsing: first.text.utf8) == first)
        #expect(first < second && first.text < second.text)
        #expect(first.bytes.lexicographicallyPrecedes(second.bytes))
        #expect(first.milliseconds == time)
    }

    @Test(
        "what is no ULID is refused",
        arguments: [
            "", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV", "81ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FA-",
        ])
    func badULID(_ text: String) { #expect(ULID(parsing: text.utf8) == nil) }

    @Test("a new id is a random UUID and comes back from its text", arguments: 0..<20)
    func uniqueID(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let id = UniqueID(using: &random)
        let text = Array(id.text.utf8)
        #expect(text.count == 36 && text[14] == UInt8(ascii: "4") && "89ab".utf8.contains(text[19]))
        #expect(UniqueID(parsing: text) == id)
        #expect(UniqueID(parsing: id.text.uppercased().utf8) == nil)
        #expect(UniqueID(parsing: text.dropLast()) == nil)
    }

    @Test("packs and segments are found under their names only")
    func names() throws {
        let digest = BLAKE3.digest(of: Array("x".utf8))
        let hex = digest.hex
        #expect(PackedLayout.path(ofPack: digest) == "packs/\(hex.prefix(2))/\(hex).cpk")
        #expect(PackedLayout.pack(named: "\(hex).cpk".utf8) == digest)
        for name in [
            "\(hex)", "\(hex).cpK", "\(hex.uppercased()).cpk", "\(hex.dropLast()).cpk", ".cpk", "\(hex)0.cpk",
        ] {
            #expect(PackedLayout.pack(named: name.utf8) == nil)
        }
        let push = try #require(ULID(parsing: "01ARZ3NDEKTSV4RRFFQ69G5FAV".utf8))
        let segment = SegmentName(level: 3, push: push, digest: digest)
        #expect(segment.path == "log/idx/3-01ARZ3NDEKTSV4RRFFQ69G5FAV-\(hex).seg")
        #expect(SegmentName(parsing: segment.text.utf8) == segment)
        for name in [
            String(segment.text.dropFirst()), "a" + segment.text.dropFirst(), segment.text + "x",
            segment.text.lowercased(),
            segment.text.replacing("-", with: "_"), "",
        ] {
            #expect(SegmentName(parsing: name.utf8) == nil, "\(name)")
        }
    }

    @Test("a damaged name is none, or the name that it says")
    func fuzz() throws {
        let digest = BLAKE3.digest(of: Array("x".utf8))
        let push = try #require(ULID(parsing: "01ARZ3NDEKTSV4RRFFQ69G5FAV".utf8))
        let samples = [
            push.text, UniqueID(high: 1, low: 2).text, "\(digest.hex).cpk",
            SegmentName(level: 0, push: push, digest: digest).text,
        ].map { Array($0.utf8) }
        let found = Fuzzing.firstProblem(rounds: 5000) { random in
            let sample = samples.randomElement(using: &random) ?? []
            let name =
                Bool.random(using: &random)
                ? random.damaged(sample, others: samples) : random.damagedText(sample, others: samples)
            let texts = [
                ULID(parsing: name)?.text, UniqueID(parsing: name)?.text,
                PackedLayout.pack(named: name).map { "\($0.hex).cpk" }, SegmentName(parsing: name)?.text,
            ]
            return texts.compactMap(\.self).allSatisfy { Array($0.utf8) == name }
                ? nil : "\(name) became \(texts)"
        }
        #expect(found == nil)
    }
}
