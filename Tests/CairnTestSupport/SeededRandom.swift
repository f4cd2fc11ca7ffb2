/// A generator whose numbers depend on its seed alone (SplitMix64), so that a failing case can be run again.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that starts at this seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// That many bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return Array(bytes.prefix(count))
    }

    /// That many bytes that cannot be compressed, made quickly in a debug build.
    public mutating func noise(_ count: Int) -> [UInt8] {
        var state = next() | 1
        var words = [UInt64](repeating: 0, count: (count + 7) / 8)
        words.withUnsafeMutableBufferPointer { words in
            for index in words.indices {
                // xorshift*: Marsaglia, "Xorshift RNGs", 2003; Vigna, "An experimental exploration", 2016.
                state ^= state >> 12
                state ^= state << 25
                state ^= state >> 27
                words[index] = state &* 0x2545_F491_4F6C_DD1D
            }
        }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    /// Writes a tree of `files` files of up to `size` bytes below a folder, three folders deep at most.
    ///
    /// - Throws: `SupportError` when a file cannot be written.
    public mutating func fill(_ folder: String, files: Int, size: Int = 4096) throws {
        for number in 0..<files {
            var path = folder
            for _ in 0..<Int.random(in: 0...2, using: &self) {
                path += "/d\(Int.random(in: 0..<7, using: &self))"
            }
            try Files.write(bytes(Int.random(in: 0...size, using: &self)), to: "\(path)/f\(number)")
        }
    }
}
