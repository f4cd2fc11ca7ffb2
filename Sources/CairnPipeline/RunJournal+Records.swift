import CairnCore
import CairnFormats
import CairnSystem

extension RunJournal {
    static let header = Array("cairn journal of stages 1\n".utf8)

    /// Reads what a journal has.
    ///
    /// - Returns: the records, and the bytes up to the end of the last one; 0 if not even the beginning of the file is whole.
    /// - Throws: `PipelineError` for a record that is wrong though good ones follow, and for a file that is no journal.
    static func parse(_ bytes: [UInt8], _ path: FilePath) throws(PipelineError) -> (
        records: [Record], length: Int
    ) {
        guard bytes.starts(with: header) else {
            // A file that was made when the power went may be empty, or have a beginning of zeros.
            let isTorn =
                bytes.count <= header.count && bytes.allSatisfy { $0 == 0 } || header.starts(with: bytes)
            if isTorn { return ([], 0) }
            throw PipelineError(.damagedJournal(file: path, offset: 0))
        }
        var records: [Record] = []
        var length = header.count
        var start = length
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let payload = payload(of: bytes[start..<end]) {
                guard let (record, batch) = record(payload, path) else {
                    throw PipelineError(.damagedJournal(file: path, offset: start))
                }
                if start == length {
                    records.append(record)
                    length = end + 1
                } else if batch > length {
                    // What is wrong was durable before this came.
                    throw PipelineError(.damagedJournal(file: path, offset: length))
                }
            }
            start = end + 1
        }
        return (records, length)
    }

    /// A record as the journal has it.
    ///
    /// - Parameter batch: where the first record lies that is made durable together with it.
    static func line(_ record: Record, batch: Int) -> [UInt8] {
        let payload =
            Array("\(batch) ".utf8) + escaped(record.file.bytes) + [UInt8(ascii: " ")]
            + escaped(Array(record.stage.name.utf8))
            + [UInt8(ascii: " ")] + record.stage.line
        return checksum(of: payload[...]) + [UInt8(ascii: " ")] + payload + [UInt8(ascii: "\n")]
    }

    /// What follows the checksum of a line; `nil` if that is another one's.
    private static func payload(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " ") else { return nil }
        let payload = line.dropFirst(9)
        return line.prefix(8).elementsEqual(checksum(of: payload)) ? payload : nil
    }

    private static func checksum(of payload: ArraySlice<UInt8>) -> [UInt8] {
        let value = payload.withUnsafeBytes { CRC32C.checksum(of: $0) }
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: 28, through: 0, by: -4).map { digits[Int(value >> UInt32($0) & 15)] }
    }

    private static func record(_ payload: ArraySlice<UInt8>, _ path: FilePath) -> (Record, batch: Int)? {
        let parts = payload.split(
            separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let batch = Int(String(decoding: parts[0], as: UTF8.self)),
            let file = unescaped(parts[1]), let name = unescaped(parts[2]),
            let file = try? RepoPath(validating: file), let name = String(validating: name, as: UTF8.self),
            let stage = try? LockedStage(
                name: name, parsing: Array(parts[3]), file: path.bytes.printable)
        else { return nil }
        return (Record(file: file, stage: stage), batch)
    }

    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "%")
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return result
    }
}
