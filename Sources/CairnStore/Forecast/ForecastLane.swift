import CairnCore

/// A lane of frames that are measured and dropped, and for which account each record in them counts.
final class ForecastLane: @unchecked Sendable {
    // Sendable: whoever took it from the forecast is its only user until it is given back.

    /// A record of a frame.
    struct Record {
        let account: Int
        let weight: Int64
        let length: Int
        /// True for bytes of files.
        let isData: Bool
    }

    /// What became of some records.
    struct Frame {
        let records: [Record]
        let rawLength: Int
        let storedLength: Int
        let isCompressed: Bool
    }

    private let lane = PackLane(.standard)
    /// Records whose frame is not complete yet.
    private var pending: [RecordKey: (account: Int, weight: Int64)] = [:]

    /// Takes a record in.
    ///
    /// - Returns: a frame that became complete by it.
    /// - Throws: `FormatError` for a record that is too large.
    func add(
        _ key: RecordKey, _ bytes: UnsafeRawBufferPointer, account: Int, weight: Int64
    ) throws(FormatError) -> Frame? {
        pending[key] = (account, weight)
        return try lane.add(key, bytes).map(measure)
    }

    /// The frames that are not full.
    func finish() -> [Frame] { lane.finish().map { measure($0.1) } }

    private func measure(_ frame: EncodedFrame) -> Frame {
        let records = frame.records.map { record in
            guard let owner = pending.removeValue(forKey: record.key) else {
                preconditionFailure("a frame has the records that were put into it")
            }
            return Record(
                account: owner.account, weight: owner.weight, length: record.rawLength,
                isData: record.key.kind.packClass == .data)
        }
        return Frame(
            records: records, rawLength: frame.header.rawLength, storedLength: frame.bytes.count,
            isCompressed: frame.header.codec != .raw)
    }
}
