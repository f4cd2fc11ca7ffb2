import CairnCore
import CairnSystem

/// What is wrong with a pack.
public struct PackDamage: Sendable {
    /// The pack, as the index tells about it.
    public let pack: PackInfo
    /// The first thing that was found wrong.
    public let reason: StoreError
    /// Records that this pack does not give any more. Without any, only what the pack says of itself is damaged.
    public let badRecords: [RecordKey]
    /// True if the pack has the bytes that it is named by, and needs a newer program.
    public let isForNewerProgram: Bool
}

/// Looks at one pack of a store, closely or less so.
struct PackCheck {
    let store: PackedStore
    let depth: CheckDepth

    /// Checks a pack.
    ///
    /// - Parameters:
    ///   - entries: the records that the index looks for in the pack.
    ///   - progress: called with bytes that were read.
    /// - Returns: `nil` if nothing is wrong with it.
    /// - Throws: `StoreError` if the pack cannot be read for another reason than what it is, or with EINTR when the user asked to stop.
    func damage(
        of pack: PackInfo, _ entries: [PackEntry], progress: (Int64) -> Void
    ) throws(StoreError) -> PackDamage? {
        guard let folder = store.folder else { return nil }
        let path = PackedLayout.path(ofPack: pack.name)
        let place = folder.path(of: path.utf8)
        let status = try system { () throws(SystemError) in try folder.status(of: Array(path.utf8)) }
        guard let status, status.kind == .regular else {
            let reason = StoreError(.io(.noSuchFileOrDirectory), place)
            return PackDamage(
                pack: pack, reason: reason, badRecords: entries.map(\.key), isForNewerProgram: false)
        }
        var reason: StoreError?
        if status.size != pack.size {
            let fault = FormatError(.packTrailer, .truncated(needed: pack.size, found: status.size), at: 0)
            reason = StoreError(.malformed(fault), place)
        }
        if depth >= .structure, reason == nil { reason = try structure(of: pack, entries, folder) }
        if let reason,
            try !reason.isDamage(
                of: pack.name, { () throws(StoreError) in try store.open(pack.name, in: folder) })
        {
            return PackDamage(
                pack: pack, reason: reason, badRecords: entries.map(\.key), isForNewerProgram: true)
        }
        var bad = entries.filter {
            Int64($0.place.frameOffset) + Int64($0.place.frameLength) > status.size
        }
        if depth == .full {
            let reader = try salvaging(pack, folder)
            if reason == nil, try reader.digest(progress: progress) != pack.name {
                reason = StoreError(.malformed(FormatError(.packTrailer, .mismatch, at: 0)), place)
            }
            bad = try unsound(entries, reader)
            if reason == nil, !bad.isEmpty {
                // Written wrong: the bytes are those that the pack was named by.
                reason = StoreError(.malformed(FormatError(.record, .mismatch, at: 0)), place)
            }
        }
        return reason.map {
            PackDamage(pack: pack, reason: $0, badRecords: bad.map(\.key), isForNewerProgram: false)
        }
    }

    /// What a pack says of itself, compared with what the index says.
    private func structure(
        of pack: PackInfo, _ entries: [PackEntry], _ folder: Folder
    ) throws(StoreError) -> StoreError? {
        do throws(StoreError) {
            let file = try store.open(pack.name, in: folder)
            let reader = try PackReader(file)
            let own = Set(try reader.trailer().entries)
            guard reader.header.packClass == pack.packClass, entries.allSatisfy(own.contains) else {
                let fault = FormatError(.packTrailer, .badValue("records that the index knows"), at: 0)
                return StoreError(.malformed(fault), reader.path)
            }
            return nil
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return error
        }
    }

    private func salvaging(_ pack: PackInfo, _ folder: Folder) throws(StoreError) -> PackReader {
        let file = try store.open(pack.name, in: folder)
        return try PackReader(salvaging: file, as: pack.packClass)
    }

    /// The records that are not what their keys say; those of one frame are hashed together.
    private func unsound(_ entries: [PackEntry], _ reader: PackReader) throws(StoreError) -> [PackEntry] {
        let sorted = entries.sorted {
            ($0.place.frameOffset, $0.place.record) < ($1.place.frameOffset, $1.place.record)
        }
        var bad: [PackEntry] = []
        var start = 0
        while start < sorted.count {
            try system { () throws(SystemError) in try Interruption.check() }
            let place = sorted[start].place
            let end =
                sorted[start...].firstIndex { $0.place.frameOffset != place.frameOffset } ?? sorted.count
            let group = sorted[start..<end]
            if let records = try? reader.records(Array(group)) {
                bad += zip(group, records).filter { !PackedStore.isSound($1, $0.key) }.map(\.0)
            } else {
                for entry in group where try !reader.isSound(entry) { bad.append(entry) }
            }
            start = end
        }
        return bad
    }
}

extension PackReader {
    /// True if a record can be read and is what its key says.
    ///
    /// - Throws: `StoreError` with EINTR when the user asked to stop.
    func isSound(_ entry: PackEntry) throws(StoreError) -> Bool { try soundRecord(entry) != nil }

    /// A record, if it can be read and is what its key says.
    ///
    /// - Throws: `StoreError` with EINTR when the user asked to stop.
    func soundRecord(_ entry: PackEntry) throws(StoreError) -> ArraySlice<UInt8>? {
        do throws(StoreError) {
            let bytes = try record(entry.key, at: entry.place)
            return PackedStore.isSound(bytes, entry.key) ? bytes : nil
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }
}

extension PackIndex {
    /// The records that the index looks for in each of some packs.
    func entries(of wanted: Set<Digest>) -> [Digest: [PackEntry]] {
        var entries: [Digest: [PackEntry]] = [:]
        forEachEntry { key, location in
            guard wanted.contains(location.pack.name) else { return }
            entries[location.pack.name, default: []].append(PackEntry(key, location.place))
        }
        return entries
    }
}
