/// A cheap guess whether bytes can be compressed: the order-0 entropy of three samples.
///
/// What is compressed or encrypted already has nearly 8 bits in a byte. The samples are counted together: 2 KiB of random bytes alone show
/// an entropy of only 7.91 bits, because 256 values are too many for so small a sample, three times as many show 7.97.
enum EntropyProbe {
    /// The bytes of one of the three samples.
    static let sampleSize = 2048
    /// Above this many bits in a byte nothing is gained by trying.
    static let threshold = 7.95

    /// True if it is not worth trying to compress the bytes.
    ///
    /// Of up to 6 KiB all are looked at, of more the start, the middle and the end. Fewer than about 4 KiB never look incompressible.
    static func looksIncompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { counts in
            counts.initialize(repeating: 0)
            let total: Int
            if bytes.count <= 3 * sampleSize {
                count(bytes, into: counts)
                total = bytes.count
            } else {
                for start in [0, (bytes.count - sampleSize) / 2, bytes.count - sampleSize] {
                    count(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + sampleSize)]), into: counts)
                }
                total = 3 * sampleSize
            }
            guard total > 0 else { return false }
            // Entropy = log2 n - sum(c log2 c) / n.
            var sum = 0.0
            for value in 0..<256 { sum += weights[Int(counts[value])] }
            return weights[total] - sum > threshold * Double(total)
        }
    }

    private static func count(
        _ bytes: UnsafeRawBufferPointer, into counts: UnsafeMutableBufferPointer<UInt16>
    ) {
        for byte in bytes { counts[Int(byte)] &+= 1 }
    }

    /// `c log2 c` for every count that there can be.
    private static let weights: [Double] = (0...(3 * sampleSize)).map { count in
        count < 2 ? 0 : Double(count) * log2(Double(count))
    }

    /// The binary logarithm of a number of at least 1; the standard library has none.
    static func log2(_ number: Double) -> Double {
        // ln m = 2 artanh((m - 1) / (m + 1)), with m in 1..<2: the ratio is below 1/3, so that 16 terms are exact.
        let ratio = (number.significand - 1) / (number.significand + 1)
        var (power, sum) = (ratio, 0.0)
        for term in stride(from: 1.0, to: 33, by: 2) {
            sum += power / term
            power *= ratio * ratio
        }
        return Double(number.exponent) + 2 * sum * 1.442_695_040_888_963_4
    }
}
