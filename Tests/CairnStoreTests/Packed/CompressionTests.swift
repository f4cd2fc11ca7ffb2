import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct CompressionTests {
    static let text = Array(repeating: Array("to be compressed, again and again; ".utf8), count: 500).flatMap
    { $0 }

    static func compress(_ bytes: [UInt8], _ compression: Compression) -> (codec: Codec, stored: [UInt8]) {
        let compressor = Compressor(compression)
        var output: [UInt8] = [1, 2, 3]
        let codec = bytes.withUnsafeBytes { compressor.compress($0, appendingTo: &output) }
        #expect(output.prefix(3) == [1, 2, 3])
        return (codec, Array(output.dropFirst(3)))
    }

    static func decompress(_ codec: Codec, _ stored: [UInt8], rawLength: Int) -> [UInt8]? {
        stored.withUnsafeBytes { Decompressor.decompress(codec, $0, rawLength: rawLength) }
    }

    @Test(
        "text becomes smaller with each codec and level, and comes back",
        arguments: [
            Compression(.zstd, level: 1), Compression(.zstd, level: 3), Compression(.zstd, level: 19),
            Compression(.zstd, level: 99), Compression(.zlib, level: 1), Compression(.zlib, level: 9),
        ])
    func roundTrip(_ compression: Compression) {
        let (codec, stored) = Self.compress(Self.text, compression)
        #expect(codec == compression.codec)
        #expect(stored.count < 1000)
        #expect(Self.decompress(codec, stored, rawLength: Self.text.count) == Self.text)
    }

    @Test(
        "what would not become smaller by 3 % stays as it is",
        arguments: [
            Compression.standard, Compression(.zlib, level: 6), .none,
        ])
    func notWorthwhile(_ compression: Compression) {
        var random = SeededRandom(seed: 1)
        let noise = random.bytes(50_000)
        #expect(Self.compress(noise, compression) == (.raw, noise))
        // 1 000 zeros more make 2 %.
        let nearly = noise + [UInt8](repeating: 0, count: 1000)
        #expect(Self.compress(nearly, compression) == (.raw, nearly))
        #expect(Self.compress([], compression) == (.raw, []))
        #expect(Self.compress([7], compression) == (.raw, [7]))
    }

    @Test(
        "97 % is counted without overflow",
        arguments: [
            (0, 0), (1, 0), (100, 97), (101, 97), (199, 193), (Int.max, Int.max / 100 * 97 + 6),
        ])
    func worthwhile(_ raw: Int, _ most: Int) { #expect(Compression.worthwhileSize(of: raw) == most) }

    @Test("stored bytes that stand for any other length are refused", arguments: [Codec.raw, .zstd, .zlib])
    func otherLength(_ codec: Codec) {
        let (_, stored) = Self.compress(Self.text, Compression(codec, level: 3))
        for length in [
            0, 1, Self.text.count - 1, Self.text.count + 1, 2 * Self.text.count, PackLimits.recordSize,
        ] {
            #expect(Self.decompress(codec, stored, rawLength: length) == nil, "\(length)")
        }
        #expect(Self.decompress(codec, stored + [0], rawLength: Self.text.count) == nil)
        #expect(Self.decompress(codec, Array(stored.dropLast()), rawLength: Self.text.count) == nil)
        #expect(Self.decompress(codec, [], rawLength: 1) == nil)
    }

    @Test(
        "two Zstandard frames in one are refused, and so are a skippable frame and one that does not tell its size"
    )
    func foreignZstd() {
        let (_, stored) = Self.compress(Self.text, .standard)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9]
        #expect(Self.decompress(.zstd, stored + stored, rawLength: 2 * Self.text.count) == nil)
        #expect(Self.decompress(.zstd, stored + stored, rawLength: Self.text.count) == nil)
        #expect(Self.decompress(.zstd, skippable + stored, rawLength: Self.text.count) == nil)
        #expect(Self.decompress(.zstd, stored + skippable, rawLength: Self.text.count) == nil)
        // Made by `printf aaaaaaaaaaaaaaaa | zstd --no-check` and, with a size, by the same with `--stream-size=16`.
        let unsized: [UInt8] = [
            0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58, 0x45, 0x00, 0x00, 0x10, 0x61, 0x61, 0x01, 0x00, 0x0B, 0xC0,
            0x16,
        ]
        #expect(Self.decompress(.zstd, unsized, rawLength: 16) == nil)
    }

    @Test(
        "a frame's header tells what it needs before anything is allocated",
        arguments: [
            // A window of 2 MiB and one of 4 MiB, size 64 MiB; one segment of 3 MiB; a dictionary; a reserved bit.
            ([0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x58, 0, 0, 0, 4], 1 << 21 as UInt64, 64 << 20 as UInt64),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x60, 0, 0, 0, 4], 1 << 22, 64 << 20),
            ([0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0x30, 0], 3 << 20, 3 << 20),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x20, 9], 9, 9),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x60, 9, 1], 521, 521),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x61, 9, 1], 0, 0),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x28, 9], 0, 0),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x58, 0, 0, 0], 0, 0),
            ([0x28, 0xB5, 0x2F, 0xFD], 0, 0), ([], 0, 0),
        ] as [([UInt8], UInt64, UInt64)])
    func zstdHeader(_ bytes: [UInt8], _ window: UInt64, _ size: UInt64) {
        let frame = bytes.withUnsafeBytes { ZstdFrame(parsing: $0) }
        #expect(frame?.windowSize ?? 0 == window)
        #expect(frame?.contentSize ?? 0 == size)
    }

    @Test("what large records are compressed with needs a window of 2 MiB at most")
    func window() throws {
        var random = SeededRandom(seed: 3)
        let bytes = random.content(3 << 20)
        let (codec, stored) = Self.compress(bytes, Compression(.zstd, level: 19))
        #expect(codec == .zstd)
        let frame = try #require(stored.withUnsafeBytes { ZstdFrame(parsing: $0) })
        #expect(frame.windowSize <= 2 << 20)
        #expect(Self.decompress(.zstd, stored, rawLength: bytes.count) == bytes)
    }

    @Test(
        "the largest record of zeros, the most that a codec can save, comes back",
        arguments: [Codec.zstd, .zlib])
    func zeros(_ codec: Codec) {
        let zeros = [UInt8](repeating: 0, count: PackLimits.recordSize)
        let (used, stored) = Self.compress(zeros, Compression(codec, level: 9))
        #expect(used == codec)
        #expect(Self.decompress(codec, stored, rawLength: zeros.count) == zeros)
    }

    @Test("a bomb that claims more than its bytes could hold is refused before memory is taken")
    func bombs() {
        let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x58, 0, 0, 0, 4, 3, 0, 0]
        #expect(Self.decompress(.zstd, zstd, rawLength: 64 << 20) == nil)
        #expect(Self.decompress(.zlib, [0x78, 0x9C, 3, 0, 0, 0, 0, 1], rawLength: 64 << 20) == nil)
    }

    @Test(
        "damaged streams are refused, or stand for as many bytes as were promised",
        arguments: [Codec.zstd, .zlib])
    func fuzz(_ codec: Codec) {
        var random = SeededRandom(seed: 8)
        let texts = [
            Self.text, random.content(30_000), [UInt8](repeating: 7, count: 100_000),
            Array("short".utf8 + Self.text[..<200]),
        ]
        let samples = texts.map { Self.compress($0, Compression(codec, level: 6)).stored }
        for (sample, text) in zip(samples, texts) {
            for length in 0..<min(sample.count, 400) {
                #expect(Self.decompress(codec, Array(sample[..<length]), rawLength: text.count) == nil)
            }
        }
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let number = Int.random(in: 0..<samples.count, using: &random)
            let damaged = random.damaged(samples[number], others: samples)
            let lengths = [texts[number].count, 0, 1, damaged.count, 1 << 20, PackLimits.recordSize]
            let length =
                Int.random(in: 0..<2, using: &random) == 0
                ? lengths[0] : lengths.randomElement(using: &random) ?? 0
            guard let bytes = Self.decompress(codec, damaged, rawLength: length) else { return nil }
            return bytes.count == length ? nil : "\(bytes.count) bytes instead of \(length)"
        }
        #expect(found == nil)
    }

    @Test("noise is recognised, and what can be compressed is not taken for it")
    func probe() {
        var random = SeededRandom(seed: 4)
        func looks(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { EntropyProbe.looksIncompressible($0) }
        }
        for size in [6000, 6144, 6145, 65_536, 1_000_000] { #expect(looks(random.bytes(size)), "\(size)") }
        for size in [0, 1, 100, 2048] { #expect(!looks(random.bytes(size)), "\(size)") }
        #expect(!looks(Self.text))
        #expect(!looks([UInt8](repeating: 0, count: 100_000)))
        // Numbers of 32 bits with small values: a quarter of the bytes is noise.
        #expect(!looks((0..<20_000).flatMap { _ in [UInt8.random(in: 0...255, using: &random), 0, 0, 0] }))
    }

    @Test(
        "the logarithm is right",
        arguments: [(1.0, 0.0), (2, 1), (1024, 10), (3, 1.584962500721156), (6144, 12.584962500721156)])
    func logarithm(_ number: Double, _ expected: Double) {
        #expect(abs(EntropyProbe.log2(number) - expected) < 1e-12)
    }
}
