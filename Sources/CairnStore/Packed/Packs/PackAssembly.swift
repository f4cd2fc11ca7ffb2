import CairnCore
import CairnSystem
import Synchronization

/// Records on their way into packs: compressed on the threads that bring them, gathered into frames, written one pack after the other.
///
/// After a failure nothing more is taken: others may have relied on what was not stored.
final class PackAssembly: Sendable {
    private let root: FilePath
    private let isStored: @Sendable (RecordKey) -> Bool
    private let claims = KeyClaims()
    private let lanes = PackLanes(.standard)
    private let data: PackStreams
    private let meta: PackStreams
    private let failure = Mutex<StoreError?>(nil)

    /// Begins with nothing.
    ///
    /// - Parameters:
    ///   - root: the place that errors name.
    ///   - isStored: true for a record that need not be stored again.
    init(
        _ data: PackStreams, _ meta: PackStreams, at root: FilePath,
        isStored: @escaping @Sendable (RecordKey) -> Bool
    ) {
        self.data = data
        self.meta = meta
        self.root = root
        self.isStored = isStored
    }

    /// True if the record is stored already, or was handed over before.
    func contains(_ key: RecordKey) -> Bool { isStored(key) || claims.contains(key) }

    /// Takes it upon the caller to add a record, or to see that it is there: it counts as added from now on.
    ///
    /// - Returns: false if somebody has done so, or the record was added.
    func claim(_ key: RecordKey) -> Bool { claims.claim(key) }

    /// Gives the memory back that it takes to know what was added, when nothing is added any more.
    func forgetClaims() { claims.removeAll() }

    /// Adds records that are not there yet; nothing keeps their memory.
    ///
    /// - Throws: `StoreError` if a record is larger than 64 MiB, or cannot be written; with EINTR when the user asked to stop.
    func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try add(records) { claims.claim($0) }
    }

    /// As `add(_:)`, for records that the caller has claimed.
    func add(claimed records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try add(records) { _ in true }
    }

    private func add(
        _ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)], where isOurs: (RecordKey) -> Bool
    ) throws(StoreError) {
        try noting { () throws(StoreError) in
            try system { () throws(SystemError) in try Interruption.check() }
            let lane = lanes.take()
            defer { lanes.giveBack(lane) }
            for (key, bytes) in records where !isStored(key) && isOurs(key) {
                let frame = try format(root) { () throws(FormatError) in try lane.add(key, bytes) }
                if let frame { try stream(key.kind.packClass).append(frame) }
            }
        }
    }

    /// Adds frames as they are, one behind the other.
    ///
    /// - Precondition: all their records are of one class, and none of them was added before.
    func add(_ frames: [EncodedFrame]) throws(StoreError) {
        guard let first = frames.first?.records.first else { return }
        try noting { () throws(StoreError) in
            try system { () throws(SystemError) in try Interruption.check() }
            for frame in frames {
                for record in frame.records { _ = claims.claim(record.key) }
            }
            try stream(first.key.kind.packClass).append(frames)
        }
    }

    /// Adds records of frames that came from another store, each checked; frames of which all records are wanted stay as they are.
    ///
    /// - Parameter frames: which records are wanted, none of which was added before, and the bytes of the whole frame.
    /// - Returns: the frames that are damaged; nothing was taken of them.
    func add(
        _ frames: [(selection: FrameSelection, bytes: [UInt8])]
    ) throws(StoreError) -> [(selection: FrameSelection, error: FormatError)] {
        var whole: [PackClass: [EncodedFrame]] = [:]
        var parts: [(key: RecordKey, bytes: ArraySlice<UInt8>)] = []
        var damaged: [(selection: FrameSelection, error: FormatError)] = []
        for (selection, bytes) in frames {
            do throws(FormatError) {
                let found = try PackFrame.select(selection, of: bytes)
                if let encoded = found.whole {
                    whole[selection.pack.packClass, default: []].append(encoded)
                    continue
                }
                for (entry, bytes) in zip(selection.entries, found.records) {
                    parts.append((entry.key, bytes))
                }
            } catch {
                damaged.append((selection, error))
            }
        }
        for (key, bytes) in parts {
            try bytes.withBytes { (bytes) throws(StoreError) in try add([(key, bytes)]) }
        }
        for frames in whole.values { try add(frames) }
        return damaged
    }

    /// The packs of a class that are full and were not taken yet.
    func takeFull(_ packClass: PackClass) throws(StoreError) -> [PackStream.Finished] {
        try stream(packClass).takeFull()
    }

    /// Writes what is left of all records that were added, and ends the packs of a class.
    ///
    /// - Returns: the packs that were not taken yet.
    /// - Throws: `StoreError`, also for a failure of before.
    /// - Precondition: no thread adds records meanwhile.
    func finish(_ packClass: PackClass) throws(StoreError) -> [PackStream.Finished] {
        if let failure = failure.withLock({ $0 }) { throw failure }
        for lane in lanes.takeAll() {
            for (packClass, frame) in lane.finish() { try stream(packClass).append(frame) }
        }
        return try stream(packClass).finish()
    }

    private func stream(_ packClass: PackClass) -> PackStreams { packClass == .data ? data : meta }

    private func noting(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            failure.withLock { if $0 == nil { $0 = error } }
            throw error
        }
    }
}
