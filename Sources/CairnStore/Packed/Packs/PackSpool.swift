public import CairnCore
public import CairnSystem
import Synchronization

/// Packs for another place: records are gathered into packs that lie in a folder of this machine until they were sent.
///
/// Nothing in the folder is durable, and it goes with the value, or with the next one if the process is killed. Several threads may add.
public final class PackSpool: ChunkSink {
    /// A pack that is complete.
    public struct Pack: Sendable {
        /// What an index needs to know of it.
        public let content: PackWriter.Pack
        /// Where it lies now.
        public let path: FilePath
        fileprivate let folder: ScratchFolder
        fileprivate let name: String

        /// What an index says about it.
        public var info: PackInfo { content.info }

        /// Removes the file, if it is still there.
        public func discard() { try? folder.folder.remove(name.utf8) }  // it goes with the folder
    }

    private let root: FilePath
    private let rule: ChunkingRule
    private let folder: ScratchFolder
    private let batch: DurableBatch
    private let assembly: PackAssembly

    /// Makes the folder.
    ///
    /// - Parameters:
    ///   - root: an existing folder of this machine.
    ///   - chunker: the number of the rule by which files are cut.
    ///   - staysHere: whether packs come to lie on this machine in the end, so that its disk may as well begin with them.
    ///   - header: makes the head of each pack, no two alike.
    ///   - isStored: true for a record that is not to be sent.
    /// - Throws: `StoreError` if the folder cannot be made, `.readOnly` for a rule that this program does not know.
    public init(
        in root: FilePath, chunker: Int, staysHere: Bool = true,
        header: @escaping @Sendable (PackClass) -> PackHeader,
        isStored: @escaping @Sendable (RecordKey) -> Bool
    ) throws(StoreError) {
        guard let rule = UInt8(exactly: chunker).flatMap(ChunkingRule.init(id:)) else {
            throw StoreError(.readOnly(missing: ["chunker \(chunker)"]), root)
        }
        self.rule = rule
        let made = try system { () throws(SystemError) in
            let folder = try ScratchFolder(in: Folder(root), "spool")
            return (folder, try DurableBatch(in: folder.folder))
        }
        (folder, batch) = made
        let batch = made.1
        self.root = root
        assembly = PackAssembly(
            PackStreams([PackStream(in: { batch }, stays: staysHere, header: { header(.data) })]),
            PackStreams([PackStream(in: { batch }, stays: staysHere, header: { header(.meta) })]), at: root,
            isStored: isStored)
    }

    /// True if the record is not to be sent, or was added before.
    public func contains(_ key: RecordKey) -> Bool { assembly.contains(key) }

