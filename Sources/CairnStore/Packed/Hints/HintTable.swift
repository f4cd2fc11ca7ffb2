public import CairnCore

/// Some parts of a file or of a directory, and the bytes of a pack in which their records lie, as a hint says.
public struct HintedRun: Hashable, Sendable {
    /// The pack.
    public let pack: Digest
    /// The bytes of the pack that hold the records: whole frames. Empty if no part has a record.
    public let range: Range<Int64>
    /// The numbers of the parts.
    public let parts: Range<Int>
    /// The number of the first record in the first frame.
    let firstRecord: Int

    /// Finds the places of the records in the bytes that were fetched.
    ///
    /// Frames tell how many records they have. That these are the right ones is seen when they are compared with their keys.
    /// - Parameters:
    ///   - bytes: a part of the pack, in which the run's range lies.
    ///   - offset: where in the pack it begins.
    ///   - count: how many of the parts have a record: all of them but for empty folders.
    /// - Returns: a place for each record, in order.
    /// - Throws: `FormatError` if there are no such frames: the hint is wrong, or the pack damaged.
    public func places(
        in bytes: [UInt8], at offset: Int64, count: Int? = nil
    ) throws(FormatError) -> [PackPlace] {
        let count = count ?? parts.count
        guard offset <= range.lowerBound, range.upperBound <= offset + Int64(bytes.count) else {
            throw FormatError(
                .frame, .truncated(needed: Int64(range.count), found: Int64(bytes.count)),
                at: range.lowerBound)
        }
        return try bytes.withBytes { (bytes) throws(FormatError) in
            let start = Int(range.lowerBound - offset)
            return try walk(
                UnsafeRawBufferPointer(rebasing: bytes[start..<(start + range.count)]), count: count)
        }
    }

    private func walk(_ bytes: UnsafeRawBufferPointer, count: Int) throws(FormatError) -> [PackPlace] {
        func fail(_ place: Int) -> FormatError {
            FormatError(.frame, .badValue("hint"), at: range.lowerBound + Int64(place))
        }
        var places: [PackPlace] = []
        places.reserveCapacity(min(count, bytes.count))
        var (start, first) = (0, firstRecord)
        while places.count < count {
            let header = try FrameHeader(
                parsing: UnsafeRawBufferPointer(rebasing: bytes[start...]),
                at: range.lowerBound + Int64(start))
            let end = min(header.recordCount, first + count - places.count)
            guard header.totalLength <= bytes.count - start, first < end else { throw fail(start) }
            for record in first..<end {
                // A pack has at most 1 GiB, and a frame 65 535 records.
                places.append(
                    PackPlace(
                        frameOffset: UInt32(range.lowerBound) + UInt32(start),
                        frameLength: UInt32(header.totalLength), record: UInt16(record)))
            }
            start += header.totalLength
            first = 0
        }
        guard start == bytes.count else { throw fail(start) }
        return places
    }
}

/// Hints in a form in which the places of some parts are found quickly.
public struct HintTable: Sendable {
    private let hints: RecipeHints
    /// The first part of each term, and the number of all parts at the end.
    private let starts: [Int]

    /// How many parts the hints cover; 0 if there are none.
    public var count: Int { starts.last ?? 0 }

    /// Takes hints.
    ///
    /// - Parameter pack: the pack in which they were found.
    public init(_ hints: RecipeHints, foundIn pack: Digest) {
        self.hints = hints.resolved(in: pack)
        var starts = [0]
        for term in hints.terms { starts.append(starts[starts.count - 1] + Int(term.count)) }
        self.starts = starts
    }

    /// What is to be fetched for some parts: a run for each term that covers any of them, in the order of the parts.
    ///
    /// Runs may overlap, and may be joined where they are near one another; see `ByteRanges`.
    /// - Precondition: the parts are among those that are covered.
    public func runs(for parts: Range<Int>) -> [HintedRun] {
        precondition(parts.lowerBound >= 0 && parts.upperBound <= count, "hints cover the parts")
        guard !parts.isEmpty else { return [] }
        var (low, high) = (0, hints.terms.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= parts.lowerBound { low = middle } else { high = middle }
        }
        var runs: [HintedRun] = []
        while low < hints.terms.count, starts[low] < parts.upperBound {
            runs.append(run(low))
            low += 1
        }
        return runs
    }

    private func run(_ number: Int) -> HintedRun {
        let term = hints.terms[number]
        return HintedRun(
            pack: hints.packs[Int(term.pack)],
            range: Int64(term.offset)..<(Int64(term.offset) + Int64(term.byteCount)),
            parts: starts[number]..<starts[number + 1], firstRecord: Int(term.firstRecord))
    }
}
