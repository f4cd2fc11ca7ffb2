/// What DVC 2 took for text.
enum LegacyText {
    /// How many bytes at the start of a chunk are looked at.
    static let blockSize = 512

    /// Returns whether a block looks like text: no NUL, and at most 30 percent of bytes that are neither printable ASCII nor one of
    /// backspace, tab, line feed, form feed and carriage return. An empty block is text.
    static func isText(_ block: UnsafeRawBufferPointer) -> Bool {
        var unusual = 0
        for byte in block {
            switch byte {
            case 0: return false
            case 0x20...0x7e, 0x08, 0x09, 0x0a, 0x0c, 0x0d: continue
            default: unusual += 1
            }
        }
        return 10 * unusual <= 3 * block.count
    }
}

/// The digest that DVC 2 gave a file, called `md5-dos2unix`: the MD5 after CR LF became LF in what looks like text.
///
/// DVC read a file in chunks of 1 MiB and treated each by itself, and old digests can only be reproduced by doing the same:
/// - The first 512 bytes of *each* chunk decide whether that chunk is text, so one file may be text here and binary there.
/// - A CR LF that lies across the border of two chunks stays as it is.
///
/// The digest depends on the bytes alone, not on how they are split over `update` calls. Memory is about 1 KiB, whatever the size of the file.
public struct LegacyMD5: Sendable {
    /// How many bytes DVC read at a time.
    private static let chunkSize = 1 << 20

    private enum Treatment { case undecided, text, binary }

    private var md5 = MD5()
    /// How many bytes of the present chunk have been taken.
    private var position = 0
    private var treatment = Treatment.undecided
    /// The start of the present chunk while it is undecided.
    private var block: [UInt8] = []
    /// The last byte taken was a CR of a text chunk; it is not hashed before it is known whether an LF follows.
    private var holdsReturn = false

    /// Starts with no bytes taken.
    public init() {}

    /// Takes more bytes of the file.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.chunkSize - position)
            rest = rest.dropFirst(piece.count)
            updateChunk(UnsafeRawBufferPointer(rebasing: piece))
            position += piece.count
            if position == Self.chunkSize { endChunk() }
        }
    }

    /// Takes more bytes of the file.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Returns the digest of the bytes taken so far; more may be taken afterwards.
    public func finish() -> Digest {
        var last = self
        last.endChunk()
        return last.md5.finish()
    }

    /// Takes bytes that all belong to the present chunk.
    private mutating func updateChunk(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        if treatment == .undecided {
            let start = rest.prefix(LegacyText.blockSize - block.count)
            rest = rest.dropFirst(start.count)
            block.append(contentsOf: start)
            guard block.count == LegacyText.blockSize else { return }
            decide()
        }
        hash(UnsafeRawBufferPointer(rebasing: rest))
    }

    /// Settles the treatment of the present chunk by the start of it, and hashes that start.
    private mutating func decide() {
        let start = block
        block.removeAll(keepingCapacity: true)
        start.withUnsafeBytes { bytes in
            treatment = LegacyText.isText(bytes) ? .text : .binary
            hash(bytes)
        }
    }

    private mutating func endChunk() {
        if treatment == .undecided { decide() }
        if holdsReturn { hashReturn() }
        treatment = .undecided
        position = 0
    }

    /// Hashes bytes of a chunk whose treatment is settled.
    private mutating func hash(_ bytes: UnsafeRawBufferPointer) {
        if treatment == .text { hashText(bytes) } else { md5.update(bytes) }
    }

    private mutating func hashText(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        if holdsReturn {
            if first == 0x0a { holdsReturn = false } else { hashReturn() }
        }
        var start = 0
        var index = 0
        while index < bytes.count {
            defer { index += 1 }
            guard bytes[index] == 0x0d, index + 1 == bytes.count || bytes[index + 1] == 0x0a else { continue }
            md5.update(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
            holdsReturn = start == bytes.count
        }
        md5.update(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private mutating func hashReturn() {
        withUnsafeBytes(of: 0x0d as UInt8) { md5.update($0) }
        holdsReturn = false
    }
}
