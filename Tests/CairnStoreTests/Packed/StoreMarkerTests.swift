import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct StoreMarkerTests {
    static let id = "0199f3a4-2b1c-4d5e-8f60-718293a4b5c6"
    static func text(_ members: String = "", version: String = "1", chunker: String = "1") -> String {
        "{\"format\": \"cairn-store\", \"version\": \(version), \"id\": \"\(id)\", \"chunker\": \(chunker)\(members)}"
    }

    static func parse(_ text: String) throws -> StoreMarker { try StoreMarker(parsing: Array(text.utf8)) }

    @Test("a marker comes back from its text", arguments: 0..<10)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let marker = StoreMarker(
            id: UniqueID(using: &random), chunker: Int.random(in: 1...3, using: &random),
            collection: CollectionTimes(keep: Int64.random(in: 0...10_000_000, using: &random)))
        #expect(try StoreMarker(parsing: marker.bytes) == marker)
    }

    @Test("what a later version adds is passed over, refused, or makes the store read-only, as it asks")
    func features() throws {
        #expect(try Self.parse(Self.text()).access == .full)
        let compatible = #", "compat": ["x"], "new": {"a": [1.5e3, null, true, "ü"]}"#
        #expect(try Self.parse(Self.text(compatible)).access == .full)
        #expect(
            try Self.parse(Self.text(#", "ro_compat": ["b", "a"]"#)).access == .readOnly(missing: ["a", "b"]))
        let found = problem { _ = try Self.parse(Self.text(#", "ro_compat": ["b"], "incompat": ["enc"]"#)) }
        #expect(found?.problem == .unknownFeatures(["enc"]))
        #expect(problem { _ = try Self.parse(Self.text(version: "2")) }?.problem == .unknownVersion(2))
    }

    @Test("times below their floors are read as the floors")
    func floors() throws {
        let marker = try Self.parse(
            Self.text(#", "gc": {"keep": 1, "grace": 0, "orphan": -5, "min_age": 7200}"#))
        #expect(
            marker.collection == CollectionTimes(keep: 86_400, minimumAge: 7200, grace: 3600, orphan: 259_200)
        )
    }

    @Test(
        "what is no marker is refused",
        arguments: [
            "", "{}", "[]", "null", "x", "{\"format\": \"cairn-store\"}", text() + "x",
            String(text().dropLast()), text(version: "\"1\""), text(version: "01"),
            text(version: "1.0"), text(chunker: "0"), text(chunker: "256"), text(chunker: "null"),
            text(", \"id\": \"\(id)\""), text(#", "gc": []"#),
            text(#", "gc": {"keep": "1"}"#), text(#", "incompat": "x""#), text(#", "incompat": [1]"#),
            text(#", "compat": 1"#),
            text().replacing("cairn-store", with: "cairn"), text().replacing(id, with: id.uppercased()),
            text(#", "a": "\u0041""#),
            text(", \"a\": " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)),
            text(",", version: "1"), text(", \"a\": \"\n\""),
        ])
    func bad(_ text: String) { #expect(problem { _ = try Self.parse(text) } != nil) }

    @Test("damaged markers are refused, or are markers")
    func fuzz() {
        let samples = [
            StoreMarker(id: UniqueID(high: 1, low: 2)).bytes,
            Array(Self.text(#", "ro_compat": ["b", "a"], "x": [{"y": -1.5e9}]"#).utf8),
        ]
        for sample in samples {
            // What is behind the last brace does not count.
            for length in 0..<(sample.lastIndex(of: UInt8(ascii: "}")) ?? 0) {
                #expect(throws: FormatError.self) { try StoreMarker(parsing: Array(sample[..<length])) }
            }
        }
        let found = Fuzzing.firstProblem(rounds: 5000) { random in
            let sample = samples[Int.random(in: 0..<samples.count, using: &random)]
            let damaged =
                Bool.random(using: &random)
                ? random.damaged(sample, others: samples) : random.damagedText(sample, others: samples)
            guard let marker = try? StoreMarker(parsing: damaged) else { return nil }
            guard case .full = marker.access else { return nil }
            return try StoreMarker(parsing: marker.bytes) == marker ? nil : "another marker"
        }
        #expect(found == nil)
    }
}
