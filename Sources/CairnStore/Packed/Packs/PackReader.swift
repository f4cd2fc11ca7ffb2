public import CairnCore
public import CairnSystem
import Synchronization

/// Reads records of one pack; several threads may share it.
///
/// Nothing is mapped into memory: a pack that is cut short while it is read is an error and not the end of the process.
public final class PackReader: Sendable {
    private let file: OpenFile
    /// The pack's size when it was opened, in bytes.
    public let size: Int64
    /// What the pack says at its start.
    public let header: PackHeader
    private let cache = Mutex(FrameCache())

    /// Begins to read a pack.
    ///
    /// - Parameter file: the pack, open for reading; closed when the reader goes.
    /// - Throws: `StoreError` if it is no pack that this program can read.
    public init(_ file: consuming OpenFile) throws(StoreError) {
        let status = try system { () throws(SystemError) in try file.status() }
        guard status.kind == .regular else { throw StoreError(.unsupportedFile, file.path) }
        size = status.size
        let count = Int(min(size, Int64(PackHeader.byteCount)))
        let bytes = try file.bytes(at: 0, count: count, part: .packHeader)
        let path = file.path
        header = try format(path) { () throws(FormatError) in
            try bytes.withBytes { (bytes) throws(FormatError) in try PackHeader(parsing: bytes) }
        }
        self.file = file
    }

    /// Begins to read what is left of a pack that may be damaged anywhere: its head counts for nothing, and it may be too short.
    ///
    /// - Parameters:
    ///   - file: the pack, open for reading; closed when the reader goes.
    ///   - packClass: what the pack is for, as far as that is known from elsewhere.
    /// - Throws: `StoreError` if it is no regular file.
    init(salvaging file: consuming OpenFile, as packClass: PackClass) throws(StoreError) {
        let status = try system { () throws(SystemError) in try file.status() }
        guard status.kind == .regular else { throw StoreError(.unsupportedFile, file.path) }
        size = status.size
        header = PackHeader(
            packClass, nonce: UniqueID(high: 0, low: 0), push: ULID(high: 0, low: 0), created: 0)
        self.file = file
    }

    /// The path under which the pack was opened.
    public var path: FilePath { file.path }

    /// Reads what the pack says of itself at its end.
    ///
    /// - Throws: `StoreError` if the pack was not written to its end, or the trailer is damaged.
    public func trailer() throws(StoreError) -> PackTrailer {
        let tailSize = Int(min(size, Int64(PackTail.byteCount)))
        let end = try file.bytes(at: size - Int64(tailSize), count: tailSize, part: .packTrailer)
        let tail = try format(path) { () throws(FormatError) in
            try end.withBytes { (end) throws(FormatError) in try PackTail(parsing: end, packSize: size) }
        }
        let range = tail.trailerRange
        let bytes = try file.bytes(
            at: range.lowerBound, count: Int(range.upperBound - range.lowerBound), part: .packTrailer)
        return try format(path) { () throws(FormatError) in
            try bytes.withBytes { (bytes) throws(FormatError) in
                try PackTrailer(parsing: bytes, tail: tail, packClass: header.packClass)
            }
        }
    }

    /// Reads a record, checked against its key if that is the hash of the bytes; see `PackFrame`.
    ///
    /// The slice shares the memory of the record's frame.
    /// - Throws: `StoreError` if the record cannot be read or is not what its key says.
    public func record(_ key: RecordKey, at place: PackPlace) throws(StoreError) -> ArraySlice<UInt8> {
        let frame = try frame(at: place.frameOffset, length: place.frameLength)
        return try format(path) { () throws(FormatError) in
            try frame.record(Int(place.record), checkedAgainst: key)
        }
    }

    /// Reads several records, checked as `record` does, in their order. Those of one frame that stand next to each other are hashed together,
    /// which for many small ones is several times as fast.
    ///
    /// - Throws: `StoreError` for the first that cannot be read or is not what its key says.
    public func records(_ wanted: [PackEntry]) throws(StoreError) -> [ArraySlice<UInt8>] {
        var records: [ArraySlice<UInt8>] = []
        records.reserveCapacity(wanted.count)
        var start = 0
        while start < wanted.count {
            let place = wanted[start].place
            let rest = wanted[start...]
            let end =
                rest.firstIndex {
                    $0.place.frameOffset != place.frameOffset || $0.place.frameLength != place.frameLength
                } ?? wanted.count
            let frame = try frame(at: place.frameOffset, length: place.frameLength)
            records += try format(path) { () throws(FormatError) in
                try frame.records(wanted[start..<end].map { (Int($0.place.record), $0.key) })
            }
            start = end
        }
        return records
    }