    /// Adds records; those that are there are passed over. The bytes are not kept beyond the call.
    ///
    /// - Throws: `StoreError` if they cannot be written; the spool is of no use after that.
    public func add(_ records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)]) throws(StoreError) {
        try assembly.add(records)
    }

    /// Adds a file of any size; see `PackBatch.add(_:workers:progress:)`.
    public func add(
        _ file: borrowing OpenFile, workers: Workers, progress: (Int64) -> Void
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        try FileChunking(into: self, by: rule, workers: workers).add(file, progress: progress)
    }

    /// Adds the pages of a directory and its record; see `PackBatch.add(listing:id:)`.
    public func add(listing bytes: [UInt8], id: ObjectID) throws(StoreError) {
        guard id.algorithm == .blake3, BLAKE3.digest(of: bytes) == id.digest else {
            throw StoreError(.damaged(id), root)
        }
        try add(listing: bytes, id: id, at: root)
    }

    /// Copies records of a store, each checked on the way. Frames of which all records are wanted stay as they are.
    ///
    /// - Parameters:
    ///   - frames: as the index of the store gave them; no record of them was added before.
    ///   - progress: called, on any thread, with bytes of packs that are done.
    /// - Returns: the records that no pack of the store has in a sound state.
    /// - Throws: `StoreError` if something cannot be written, or the user asked to stop.
    public func copy(
        _ frames: [FrameSelection], from store: PackedStore, workers: Workers,
        progress: @Sendable (Int64) -> Void = { _ in }
    ) throws(StoreError) -> [(key: RecordKey, error: StoreError)] {
        let failures = Mutex<[(key: RecordKey, error: StoreError)]>([])
        try workers.forEachRange(of: frames.count, stride: 8) { (range) throws(StoreError) in
            var whole: [EncodedFrame] = []
            var packClass: PackClass?
            for frame in frames[range] {
                let found = try select(frame, from: store)
                progress(frame.length)
                if let encoded = found?.whole {
                    if let packClass, packClass != frame.pack.packClass {
                        try assembly.add(whole)
                        whole = []
                    }
                    packClass = frame.pack.packClass
                    whole.append(encoded)
                } else if let found {
                    for (entry, bytes) in zip(frame.entries, found.records) {
                        try bytes.withBytes { (bytes) throws(StoreError) in
                            try assembly.add([(entry.key, bytes)])
                        }
                    }
                } else {
                    let lost = try copyOneByOne(frame.entries, from: store)
                    failures.withLock { $0 += lost }
                }
            }
            try assembly.add(whole)
        }
        return failures.withLock { $0 }
    }

    /// Adds records of frames that came from elsewhere; see `PackBatch.add(_:)`.
    public func add(
        _ frames: [(selection: FrameSelection, bytes: [UInt8])]
    ) throws(StoreError) -> [(selection: FrameSelection, error: FormatError)] {
        try assembly.add(frames)
    }

    /// Reads a frame; `nil` if it is damaged or gone.
    private func select(
        _ selection: FrameSelection, from store: PackedStore
    ) throws(StoreError) -> (whole: EncodedFrame?, records: [ArraySlice<UInt8>])? {
        do throws(StoreError) {
            let reader = try store.reader(of: selection.pack)
            let bytes = try reader.bytes(at: selection.offset, count: Int(selection.length))
            return try format(reader.path) { () throws(FormatError) in
                try PackFrame.select(selection, of: bytes)
            }
        } catch {
            if error.reason == .io(.interrupted) { throw error }
            return nil
        }
    }

    /// Takes each record from whichever pack has it.
    private func copyOneByOne(
        _ entries: [PackEntry], from store: PackedStore
    ) throws(StoreError) -> [(key: RecordKey, error: StoreError)] {
        var failures: [(key: RecordKey, error: StoreError)] = []
        for entry in entries {
            let bytes: ArraySlice<UInt8>
            do throws(StoreError) {
                bytes = try store.record(entry.key)
            } catch {
                if error.reason == .io(.interrupted) { throw error }
                failures.append((entry.key, error))
                continue
            }
            try bytes.withBytes { (bytes) throws(StoreError) in try assembly.add([(entry.key, bytes)]) }
        }
        return failures
    }

    /// The packs of a class that are full and were not taken yet.
    ///
    /// - Throws: `StoreError` if one cannot be written to its end.
    public func takeFull(_ packClass: PackClass) throws(StoreError) -> [Pack] {
        try named(assembly.takeFull(packClass))
    }

    /// Ends the packs of a class.
    ///
    /// - Returns: those that were not taken yet.
    /// - Throws: `StoreError` if one cannot be written to its end, or something could not be written before.
    /// - Precondition: no thread adds anything meanwhile.
    public func finish(_ packClass: PackClass) throws(StoreError) -> [Pack] {
        try named(assembly.finish(packClass))
    }

    private func named(_ finished: [PackStream.Finished]) throws(StoreError) -> [Pack] {
        try system { () throws(SystemError) in
            try batch.commit(count: finished.count, syncing: .nothing) { number in
                (finished[number].file, ([], Array("\(finished[number].pack.info.name.hex).cpk".utf8)))
            }
        }
        return finished.map { finished in
            let name = "\(finished.pack.info.name.hex).cpk"
            return Pack(
                content: finished.pack, path: folder.folder.path.appending(name), folder: folder, name: name)
        }
    }
}
