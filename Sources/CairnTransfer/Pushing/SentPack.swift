import CairnCore
import CairnRemote
import CairnStore

/// A pack that is on the remote, though no segment need tell of it yet.
struct SentPack: Sendable {
    /// What an index needs to know of it.
    let content: PackWriter.Pack

    /// What an index says about it.
    var info: PackInfo { content.info }
    /// Its records.
    var entries: [PackEntry] { content.entries }
}

/// The records of packs that were sent.
struct SentRecords: Sendable {
    let index: PackIndex

    /// - Throws: `TransferError` if one of the packs cannot be.
    init(_ packs: [SentPack]) throws(TransferError) {
        var segments: [IndexSegment] = []
        for segment in SentPack.segments(of: packs) {
            do throws(FormatError) {
                segments.append(try IndexSegment(parsing: segment.bytes))
            } catch {
                throw TransferError(.malformed(PackedLayout.segments, error))
            }
        }
        index = PackIndex(segments)
    }

    func contains(_ key: RecordKey) -> Bool { index.contains(key) }

    /// Where a record was sent to.
    func location(of key: RecordKey) -> PackIndex.Location? { index.location(of: key) }
}

extension RemoteIndex {
    /// The head of a pack. No two packs have the same name, even with the same records: docs/formats/packed-store.md.
    func packHeader(_ packClass: PackClass, _ push: ULID) -> PackHeader {
        guard rules.makesNamesUnique else {
            return PackHeader(
                packClass, nonce: UniqueID(high: 0, low: 0), push: ULID(high: 0, low: 0), created: 0)
        }
        let nonce = surroundings.withRandom { UniqueID(using: &$0) }
        return PackHeader(packClass, nonce: nonce, push: push, created: surroundings.clock.date)
    }
}

extension SentPack {
    /// Sends packs. The files are still there afterwards, unless the remote moved them to their places.
    static func send(
        _ packs: [PackSpool.Pack], to remote: any Remote, jobs: Int
    ) async throws(RemoteError) -> [SentPack] {
        let uploads = packs.map { pack in
            RemoteUpload(
                PackedLayout.path(ofPack: pack.info.name),
                .file(pack.path, size: pack.info.size, isExpendable: true),
                isNew: true)
        }
        try await remote.write(uploads, jobs: jobs)
        return packs.map { SentPack(content: $0.content) }
    }

    /// Segments that tell of packs: one, unless there are more records than it may have.
    ///
    /// - Parameter roots: rows for the last one.
    static func segments(of packs: [SentPack], roots: [PushRow] = []) -> [IndexSegmentBuilder.Segment] {
        var segments: [IndexSegmentBuilder.Segment] = []
        var builder = IndexSegmentBuilder()
        for pack in packs {
            builder.add(pack.content)
            guard builder.isFull else { continue }
            segments.append(builder.build())
            builder = IndexSegmentBuilder()
        }
        for root in roots { builder.add(root) }
        if !builder.isEmpty { segments.append(builder.build()) }
        return segments
    }
}
