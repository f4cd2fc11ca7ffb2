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

    private let packClass: PackClass
    private let push: ULID
    private let batch: @Sendable () throws(StoreError) -> DurableBatch
    private let state = Mutex(State())

    /// Describes a stream; the first pack is begun with the first frame.
    ///
    /// - Parameter batch: where the packs are written.
    init(
        _ packClass: PackClass, _ push: ULID,
        in batch: @escaping @Sendable () throws(StoreError) -> DurableBatch
    ) {
        self.packClass = packClass
        self.push = push
        self.batch = batch
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
    /// - Returns: all packs of the stream.
    func finish() throws(StoreError) -> [Finished] {
        try state.withLock { (state) throws(StoreError) in
            try close(&state)
            defer { state.finished = [] }
            return state.finished
        }
    }

    private func begin() throws(StoreError) -> (PackWriter, DurableBatch.Temporary) {
        var random = SystemRandomNumberGenerator()
        let header = PackHeader(
            packClass, nonce: UniqueID(using: &random), push: push, created: Surroundings.now / 1_000_000)
        let batch = try batch()
        let temporary = batch.newTemporary()
        let file = try system { () throws(SystemError) in
            try batch.create(temporary, permissions: 0o444)
        }
        return (try PackWriter(header, into: file), temporary)
    }

    private func close(_ state: inout State) throws(StoreError) {
        guard let current = state.current else { return }
        state.finished.append(Finished(pack: try current.writer.finish(), file: current.file))
        state.current = nil
    }
}
