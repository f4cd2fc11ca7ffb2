import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import Synchronization

/// A large object that comes in parts, in any order. Which parts are there is noted beside it: after a crash only the others are read again.
///
/// Its bytes are hashed in their order while parts arrive; what was noted is not trusted beyond that.
final class PartedFile: Sendable {
    // A class: tasks share its file.

    private struct State {
        var hasher: ContentHasher
        /// Parts that are in the file.
        var done: Set<Int>
        /// Up to which part the hash has come.
        var hashed = 0
        var isHashing = false
        var failure: SystemError?
    }

    /// The folder that it is in.
    let folder: Folder
    /// Its name there.
    let name: [UInt8]
    private let object: ObjectReader.Object
    private let file: OpenFile
    private let notes: OpenFile
    private let notesName: [UInt8]
    private let reporter: any Reporter
    private let state: Mutex<State>

    private var partCount: Int {
        Int((object.size + Int64(LooseRemote.partSize) - 1) / Int64(LooseRemote.partSize))
    }
    /// The files that are removed once the object is where it belongs.
    var paths: [FilePath] { [folder.path(of: name), folder.path(of: notesName)] }

    /// Opens what has come already, or begins.
    ///
    /// - Parameter place: the folder for files that are not complete.
    init(
        _ object: ObjectReader.Object, in place: FilePath, _ reporter: any Reporter
    ) throws(StoreError) {
        self.object = object
        self.reporter = reporter
        name = Array("\(object.id.algorithm)-\(object.id.text)".utf8)
        notesName = name + Array(".parts".utf8)
        let (folder, name, notesName) = try onDisk { [name, notesName] () throws(SystemError) in
            try place.makeFolders()
            return (try Folder(place), name, notesName)
        }
        self.folder = folder
        file = try onDisk { () throws(SystemError) in
            try OpenFile(updating: name, in: folder, permissions: 0o600)
        }
        notes = try onDisk { () throws(SystemError) in
            try OpenFile(updating: notesName, in: folder, permissions: 0o600)
        }
        state = Mutex(State(hasher: ContentHasher(object.id.contentAlgorithm), done: []))
        let done = try onDisk { () throws(SystemError) in try readNotes() }
        state.withLock { $0.done = done }
        reporter.advance(items: 0, bytes: done.reduce(0) { $0 + Int64(range(of: $1).count) })
    }

    /// Removes what came of objects that nobody has asked for again in a week.
    ///
    /// - Parameter place: the folder for files that are not complete.
    static func clear(_ place: FilePath) {
        let old = Surroundings.now - 7 * 86_400 * 1_000_000_000
        guard let folder = try? Folder(place), let names = try? folder.names() else { return }
        for name in names {
            guard let status = try? folder.status(of: name), status.mtime < old else { continue }
            try? folder.remove(name)  // the next fetch tries again
        }
    }

    /// The parts that are noted. Notes of a file of another size are of no use.
    private func readNotes() throws(SystemError) -> Set<Int> {
        let head = "\(object.size) \(LooseRemote.partSize)"
        let lines = try notes.readAll().split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0, as: UTF8.self)
        }
        if lines.first.map({ Array($0.utf8) }) == Array(head.utf8), try file.status().size <= object.size {
            return Set(lines.dropFirst().compactMap { Int($0) }.filter { (0..<partCount).contains($0) })
        }
        try notes.truncate()
        try file.truncate()
        try note(head)
        return []
    }

    private func note(_ line: String) throws(SystemError) {
        try notes.write(Array("\(line)\n".utf8))
    }

    private func range(of part: Int) -> Range<Int64> {
        let start = Int64(part) * Int64(LooseRemote.partSize)
        return start..<min(object.size, start + Int64(LooseRemote.partSize))
    }

    /// Reads the parts that are not there.
    ///
    /// - Throws: `RemoteError`; what came until then is kept.
    func read(from remote: any Remote, jobs: Int) async throws(RemoteError) {
        let missing = state.withLock { state in (0..<partCount).filter { !state.done.contains($0) } }
        let key = LooseRemote.key(of: object.id)
        try await Jobs.run(missing, atATime: jobs) { [self] (part) throws(RemoteError) in
            let range = range(of: part)
            let bytes = try await remote.read(key, range, limit: range.count)
            do throws(SystemError) {
                try Interruption.check()
                try file.write(bytes, at: range.lowerBound)
                try add(part)
            } catch {
                throw RemoteError(error.errno == .interrupted ? .interrupted : .io(error.errno), key)
            }
            reporter.advance(items: 0, bytes: Int64(bytes.count))
            hash()
        }
    }

    private func add(_ part: Int) throws(SystemError) {
        let result = state.withLock { state -> Result<Void, SystemError> in
            do throws(SystemError) {
                try note("\(part)")
            } catch {
                return .failure(error)
            }
            state.done.insert(part)
            return .success(())
        }
        try result.get()
    }

    /// Hashes what is there without a gap, unless somebody does so already.
    private func hash() {
        while true {
            let next = state.withLock { state -> (part: Int, hasher: ContentHasher)? in
                guard !state.isHashing, state.failure == nil, state.done.contains(state.hashed) else {
                    return nil
                }
                state.isHashing = true
                return (state.hashed, state.hasher)
            }
            guard var (part, hasher) = next else { return }
            var failure: SystemError?
            do throws(SystemError) {
                try update(&hasher, with: range(of: part))
            } catch {
                failure = error
            }
            part += 1
            state.withLock { [part, hasher, failure] state in
                state.isHashing = false
                state.hashed = part
                state.hasher = hasher
                state.failure = failure
            }
        }
    }

    private func update(
        _ hasher: inout ContentHasher, with range: Range<Int64>
    ) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(Int64(buffer.count), range.upperBound - offset))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            let read = try file.read(into: piece, at: offset)
            // A crash may have taken what was noted: the hash shows it.
            guard read > 0 else { return }
            hasher.update(UnsafeRawBufferPointer(rebasing: piece[..<read]))
            offset += Int64(read)
        }
    }

    /// Tells whether the bytes are those that the id promises; false if parts are missing.
    func isSound() throws(StoreError) -> Bool {
        hash()
        let state = state.withLock { ($0.hashed, $0.hasher, $0.failure) }
        if let failure = state.2 { throw StoreError(failure) }
        guard state.0 == partCount else { return false }
        return state.1.finish() == object.id.digest
    }

    /// Removes what came.
    func discard() {
        try? folder.remove(name)  // what stays is overwritten by the next attempt
        try? folder.remove(notesName)
    }
}
