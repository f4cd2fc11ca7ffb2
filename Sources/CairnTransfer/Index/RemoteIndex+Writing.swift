import CairnCore
import CairnRemote
import CairnStore

extension RemoteIndex {
    /// A name for a command, later than another one even if this machine's clock is behind.
    func newName(after other: ULID? = nil) -> ULID {
        let date = UInt64(max(0, surroundings.clock.date))
        let time = max(date, other.map { $0.milliseconds + 1 } ?? 0)
        return surroundings.withRandom { ULID(milliseconds: time, using: &$0) }
    }

    /// Writes a segment, and takes it in.
    @discardableResult
    func write(
        _ segment: IndexSegmentBuilder.Segment, as name: SegmentName
    ) async throws(TransferError) -> IndexSegment {
        let upload = RemoteUpload(name.path, .bytes(segment.bytes), isNew: true)
        try await remotely { () throws(RemoteError) in _ = try await remote.write([upload], jobs: 1) }
        do throws(FormatError) {
            let parsed = try IndexSegment(parsing: segment.bytes, name: segment.name)
            remember(parsed, name, segment.bytes)
            return parsed
        } catch {
            throw TransferError(.malformed(name.path, error))
        }
    }

    /// Deletes objects, many at a time.
    func delete(_ keys: [String]) async throws(TransferError) {
        var rest = keys[...]
        while !rest.isEmpty {
            let round = Array(rest.prefix(1000))
            try await remotely { () throws(RemoteError) in try await remote.delete(round) }
            rest = rest.dropFirst(1000)
        }
    }
}