    /// Reads a whole frame. The last few that hold several records are kept, so that these can be asked for one by one.
    ///
    /// - Throws: `StoreError` if there is no such frame, or it is damaged.
    public func frame(at offset: UInt32, length: UInt32) throws(StoreError) -> PackFrame {
        if let frame = cache.withLock({ $0.frame(at: offset, length: length) }) { return frame }
        guard offset >= PackHeader.byteCount, length > FrameHeader.fixedSize else {
            throw StoreError(.malformed(FormatError(.frame, .badValue("place"), at: Int64(offset))), path)
        }
        let bytes = try file.bytes(at: Int64(offset), count: Int(length), within: size, part: .frame)
        let frame = try format(path) { () throws(FormatError) in
            try PackFrame(parsing: bytes, at: Int64(offset))
        }
        cache.withLock { $0.keep(frame, at: offset, length: length) }
        return frame
    }

    /// Hashes the whole pack: what its name must be.
    ///
    /// - Parameter progress: called with the number of bytes just read.
    /// - Throws: `StoreError` if it cannot be read, with EINTR when the user asked to stop.
    public func digest(progress: (Int64) -> Void = { _ in }) throws(StoreError) -> Digest {
        var hash = BLAKE3()
        var offset: Int64 = 0
        while offset < size {
            try system { () throws(SystemError) in try Interruption.check() }
            let count = Int(min(size - offset, 1 << 20))
            let bytes = try file.bytes(at: offset, count: count, part: .packTrailer)
            bytes.withUnsafeBytes { hash.update($0) }
            offset += Int64(count)
            progress(Int64(count))
        }
        return hash.finish()
    }

    /// Reads the bytes of a range, for a look at what lies there.
    func bytes(at offset: Int64, count: Int) throws(StoreError) -> [UInt8] {
        try file.bytes(at: offset, count: count, within: size, part: .frame)
    }
}

/// The frames of a pack that were read last, the latest first.
private struct FrameCache {
    private static let count = 4
    /// A frame larger than this has records for which another read costs little beside their size.
    private static let largestMemory = 1 << 20

    private var frames: [(offset: UInt32, length: UInt32, frame: PackFrame)] = []

    mutating func frame(at offset: UInt32, length: UInt32) -> PackFrame? {
        guard let index = frames.firstIndex(where: { $0.offset == offset && $0.length == length }) else {
            return nil
        }
        let found = frames[index]
        if index > 0 {
            frames.remove(at: index)
            frames.insert(found, at: 0)
        }
        return found.frame
    }

    mutating func keep(_ frame: PackFrame, at offset: UInt32, length: UInt32) {
        guard frame.count > 1, frame.memory <= Self.largestMemory else { return }
        guard self.frame(at: offset, length: length) == nil else { return }
        if frames.count == Self.count { frames.removeLast() }
        frames.insert((offset, length, frame), at: 0)
    }
}

extension OpenFile {
    /// Reads exactly `count` bytes.
    ///
    /// - Parameter size: the bytes that the file has; ranges beyond are refused before memory is allocated.
    func bytes(
        at offset: Int64, count: Int, within size: Int64 = .max, part: FormatError.Part
    ) throws(StoreError) -> [UInt8] {
        guard count <= size - offset else {
            let found = max(0, size - offset)
            throw StoreError(
                .malformed(FormatError(part, .truncated(needed: Int64(count), found: found), at: offset)),
                path)
        }
        var result: Result<Int, SystemError> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                initialized = try read(
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                    at: offset)
                result = .success(initialized)
            } catch {
                result = .failure(error)
            }
        }
        let found: Int
        switch result {
        case .success(let read): found = read
        case .failure(let error): throw StoreError(error)
        }
        guard found == count else {
            throw StoreError(
                .malformed(
                    FormatError(part, .truncated(needed: Int64(count), found: Int64(found)), at: offset)),
                path)
        }
        return bytes
    }
}

/// Calls `body` and says in which file bytes were found that are not of their format.
func format<Result>(_ path: FilePath, _ body: () throws(FormatError) -> Result) throws(StoreError) -> Result {
    do throws(FormatError) { return try body() } catch { throw StoreError(.malformed(error), path) }
}
