public import CairnCore

/// Some records of one frame of a pack.
public struct FrameSelection: Sendable {
    /// The pack.
    public let pack: PackInfo
    /// The records, in the order in which they lie in the frame.
    public let entries: [PackEntry]

    /// Where the frame begins in the pack, in bytes.
    public var offset: Int64 { Int64(entries.first?.place.frameOffset ?? 0) }
    /// The bytes of the whole frame.
    public var length: Int64 { Int64(entries.first?.place.frameLength ?? 0) }
}

extension FrameSelection {
    /// Puts records of a pack together that lie in one frame.
    ///
    /// - Parameters:
    ///   - entries: records that are all of one class, in the order in which they lie in the pack.
    ///   - pack: its name; nothing else is known about it.
    public static func selections(of entries: [PackEntry], in pack: Digest) -> [FrameSelection] {
        guard let first = entries.first else { return [] }
        let info = PackInfo(
            name: pack, size: 0, recordCount: 0, frameCount: 0, packClass: first.key.kind.packClass,
            created: 0)
        var selections: [FrameSelection] = []
        var start = 0
        for index in entries.indices {
            let isLast =
                index + 1 == entries.count
                || entries[index + 1].place.frameOffset != entries[start].place.frameOffset
            guard isLast else { continue }
            selections.append(FrameSelection(pack: info, entries: Array(entries[start...index])))
            start = index + 1
        }
        return selections
    }
}

extension PackIndex {
    /// Finds records and puts together what lies in one frame: packs in the order in which they are first asked for, frames as they lie there.
    ///
    /// - Parameters:
    ///   - keys: no key twice.
    ///   - unusable: packs that count as not there.
    /// - Returns: the frames, and the records that no pack has.
    public func frames(
        holding keys: [RecordKey], without unusable: Set<Digest> = []
    ) -> (frames: [FrameSelection], missing: [RecordKey]) {
        var numbers: [Digest: Int] = [:]
        var packs: [PackInfo] = []
        var missing: [RecordKey] = []
        // As little as can be for each: there may be millions.
        var found: [(pack: UInt32, place: PackPlace, key: UInt32)] = []
        found.reserveCapacity(keys.count)
        for (position, key) in keys.enumerated() {
            let location =
                unusable.isEmpty
                ? location(of: key) : locations(of: key).first { !unusable.contains($0.pack.name) }
            guard let location else {
                missing.append(key)
                continue
            }
            let number = numbers[location.pack.name] ?? packs.count
            if number == packs.count {
                numbers[location.pack.name] = number
                packs.append(location.pack)
            }
            found.append((UInt32(number), location.place, UInt32(position)))
        }
        found.sort { left, right in
            (left.pack, left.place.frameOffset, left.place.record)
                < (right.pack, right.place.frameOffset, right.place.record)
        }
        var frames: [FrameSelection] = []
        var start = 0
        while start < found.count {
            let first = found[start]
            let end =
                found[start...].firstIndex {
                    $0.pack != first.pack || $0.place.frameOffset != first.place.frameOffset
                        || $0.place.frameLength != first.place.frameLength
                } ?? found.count
            frames.append(
                FrameSelection(
                    pack: packs[Int(first.pack)],
                    entries: found[start..<end].map { PackEntry(keys[Int($0.key)], $0.place) }))
            start = end
        }
        return (frames, missing)
    }
}

extension PackFrame {
    /// Reads records of a frame and checks them; if they are all that the frame has, the frame can go into another pack as it is.
    ///
    /// - Parameters:
    ///   - bytes: the whole frame.
    ///   - selection: which of its records are wanted.
    /// - Throws: `FormatError` if the frame, or a wanted record, is damaged.
    static func select(
        _ selection: FrameSelection, of bytes: [UInt8]
    ) throws(FormatError) -> (whole: EncodedFrame?, records: [ArraySlice<UInt8>]) {
        let frame = try PackFrame(parsing: bytes, at: selection.offset)
        let records = try frame.records(selection.entries.map { (Int($0.place.record), $0.key) })
        for (entry, bytes) in zip(selection.entries, records) where !PackedStore.isSound(bytes, entry.key) {
            throw FormatError(.record, .mismatch, at: selection.offset)
        }
        let isWhole =
            selection.entries.count == frame.count
            && selection.entries.enumerated().allSatisfy { Int($1.place.record) == $0 }
        guard isWhole else { return (nil, records) }
        let header = try bytes.withBytes { (bytes) throws(FormatError) in
            try FrameHeader(parsing: bytes, at: selection.offset)
        }
        let names = zip(selection.entries, records).map {
            EncodedFrame.Record(key: $0.key, rawLength: $1.count)
        }
        return (EncodedFrame(bytes: bytes, records: names, header: header), records)
    }
}
