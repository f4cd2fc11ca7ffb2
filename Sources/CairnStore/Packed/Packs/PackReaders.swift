import CairnCore
import CairnSystem
import Synchronization

/// The packs of a store that are open for reading, those that were used last.
///
/// Each holds a descriptor and up to 1 MiB of frames.
final class PackReaders: Sendable {
    /// How many are kept open.
    static let limit = 32

    fileprivate struct State {
        var readers: [Digest: (reader: PackReader, use: UInt64)] = [:]
        var clock: UInt64 = 0
        /// Whether packs that no version of this program can have written have the bytes that they are named by.
        var isAsNamed: [Digest: Bool] = [:]
    }

    private let state = Mutex(State())
    private let source: (any PackSource)?

    /// - Parameter source: who brings packs that are opened; `nil` where they lie in the folder.
    init(_ source: (any PackSource)?) { self.source = source }

    /// The reader of a pack, opened if need be.
    ///
    /// - Parameter folder: that of the store.
    /// - Throws: `StoreError` if the pack cannot be opened, or is not the one that the index tells about.
    func reader(of pack: PackInfo, in folder: Folder) throws(StoreError) -> PackReader {
        if let known = state.withLock({ $0.use(pack.name) }) { return known }
        let file = try folder.open(pack.name, from: source)
        // Two threads may open one pack at the same time: the second reader is dropped when its user is done.
        let reader: PackReader
        do throws(StoreError) {
            reader = try PackReader(file)
        } catch {
            throw try explained(error, of: pack, in: folder)
        }
        guard reader.size == pack.size, reader.header.packClass == pack.packClass else {
            throw StoreError(
                .malformed(
                    FormatError(.packTrailer, .truncated(needed: pack.size, found: reader.size), at: 0)),
                reader.path)
        }
        state.withLock { $0.keep(reader, pack.name) }
        return reader
    }

    /// An error of a pack that asks for a newer program as what it is: true, or damage, if the pack's name is not that of its bytes.
    ///
    /// - Throws: `StoreError` if the pack cannot be read any more.
    func explained(
        _ error: StoreError, of pack: PackInfo, in folder: Folder
    ) throws(StoreError) -> StoreError {
        guard case .malformed(let fault) = error.reason else { return error }
        switch fault.problem {
        case .unknownVersion, .unknownFeatures: break
        default: return error
        }
        let isAsNamed: Bool
        if let known = state.withLock({ $0.isAsNamed[pack.name] }) {
            isAsNamed = known
        } else {
            isAsNamed = try !error.isDamage(of: pack.name) { () throws(StoreError) in
                try folder.open(pack.name, from: source)
            }
        }
        state.withLock { $0.isAsNamed[pack.name] = isAsNamed }
        guard !isAsNamed else { return error }
        return StoreError(.malformed(FormatError(fault.part, .mismatch, at: fault.offset)), error.path)
    }

    /// Closes all.
    func removeAll() { state.withLock { $0.readers.removeAll() } }
}

extension PackReaders.State {
    fileprivate mutating func use(_ name: Digest) -> PackReader? {
        clock += 1
        guard let known = readers[name] else { return nil }
        readers[name] = (known.reader, clock)
        return known.reader
    }

    fileprivate mutating func keep(_ reader: PackReader, _ name: Digest) {
        if readers.count >= PackReaders.limit,
            let oldest = readers.min(by: { $0.value.use < $1.value.use })?.key
        {
            readers[oldest] = nil
        }
        readers[name] = (reader, clock)
    }
}

extension OpenFile {
    /// Opens the file at a path below a folder for reading; no symbolic link on the way is followed.
    ///
    /// - Throws: `SystemError`, with ENOENT if something on the way is not there.
    init(readingBelow folder: Folder, _ path: some Collection<UInt8>) throws(SystemError) {
        var components = Array(path).split(separator: UInt8(ascii: "/"))
        let name = components.removeLast()
        try self.init(reading: name, in: try folder.folder(components), followingLinks: false)
    }
}
