import CairnCore
import CairnSystem
import Synchronization

/// The packs of one class that a session writes, one after the other.
final class PackStream: Sendable {
    /// A pack that is written to its end and has no name yet.
    struct Finished: Sendable {
        let pack: PackWriter.Pack
        let file: DurableBatch.Temporary
    }

    private struct State {
        var current: (writer: PackWriter, file: DurableBatch.Temporary)?
        var finished: [Finished] = []
    }

    private let header: @Sendable () -> PackHeader
    private let batch: @Sendable () throws(StoreError) -> DurableBatch
    private let stays: Bool
    private let state = Mutex(State())
    /// Held by who appends several frames that are to stay together, which takes as long as writing them.
    private let together = ThreadLock()

    /// Describes a stream; the first pack is begun with the first frame.
    ///
    /// - Parameter batch: where the packs are written.
    convenience init(
        _ packClass: PackClass, _ push: ULID,
        in batch: @escaping @Sendable () throws(StoreError) -> DurableBatch
    ) {
        self.init(in: batch) {
            var random = SystemRandomNumberGenerator()
            return PackHeader(
                packClass, nonce: UniqueID(using: &random), push: push,
                created: Surroundings.now / 1_000_000)
        }
    }

    /// - Parameters:
    ///   - stays: false for packs that go away again soon.
    ///   - header: makes the head of each pack, no two alike.
    init(
        in batch: @escaping @Sendable () throws(StoreError) -> DurableBatch, stays: Bool = true,
        header: @escaping @Sendable () -> PackHeader
    ) {
        self.stays = stays
        self.header = header
        self.batch = batch
    }

    /// Appends frames one behind the other; a new pack is begun where one is full.
    func append(_ frames: [EncodedFrame]) throws(StoreError) {
        try together.withLock { () throws(StoreError) in
            for frame in frames { try append(frame) }
        }
    }

    /// As `append(_:)` for several frames, but does nothing while somebody else appends such.
    ///
    /// - Returns: false if it did nothing.
    func appendIfFree(_ frames: [EncodedFrame]) throws(StoreError) -> Bool {
        try together.withLockIfFree { () throws(StoreError) in
            for frame in frames { try append(frame) }
            return true
        } ?? false
    }

    /// Appends a frame to the present pack, or to a new one if that is full.
    func append(_ frame: EncodedFrame) throws(StoreError) {
        while true {
            let writer = try state.withLock { (state) throws(StoreError) in
                if let current = state.current { return current.writer }
                let new = try begin()
                state.current = new
                return new.0
            }
            // Other threads may append meanwhile, or close the pack: then there is a new one.
            if try writer.append(frame) { return }
            try state.withLock { (state) throws(StoreError) in
                if state.current?.writer === writer { try close(&state) }
            }
        }
    }

    /// Ends the present pack.
    ///
    /// - Returns: all packs of the stream that were not taken yet.
    func finish() throws(StoreError) -> [Finished] {
        try state.withLock { (state) throws(StoreError) in
            try close(&state)
            defer { state.finished = [] }
            return state.finished
        }
    }

    /// The packs that are full and were not taken yet.
    func takeFull() throws(StoreError) -> [Finished] {
        try state.withLock { (state) throws(StoreError) in
            if state.current?.writer.isFull == true { try close(&state) }
            defer { state.finished = [] }
            return state.finished
        }
    }

    private func begin() throws(StoreError) -> (PackWriter, DurableBatch.Temporary) {
        let batch = try batch()
        let temporary = batch.newTemporary()
        let file = try system { () throws(SystemError) in
            try batch.create(temporary, permissions: 0o444)
        }
        return (try PackWriter(header(), into: file, stays: stays), temporary)
    }

    private func close(_ state: inout State) throws(StoreError) {
        guard let current = state.current else { return }
        state.finished.append(Finished(pack: try current.writer.finish(), file: current.file))
        state.current = nil
    }
}
