import CairnCore
import Synchronization

/// What one thread needs to put records into frames: of each class of packs one that is being filled.
///
/// Small records of several calls share a frame, so a lane is used again by the next thread that comes.
final class PackLane: @unchecked Sendable {
    // Sendable: whoever took it from `PackLanes` is its only user until it is given back.

    private var data: FrameBuilder
    private var meta: FrameBuilder?
    private let compression: Compression

    init(_ compression: Compression) {
        self.compression = compression
        data = FrameBuilder(for: .data, compression)
    }

    /// Takes a record in; see `FrameBuilder.add`.
    func add(_ key: RecordKey, _ bytes: UnsafeRawBufferPointer) throws(FormatError) -> EncodedFrame? {
        if key.kind.packClass == .data { return try data.add(key, bytes) }
        if meta == nil { meta = FrameBuilder(for: .meta, compression) }
        return try meta?.add(key, bytes) ?? nil
    }

    /// The frames that are not full, each with its class.
    func finish() -> [(PackClass, EncodedFrame)] {
        data.finish().map { (.data, $0) } + (meta?.finish() ?? []).map { (.meta, $0) }
    }
}

/// The lanes of a session: as many as threads add records at the same time.
final class PackLanes: Sendable {
    private let idle = Mutex<[PackLane]>([])
    private let compression: Compression

    init(_ compression: Compression) { self.compression = compression }

    func take() -> PackLane { idle.withLock { $0.popLast() } ?? PackLane(compression) }

    func giveBack(_ lane: PackLane) { idle.withLock { $0.append(lane) } }

    /// All lanes that nobody uses; they are not handed out any more.
    func takeAll() -> [PackLane] {
        idle.withLock { lanes in
            defer { lanes = [] }
            return lanes
        }
    }
}
