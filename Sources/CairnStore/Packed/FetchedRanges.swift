/// Parts of a file that were read, each where it belongs.
struct FetchedRanges: Sendable {
    /// The bytes of the whole file.
    let size: Int64
    /// In the order of their offsets; no piece lies in another one.
    private var pieces: [Piece] = []

    private struct Piece: Sendable {
        let offset: Int64
        let bytes: [UInt8]
        var end: Int64 { offset + Int64(bytes.count) }
    }

    init(size: Int64) { self.size = size }

    /// Takes bytes that were read.
    ///
    /// - Returns: false if they do not lie in the file.
    mutating func add(_ bytes: [UInt8], at offset: Int64) -> Bool {
        guard offset >= 0, offset <= size, Int64(bytes.count) <= size - offset else { return false }
        let end = offset + Int64(bytes.count)
        guard !bytes.isEmpty, !has(offset..<end) else { return true }
        pieces.removeAll { $0.offset >= offset && $0.end <= end }
        let place = pieces.firstIndex { $0.offset > offset } ?? pieces.count
        pieces.insert(Piece(offset: offset, bytes: bytes), at: place)
        return true
    }

    /// True if all bytes of a range lie in one piece. Nothing is needed for an empty range.
    func has(_ range: Range<Int64>) -> Bool { range.isEmpty || piece(with: range) != nil }

    /// Lends the bytes of a range to `body`.
    ///
    /// - Returns: `nil` if they are not there.
    func withBytes<Result, Failure: Error>(
        _ range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        if range.isEmpty { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard let number = piece(with: range) else { return nil }
        let start = Int(range.lowerBound - pieces[number].offset)
        return try pieces[number].bytes.withBytes { (bytes) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + range.count)]))
        }
    }

    /// The piece that has all of a range: of those that begin before it, the last one reaches farthest, because none lies in another one.
    private func piece(with range: Range<Int64>) -> Int? {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].offset <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low > 0, pieces[low - 1].end >= range.upperBound else { return nil }
        return low - 1
    }
}
