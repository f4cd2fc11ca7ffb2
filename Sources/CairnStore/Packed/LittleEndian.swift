import CairnCore

// Integers of the packed formats: little-endian, at any alignment.

extension UnsafeRawBufferPointer {
    /// The integer at `offset`.
    ///
    /// - Precondition: it lies within the bytes; parsers check the size of what they read first.
    func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type = Integer.self) -> Integer
    {
        precondition(
            offset >= 0 && offset <= count - MemoryLayout<Integer>.size, "an integer lies within the bytes")
        return Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// True if the ASCII text stands at `offset`.
    func hasText(_ text: StaticString, at offset: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset >= 0, offset <= count - length else { return false }
        return self[offset..<(offset + length)]
            .elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: length))
    }
}

extension [UInt8] {
    /// Appends the bytes of an integer.
    mutating func append(integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }

    /// Replaces the bytes at `offset` by those of an integer.
    mutating func set(integer: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { bytes in
            for (index, byte) in bytes.enumerated() { self[offset + index] = byte }
        }
    }

    /// Appends the bytes of a text without an end mark.
    mutating func append(text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends that many zero bytes.
    mutating func append(zeros count: Int) { append(contentsOf: repeatElement(0, count: count)) }

    /// Appends the bytes of a digest.
    mutating func append(_ digest: Digest) { digest.append(to: &self) }

    /// Lends the bytes to `body`; unlike `withUnsafeBytes` it keeps the type of what `body` throws.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
