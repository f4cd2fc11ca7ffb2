import CairnTestSupport
import Testing

@testable import CairnCore

@Suite("Damaged recipes")
struct RecipeFuzzTests {
    /// Recipes with every kind of section, and whether they are spans.
    private static func samples() throws -> [(bytes: [UInt8], isSpan: Bool)] {
        let chunks = RecipeSamples.chunks(5, seed: 6)
        let hints = RecipeHints(
            packs: [BLAKE3.digest(of: "p".utf8)],
            terms: [.init(pack: 0, offset: 64, byteCount: 1000, firstRecord: 0, count: 5)])
        return [
            (try RecipeSamples.direct().serialized, false), (try RecipeSamples.indirect().serialized, false),
            (try RecipeSamples.span().serialized, true),
            (try RecipeSpan(chunks: chunks, chunker: 1, hints: hints).serialized, true),
        ]
    }

    private static func parse(_ bytes: [UInt8], isSpan: Bool) throws(RecipeError) -> RecipeBody {
        try bytes.span.withUnsafeBytes { (bytes) throws(RecipeError) in
            try RecipeBody(parsing: bytes, as: isSpan ? .span : .recipe)
        }
    }

    /// Reads the bytes as what they were. What is read has to be written as the very same bytes.
    private static func problem(_ bytes: [UInt8], isSpan: Bool) -> String? {
        do throws(RecipeError) {
            return try parse(bytes, isSpan: isSpan).serialized == bytes ? nil : "other bytes"
        } catch {
            return error.offset.map { $0 <= bytes.count } ?? true ? nil : "\(error) behind the end"
        }
    }

    @Test("are refused when they end early or go on")
    func truncated() throws {
        for (bytes, isSpan) in try Self.samples() {
            for count in 0..<bytes.count {
                #expect(throws: RecipeError.self) {
                    try Self.parse(Array(bytes.prefix(count)), isSpan: isSpan)
                }
            }
            #expect(throws: RecipeError.self) { try Self.parse(bytes + [0], isSpan: isSpan) }
        }
    }

    @Test("are refused, or read as what they say")
    func damaged() throws {
        let samples = try Self.samples()
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            let (sample, isSpan) = samples[Int.random(in: 0..<samples.count, using: &random)]
            var bytes = sample
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, samples, &random) }
            return Self.problem(bytes, isSpan: isSpan)
        }
        #expect(found == nil)
    }

    private static func damage(
        _ bytes: inout [UInt8], _ samples: [(bytes: [UInt8], isSpan: Bool)], _ random: inout SeededRandom
    ) {
        guard bytes.count > 1 else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1:
            bytes[Int.random(in: 0..<min(72, bytes.count), using: &random)] ^= UInt8.random(
                in: 1...255, using: &random)
        case 2:
            // An absurd count, offset or length.
            let value: UInt32 =
                [0, 1, 2, 0x7fff_ffff, 0x8000_0000, .max, .max - 1].randomElement(using: &random) ?? 0
            let field = [48, 52, 56, 60, 8, 12, place & ~3].randomElement(using: &random) ?? 48
            for index in 0..<4 where field + index < bytes.count {
                bytes[field + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
            }
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 36))
        case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 36)], at: place)
        case 5:
            let other = samples.randomElement(using: &random)?.bytes ?? []
            bytes.replaceSubrange(place..., with: other.dropFirst(place))
        default: bytes.removeLast(Int.random(in: 1...min(80, bytes.count), using: &random))
        }
    }

    @Test("with absurd counts are refused at once", arguments: [48, 52, 56, 60])
    func counts(_ field: Int) throws {
        var bytes = try RecipeSamples.direct().serialized
        bytes.replaceSubrange(field..<field + 4, with: [255, 255, 255, 255])
        let file = try RecipeSamples.direct().file
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(throws: RecipeError.self) { try Recipe(parsing: bytes.span, of: file) }
        }
        #expect(time < .milliseconds(200))
    }

    @Test("every bit of the fixed part counts")
    func header() throws {
        let recipe = try RecipeSamples.direct()
        let bytes = recipe.serialized
        for bit in 0..<8 * 72 where bit / 8 != 6 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RecipeError.self, "bit \(bit)") {
                try Recipe(parsing: damaged.span, of: recipe.file)
            }
        }
    }
}
