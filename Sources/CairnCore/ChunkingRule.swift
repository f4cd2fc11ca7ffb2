internal import CKernels

/// Where files are cut into chunks: part of the format of stores (docs/formats/chunking.md).
public struct ChunkingRule: Hashable, Sendable {
    /// The number that recipes and store markers have for it.
    public let id: UInt8
    /// The name that people see.
    public let name: String
    /// No chunk but the last of a file is shorter. In bytes, as the two others.
    public let minimum: Int
    /// Up to this length a chunk ends at rare places only; later, at more.
    public let normal: Int
    /// No chunk is longer.
    public let maximum: Int
    /// A hash below this ends a chunk of up to `normal` bytes.
    let strict: UInt64
    /// A hash below this ends a longer chunk.
    let loose: UInt64

    /// Chunks of 64 KiB on average: what stores use unless they say otherwise.
    public static let cdc64 = ChunkingRule(
        id: 1, name: "cdc64", minimum: 24_576, normal: 49_152, maximum: 196_608,
        strict: 187_649_984_473_770, loose: 750_599_937_895_082)
    /// Chunks of 256 KiB on average, for stores of very many bytes or of files that are never edited.
    public static let cdc256 = ChunkingRule(
        id: 2, name: "cdc256", minimum: 98_304, normal: 196_608, maximum: 786_432,
        strict: 46_912_496_118_442, loose: 187_649_984_473_770)
    /// Chunks of 16 KiB on average, for many small edits in big files.
    public static let cdc16 = ChunkingRule(
        id: 3, name: "cdc16", minimum: 6_144, normal: 12_288, maximum: 49_152,
        strict: 750_599_937_895_082, loose: 3_002_399_751_580_330)

    /// All rules that there are.
    public static let all = [cdc64, cdc256, cdc16]

    /// A file up to this length in bytes is one chunk, whatever the rule.
    public static let wholeFileLimit = 196_608

    /// Returns the rule of a number, or `nil` if there is none, as for 0, which stands for whole files.
    public init?(id: UInt8) {
        guard let rule = Self.all.first(where: { $0.id == id }) else { return nil }
        self = rule
    }

    private init(
        id: UInt8, name: String, minimum: Int, normal: Int, maximum: Int, strict: UInt64, loose: UInt64
    ) {
        self.id = id
        self.name = name
        self.minimum = minimum
        self.normal = normal
        self.maximum = maximum
        self.strict = strict
        self.loose = loose
    }

    /// The limits as the kernels take them.
    var limits: cairn_gear_limits {
        cairn_gear_limits(minimum: minimum, normal: normal, maximum: maximum, strict: strict, loose: loose)
    }

    /// What the gear hash adds for each byte: the first 8 bytes of the BLAKE3 of a name and the byte.
    static let gearTable: [UInt64] = (0..<256).map { byte in
        let digest = BLAKE3.digest(of: Array("cairn-gear-v1".utf8) + [UInt8(byte)])
        return digest.words.0.byteSwapped
    }
}
