public import CairnCore
public import CairnSystem

/// An immutable part of the index of a packed store: where records lie in some packs.
///
/// The whole file is kept in memory as it is, 48 bytes for a record, and searched in place. (Mapping it would save the read, but a file
/// that is cut short while it is mapped ends the process.)
public struct IndexSegment: Sendable {
    /// What was read and found to be right. An index has many segments, and they are passed around for every question: one reference each.
    private final class Content: Sendable {
        let checked: SegmentCheck
        /// That of `checked`: asked for again and again, it is at hand without the tables beside it.
        let layout: SegmentLayout
        let bytes: [UInt8]

        init(_ checked: SegmentCheck, _ bytes: [UInt8]) {
            self.checked = checked
            layout = checked.layout
            self.bytes = bytes
        }
    }

    private let content: Content

    /// The BLAKE3 of the segment's bytes, by which it is named.
    public var name: Digest { content.checked.name }
    /// The packs that it tells about.
    public var packs: [PackInfo] { content.checked.packs }
    /// Packs that nothing may be read from any more, in this segment or any other.
    public var deadPacks: [DeadPack] { content.checked.deadPacks }
    /// Roots that pushes brought.
    public var pushes: [PushRow] { content.checked.pushes }
    /// Segments whose whole content is in this one.
    public var replaced: [Digest] { content.checked.replaced }

    private var bytes: [UInt8] { content.bytes }
    private var layout: SegmentLayout { content.layout }

    /// How many entries there are.
    public var count: Int { layout.objects.count + layout.chunks.count }
    /// The bytes of the segment.
    public var size: Int { bytes.count }

    /// Reads a segment and checks all of it: the digest in it and that of its name, every row and every entry, and their order.
    ///
    /// - Parameter name: the digest in the segment's name; `nil` where it has none yet.
    /// - Throws: `FormatError`.
    public init(parsing bytes: [UInt8], name: Digest? = nil) throws(FormatError) {
        let checked = try bytes.withBytes { (bytes) throws(FormatError) in
            try SegmentCheck.check(bytes, name: name)
        }
        content = Content(checked, bytes)
    }

    /// Reads a segment from a file; see `init(parsing:name:)`.
    ///
    /// - Throws: `StoreError` if the file cannot be read or is not a segment of that name.
    public init(reading file: borrowing OpenFile, name: Digest) throws(StoreError) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.readAll() } catch { throw StoreError(error) }
        let path = file.path
        self = try format(path) { () throws(FormatError) in try IndexSegment(parsing: bytes, name: name) }
    }

    /// Calls `body` with every place of a record that the segment knows: the number of the pack in `packs`, and the place in it.
    ///
    /// Takes one look into the fanout table and a binary search among about 256 entries.
    public func forEachPlace(of key: RecordKey, _ body: (_ pack: Int, PackPlace) -> Void) {
        for index in entries(of: key) {
            let entry = entry(at: index)
            body(Int(entry.pack), entry.place)
        }
    }

    /// The places of the entries of a record, as `entry(at:)` takes them; empty if the segment does not know it.
    func entries(of key: RecordKey) -> Range<Int> {
        let isChunk = key.kind == .chunk
        let section = isChunk ? layout.chunks : layout.objects
        return bytes.withUnsafeBytes { bytes in
            let bucket = section.bucket(of: key)
            var low = Int(bytes.integer(at: section.offset + 4 * bucket, as: UInt32.self))
            let end = Int(bytes.integer(at: section.offset + 4 * bucket + 4, as: UInt32.self))
            var high = end
            while low < high {
                let middle = (low + high) / 2
                // Two digests with the same first eight bytes are rare.
                let word = bytes.integer(
                    at: section.entries + SegmentLayout.entrySize * middle, as: UInt64.self
                ).byteSwapped
                let isBefore =
                    word != key.digest.leadingWord
                    ? word < key.digest.leadingWord : self.key(at: middle, section, bytes) < key
                if isBefore { low = middle + 1 } else { high = middle }
            }
            let start = low
            while low < end, isEntry(at: low, section, bytes, of: key) { low += 1 }
            let base = isChunk ? layout.objects.count : 0
            return (base + start)..<(base + low)
        }
    }

    /// Calls `body` with every entry: those of objects first, each kind of section sorted by key.
    public func forEachEntry(_ body: (_ key: RecordKey, _ pack: Int, PackPlace) -> Void) {
        bytes.withUnsafeBytes { bytes in
            for section in [layout.objects, layout.chunks] {
                for offset in stride(from: section.entries, to: section.end, by: SegmentLayout.entrySize) {
                    guard let entry = SegmentEntry(bytes, at: offset) else { continue }
                    body(entry.key, Int(entry.pack), entry.place)
                }
            }
        }
    }

    /// The places of the entries of objects, as `entry(at:)` takes them.
    var objectEntries: Range<Int> { 0..<layout.objects.count }
    /// The places of the entries of chunks, behind those of objects.
    var chunkEntries: Range<Int> { layout.objects.count..<count }

    /// One entry.
    func entry(at index: Int) -> SegmentEntry {
        let place = offset(of: index)
        guard let entry = bytes.withUnsafeBytes({ SegmentEntry($0, at: place) }) else {
            preconditionFailure("kinds were checked when the segment was read")
        }
        return entry
    }

    /// The pack of an entry, as a row of `packs`.
    func pack(at index: Int) -> Int {
        let offset = offset(of: index)
        return bytes.withUnsafeBytes { Int($0.integer(at: offset + 32, as: UInt32.self)) }
    }

    /// True if an entry beside this one tells of the same record.
    func hasTwin(at index: Int) -> Bool {
        let key = entry(at: index).key
        let own = index < layout.objects.count ? objectEntries : chunkEntries
        return (index > own.lowerBound && entry(at: index - 1).key == key)
            || (index + 1 < own.upperBound && entry(at: index + 1).key == key)
    }

    private func offset(of index: Int) -> Int {
        let objects = layout.objects.count
        return index < objects
            ? layout.objects.entries + SegmentLayout.entrySize * index
            : layout.chunks.entries + SegmentLayout.entrySize * (index - objects)
    }

    private func isEntry(
        at index: Int, _ section: SegmentLayout.Section, _ bytes: UnsafeRawBufferPointer, of key: RecordKey
    ) -> Bool {
        let offset = section.entries + SegmentLayout.entrySize * index
        // The first bytes tell nearly always.
        guard bytes.integer(at: offset, as: UInt64.self).byteSwapped == key.digest.leadingWord else {
            return false
        }
        return self.key(at: index, section, bytes) == key
    }

    private func key(
        at index: Int, _ section: SegmentLayout.Section, _ bytes: UnsafeRawBufferPointer
    ) -> RecordKey {
        let offset = section.entries + SegmentLayout.entrySize * index
        guard let kind = RecordKind(rawValue: bytes[offset + 46]) else {
            preconditionFailure("kinds were checked when the segment was read")
        }
        return RecordKey(kind, Digest(bytes: bytes, at: offset))
    }
}
