/// BLAKE3 as its paper words it, one node after the other: what the kernels and their tree are held to.
enum ReferenceBLAKE3 {
    private static let start: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    private static let permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
    private static let lanes = [
        (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
        (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
    ]

    /// The digest of a whole input.
    static func digest(of bytes: ArraySlice<UInt8>) -> [UInt8] { node(bytes, chunk: 0, isRoot: true) }

    /// The chaining value of a part that begins with this chunk of its input.
    static func chainingValue(of bytes: ArraySlice<UInt8>, chunk: UInt64) -> [UInt8] {
        node(bytes, chunk: chunk, isRoot: false)
    }

    private static func node(_ bytes: ArraySlice<UInt8>, chunk: UInt64, isRoot: Bool) -> [UInt8] {
        let root: UInt32 = isRoot ? 8 : 0
        var value = start
        if bytes.count <= 1024 {
            let blocks = max(1, (bytes.count + 63) / 64)
            for block in 0..<blocks {
                let from = bytes.startIndex + 64 * block
                let words = bytes[from..<min(from + 64, bytes.endIndex)]
                var flags: UInt32 = block == 0 ? 1 : 0
                if block == blocks - 1 { flags |= 2 | root }
                value = compress(value, words, counter: chunk, flags)
            }
        } else {
            var left = 1
            while left * 2 * 1024 < bytes.count { left *= 2 }
            let middle = bytes.startIndex + 1024 * left
            let children =
                node(bytes[..<middle], chunk: chunk, isRoot: false)
                + node(bytes[middle...], chunk: chunk + UInt64(left), isRoot: false)
            value = compress(value, children[...], counter: 0, 4 | root)
        }
        return value.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    private static func compress(
        _ value: [UInt32], _ block: ArraySlice<UInt8>, counter: UInt64, _ flags: UInt32
    ) -> [UInt32] {
        var message = [UInt32](repeating: 0, count: 16)
        for (index, byte) in block.enumerated() {
            message[index / 4] |= UInt32(byte) << UInt32(8 * (index % 4))
        }
        var v =
            value + start[..<4]
            + [
                UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32),
                UInt32(block.count), flags,
            ]
        func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
        for _ in 0..<7 {
            for (index, (a, b, c, d)) in lanes.enumerated() {
                v[a] = v[a] &+ v[b] &+ message[2 * index]
                v[d] = rotated(v[d] ^ v[a], 16)
                v[c] = v[c] &+ v[d]
                v[b] = rotated(v[b] ^ v[c], 12)
                v[a] = v[a] &+ v[b] &+ message[2 * index + 1]
                v[d] = rotated(v[d] ^ v[a], 8)
                v[c] = v[c] &+ v[d]
                v[b] = rotated(v[b] ^ v[c], 7)
            }
            message = permutation.map { message[$0] }
        }
        return (0..<8).map { v[$0] ^ v[8 + $0] }
    }
}
