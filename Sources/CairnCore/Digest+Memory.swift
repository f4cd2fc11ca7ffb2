extension Digest {
    /// Reads a 256-bit digest from the 32 bytes at `offset`, without the detour over a collection.
    ///
    /// - Precondition: they lie within `bytes`.
    package init(bytes: UnsafeRawBufferPointer, at offset: Int) {
        precondition(offset >= 0 && offset <= bytes.count - 32, "a digest lies within the bytes")
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
        }
        self.init(words: (word(0), word(1), word(2), word(3)), count: 32)
    }

    /// Makes a 256-bit digest of what `quarters` gives.
    package init(quarters: (UInt64, UInt64, UInt64, UInt64)) { self.init(words: quarters, count: 32) }

    /// The bytes as four numbers whose order is that of the bytes; zeros behind the end of a short one.
    package var quarters: (UInt64, UInt64, UInt64, UInt64) { words }

    /// The first eight bytes as a number whose order is that of the bytes.
    package var leadingWord: UInt64 { words.0 }

    /// The second eight bytes, likewise.
    package var secondWord: UInt64 { words.1 }

    /// Appends the bytes, `count` of them.
    package func append(to output: inout [UInt8]) {
        withUnsafeBytes(
            of: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        ) { output.append(contentsOf: $0.prefix(count)) }
    }
}
