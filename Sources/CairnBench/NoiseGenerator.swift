/// Bytes that cannot be compressed and that no two files share; the same ones for every run of the benchmark.
struct NoiseGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Fills a buffer whose length is a multiple of 8.
    ///
    /// Source: Sebastiano Vigna, SplitMix64 (public domain).
    mutating func fill(_ buffer: inout [UInt8]) {
        buffer.withUnsafeMutableBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                state &+= 0x9E37_79B9_7F4A_7C15
                var word = state
                word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
                word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
                bytes.storeBytes(of: word ^ (word >> 31), toByteOffset: offset, as: UInt64.self)
            }
        }
    }

    /// The next number below `limit`.
    mutating func next(below limit: Int) -> Int {
        var word = [UInt8](repeating: 0, count: 8)
        fill(&word)
        return Int(word.reduce(0) { ($0 << 8 | UInt64($1)) } % UInt64(limit))
    }

    /// So many new bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        fill(&bytes)
        return bytes
    }
}
