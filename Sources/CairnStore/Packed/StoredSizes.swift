public import CairnCore
import CairnSystem

/// Finds out which records of packs objects consist of, and how many bytes of the packs each of them takes.
public struct StoredSizes: Sendable {
    /// A record, by the place where it is read.
    public struct Part: Hashable, Comparable, Sendable {
        fileprivate let pack: Int32
        fileprivate let record: UInt16
        fileprivate let frame: UInt32
        fileprivate let frameLength: UInt32

        public static func < (left: Part, right: Part) -> Bool {
            (left.pack, left.frame, left.record) < (right.pack, right.frame, right.record)
        }
    }

    private let store: PackedStore
    private let index: PackIndex
    private let numbers: [Digest: Int32]

    /// Reads the index.
    ///
    /// - Throws: `StoreError` if that cannot be read.
    public init(of store: PackedStore) throws(StoreError) {
        self.store = store
        index = try store.index()
        var numbers: [Digest: Int32] = [:]
        for (number, pack) in index.packs.enumerated() { numbers[pack.name] = Int32(number) }
        self.numbers = numbers
    }

    /// The records that an object consists of. The members of a directory are objects of their own.
    ///
    /// - Returns: `nil` if the store does not have all of them, or what lists them is damaged.
    /// - Throws: `StoreError` when the user asked to stop.
    public func parts(of id: ObjectID) throws(StoreError) -> [Part]? {
        guard let key = index.key(of: id) else { return nil }
        do throws(StoreError) {
            var parts: [Part] = []
            for key in [key] + (try PackUsage.parts(of: key, id, in: store)) {
                guard let location = index.location(of: key), let pack = numbers[location.pack.name] else {
                    return nil
                }
                parts.append(
                    Part(
                        pack: pack, record: location.place.record, frame: location.place.frameOffset,
                        frameLength: location.place.frameLength))
            }
            return parts
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }

    /// The bytes that records take: of a frame with several each has its part by its length before compression.
    ///
    /// - Parameter parts: sorted, each once.
    /// - Returns: `nil` for a record whose pack cannot be read.
    /// - Throws: `StoreError` when the user asked to stop.
    public func lengths(of parts: [Part]) throws(StoreError) -> [Double?] {
        var lengths: [Double?] = []
        lengths.reserveCapacity(parts.count)
        var start = 0
        while start < parts.count {
            let first = parts[start]
            let end =
                parts[start...].firstIndex { $0.pack != first.pack || $0.frame != first.frame } ?? parts.count
            do throws(StoreError) {
                lengths += try self.lengths(in: parts[start..<end]).map { Double?.some($0) }
            } catch {
                if error.reason == .io(.interrupted) { throw error }
                lengths += Array(repeating: nil, count: end - start)
            }
            start = end
        }
        return lengths
    }

    /// The bytes that records of one frame take.
    private func lengths(in parts: ArraySlice<Part>) throws(StoreError) -> [Double] {
        guard let first = parts.first, let last = parts.last else { return [] }
        try system { () throws(SystemError) in try Interruption.check() }
        let reader = try store.reader(of: index.packs[Int(first.pack)])
        let offset = Int64(first.frame)
        let bytes = try reader.bytes(at: offset, count: FrameHeader.fixedSize + 4 * (Int(last.record) + 1))
        return try format(reader.path) { () throws(FormatError) in
            try bytes.withBytes { (bytes) throws(FormatError) in
                let header = try FrameHeader(parsing: bytes, at: offset)
                guard Int(last.record) < header.recordCount else {
                    throw FormatError(.record, .badValue("number of a record"), at: offset)
                }
                let whole = Double(first.frameLength)
                if header.recordCount == 1 { return [whole] }
                // Empty records have a part of nothing; where all are, they share alike.
                return parts.map { part in
                    let own = bytes.integer(
                        at: FrameHeader.fixedSize + 4 * Int(part.record), as: UInt32.self)
                    return header.rawLength == 0
                        ? whole / Double(header.recordCount) : whole * Double(own) / Double(header.rawLength)
                }
            }
        }
    }
}
