import CairnCore
import CairnRemote
import CairnStore
import CairnSystem

/// Copies records of a packed remote into new packs there, each compared with its key.
struct RecordCopying {
    let index: RemoteIndex
    /// The collector.
    let writer: ULID
    let folder: FilePath
    let jobs: Int
    let reporter: any Reporter

    /// Copies records, and writes segments that tell where they lie now.
    ///
    /// - Parameters:
    ///   - keys: no key twice.
    ///   - source: where they are read.
    /// - Returns: the segments, the records that cannot be read, and the bytes of the new packs.
    /// - Throws: `TransferError`.
    func copy(
        _ keys: [RecordKey], from source: PackIndex, of marker: StoreMarker
    ) async throws(TransferError) -> (segments: [IndexSegment], failed: [RecordKey], bytes: Int64) {
        let spool = try locally { () throws(StoreError) in
            try PackSpool(
                in: folder, chunker: marker.chunker, staysHere: index.remote.isLocal,
                header: { [index, writer] in index.packHeader($0, writer) },
                isStored: { _ in false })
        }
        var sent: [SentPack] = []
        var reading = RecordReading(from: index.remote, jobs: jobs)
        let failed = try await reading.readFrames(keys, in: source) { (frames) throws(TransferError) in
            let damaged = try locally { () throws(StoreError) in try spool.add(frames) }
            reporter.advance(items: 0, bytes: frames.reduce(0) { $0 + $1.selection.length })
            sent += try await send { () throws(StoreError) in
                try spool.takeFull(.data) + spool.takeFull(.meta)
            }
            return damaged.map(\.selection)
        }
        sent += try await send { () throws(StoreError) in try spool.finish(.data) + spool.finish(.meta) }
        var segments: [IndexSegment] = []
        for segment in SentPack.segments(of: sent) {
            let name = SegmentName(level: 0, push: writer, digest: segment.name)
            segments.append(try await index.write(segment, as: name))
        }
        return (segments, failed, sent.reduce(0) { $0 + $1.info.size })
    }

    private func send(_ take: () throws(StoreError) -> [PackSpool.Pack]) async throws(TransferError)
        -> [SentPack]
    {
        let packs = try locally(take)
        guard !packs.isEmpty else { return [] }
        let sent = try await remotely { () throws(RemoteError) in
            try await SentPack.send(packs, to: index.remote, jobs: jobs)
        }
        for pack in packs { pack.discard() }
        return sent
    }
}
