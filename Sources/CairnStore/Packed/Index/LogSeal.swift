import CairnCore

/// The end of files that stand in the log under names that do not tell their digest, or tell it too late: the BLAKE3 of everything before.
enum LogSeal {
    /// The bytes of the seal.
    static let size = 32

    /// Seals what there is.
    static func append(to bytes: inout [UInt8]) { bytes.append(BLAKE3.digest(of: bytes)) }

    /// Checks the head of a sealed file, its size, and its seal.
    ///
    /// The head is eight characters, a version of 2 bytes, which has to be 1, 2 more bytes, and 4 of features, of which none is known.
    /// - Parameters:
    ///   - headSize: the bytes that every such file has, without the seal; at least 16.
    ///   - size: tells the bytes of the whole file; called when the head is there.
    /// - Throws: `FormatError`.
    static func check(
        _ bytes: UnsafeRawBufferPointer, _ part: FormatError.Part, mark: StaticString, headSize: Int,
        size: () -> Int
    ) throws(FormatError) {
        guard bytes.count >= headSize + Self.size else {
            throw FormatError(
                part, .truncated(needed: Int64(headSize + Self.size), found: Int64(bytes.count)), at: 0)
        }
        guard bytes.hasText(mark, at: 0) else { throw FormatError(part, .notThisFormat, at: 0) }
        let version: UInt16 = bytes.integer(at: 8)
        guard version == 1 else { throw FormatError(part, .unknownVersion(Int(version)), at: 8) }
        let features: UInt32 = bytes.integer(at: 12)
        guard features == 0 else {
            throw FormatError(part, .unknownFeatures(PackHeader.names(of: features)), at: 12)
        }
        let size = size()
        guard bytes.count == size else {
            throw FormatError(
                part, .truncated(needed: Int64(size), found: Int64(bytes.count)), at: Int64(bytes.count))
        }
        let end = size - Self.size
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard BLAKE3.digest(of: covered) == Digest(bytes: bytes, at: end) else {
            throw FormatError(part, .mismatch, at: Int64(end))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Rows of a table in which each row stands before the next one.
    ///
    /// - Throws: `FormatError` with `.badValue(field)` for the first row that is not behind the one before it.
    func ascendingRows<Row: Comparable>(
        _ count: Int, of size: Int, at offset: Int, _ part: FormatError.Part, _ field: String,
        _ read: (UnsafeRawBufferPointer, Int) throws(FormatError) -> Row
    ) throws(FormatError) -> [Row] {
        var rows: [Row] = []
        rows.reserveCapacity(count)
        for number in 0..<count {
            let place = offset + size * number
            let row = try read(self, place)
            if let last = rows.last, last >= row {
                throw FormatError(part, .badValue(field), at: Int64(place))
            }
            rows.append(row)
        }
        return rows
    }
}

extension Sequence where Element: Hashable & Comparable {
    /// The elements in ascending order, each once.
    var ascending: [Element] { Set(self).sorted() }
}
