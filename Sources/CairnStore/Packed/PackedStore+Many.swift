public import CairnCore
import CairnSystem

extension PackedStore {
    /// Reads many small files, each checked against its id; every frame is read and decompressed once.
    ///
    /// Objects that are not stored in one piece are read whole, one by one, at the end.
    /// - Parameter body: called once for each, in the order in which they lie in the packs, with the position among `ids` and the bytes or why
    ///   they cannot be had. The bytes share the memory of their frame.
    /// - Throws: what `body` throws, which ends the reading; `StoreError` if the index cannot be read, or with EINTR when the user asked to
    ///   stop.
    public func readMany(
        _ ids: [ObjectID],
        _ body: (Int, Result<ArraySlice<UInt8>, StoreError>) throws(StoreError) -> Void
    ) throws(StoreError) {
        let index = try index()
        var wanted: [WantedRecord] = []
        var others: [Int] = []
        var order: [Digest: Int] = [:]
        wanted.reserveCapacity(ids.count)
        for (position, id) in ids.enumerated() {
            guard id.algorithm == .blake3, !id.isDirectory,
                let location = index.location(of: RecordKey(.blob, id.digest))
            else {
                others.append(position)
                continue
            }
            let key = RecordKey(.blob, id.digest)
            // Packs in the order in which they are first asked for: as a rule that is the one in which they were written.
            let number = order[location.pack.name] ?? order.count
            order[location.pack.name] = number
            wanted.append(WantedRecord(position, key, location, pack: number))
        }
        wanted.sort()
        var start = 0
        while start < wanted.count {
            try system { () throws(SystemError) in try Interruption.check() }
            let first = wanted[start]
            let end = wanted[start...].firstIndex { !$0.isInFrame(of: first) } ?? wanted.count
            let found = try records(wanted[start..<end])
            for (item, bytes) in zip(wanted[start..<end], found) {
                if let bytes {
                    try body(item.position, .success(bytes))
                } else {
                    try body(item.position, try result(ids[item.position]))
                }
            }
            start = end
        }
        for position in others { try body(position, try result(ids[position])) }
    }

    /// Records of one frame; `nil` for those that this frame does not give.
    private func records(_ wanted: ArraySlice<WantedRecord>) throws(StoreError) -> [ArraySlice<UInt8>?] {
        let nothing = [ArraySlice<UInt8>?](repeating: nil, count: wanted.count)
        guard let first = wanted.first else { return nothing }
        do throws(StoreError) {
            let place = first.place
            let frame = try reader(of: first.location).frame(
                at: place.frameOffset, length: place.frameLength)
            do throws(FormatError) {
                return try frame.records(wanted.map { (Int($0.place.record), $0.key) })
            } catch {
                return wanted.map { try? frame.record(Int($0.place.record), checkedAgainst: $0.key) }
            }
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nothing
        }
    }

    /// Reads one object by itself, from wherever it can be had.
    private func result(_ id: ObjectID) throws(StoreError) -> Result<ArraySlice<UInt8>, StoreError> {
        do throws(StoreError) {
            return .success(try read(id)[...])
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return .failure(error)
        }
    }
}

/// A record that `readMany` reads, in the order of the packs.
private struct WantedRecord: Comparable {
    /// Where it stands among those that were asked for.
    let position: Int
    let key: RecordKey
    let location: PackInfo
    let place: PackPlace
    /// Pack and frame as one number.
    private let frame: UInt64

    init(_ position: Int, _ key: RecordKey, _ location: PackIndex.Location, pack: Int) {
        self.position = position
        self.key = key
        self.location = location.pack
        place = location.place
        frame = UInt64(pack) << 32 | UInt64(location.place.frameOffset)
    }

    func isInFrame(of other: WantedRecord) -> Bool {
        frame == other.frame && place.frameLength == other.place.frameLength
    }

    static func < (left: WantedRecord, right: WantedRecord) -> Bool {
        (left.frame, left.place.record) < (right.frame, right.place.record)
    }

    static func == (left: WantedRecord, right: WantedRecord) -> Bool {
        (left.frame, left.place.record) == (right.frame, right.place.record)
    }
}
