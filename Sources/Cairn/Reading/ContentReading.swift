import CairnCore
import CairnStore
import CairnSystem

/// The reading of one object: from the cache, and where that is damaged from another copy, going on where the first one ended.
final class ContentReading {
    // A class: it counts what it has handed out.

    private let id: ObjectID
    private let store: ObjectStore
    private let session: Session
    private let users: [RepoPath]
    private let body: (UnsafeRawBufferPointer) throws -> Void
    /// How many bytes were handed out, and why that ended if it was the taker who ended it.
    private var count: Int64 = 0
    private var refusal: (any Error)?

    /// - Parameters:
    ///   - users: where in the workspace the content may be.
    ///   - body: takes the bytes in order.
    init(
        _ id: ObjectID, store: ObjectStore, _ session: Session, users: [RepoPath],
        body: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) {
        self.id = id
        self.store = store
        self.session = session
        self.users = users
        self.body = body
    }

    /// Hands out a range of the object; what lies behind its end is left out.
    ///
    /// - Throws: what `body` throws; `StoreError` of the first copy if no copy is sound.
    func run(_ range: Range<Int64>) throws {
        var failure: StoreError?
        for source in [fromFile, fromPacks, fromWorkspace] {
            let rest = min(range.lowerBound + count, range.upperBound)..<range.upperBound
            do {
                if try source(rest) { return }
            } catch let error as StoreError where refusal == nil && error.damagedObject != nil {
                failure = failure ?? error
            } catch {
                throw refusal ?? error
            }
        }
        throw failure ?? StoreError(.missing(id), store.root)
    }

    private func hand(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        do {
            try body(bytes)
        } catch {
            refusal = error
            throw StoreError(.io(.interrupted), store.root)
        }
        count += Int64(bytes.count)
    }

    /// - Returns: false if the object is no file of the cache.
    private func fromFile(_ range: Range<Int64>) throws -> Bool {
        guard try store.loose.status(of: id) != nil else { return false }
        let status = try store.loose.verify(id)
        try hand(range.clamped(to: 0..<status.size), of: try store.loose.open(id))
        return true
    }

    /// - Returns: false if the object is in no pack. A record that is damaged in one pack is taken from another one.
    private func fromPacks(_ range: Range<Int64>) throws -> Bool {
        guard let packed = store.packed, try store.isPacked(id) else { return false }
        try packed.read(id, range: range) { (bytes) throws(StoreError) in try hand(bytes) }
        return true
    }

    /// - Returns: false if no file of the workspace has the content.
    private func fromWorkspace(_ range: Range<Int64>) throws -> Bool {
        switch try WorkspaceCopies([id], session).find(id, users: users) {
        case nil: return false
        case .bytes(let bytes, _):
            let part = range.clamped(to: 0..<Int64(bytes.count))
            try bytes.withUnsafeBytes { bytes in
                try hand(UnsafeRawBufferPointer(rebasing: bytes[Int(part.lowerBound)..<Int(part.upperBound)]))
            }
        case .file(let path):
            // Its owner may write to it while it is read: a copy that was compared with the id is what is handed out.
            let scratch = try session.scratch()
            let name = scratch.newName()
            defer { try? scratch.folder.remove(name) }  // the folder goes with all that is in it
            let copy = try OpenFile(creating: name, in: scratch.folder, permissions: 0o600)
            let file = try OpenFile(reading: session.workspace.absolute(path))
            guard try file.digest(id.contentAlgorithm, copyingTo: copy, progress: { _ in }) == id.digest
            else {
                return false
            }
            let whole = 0..<(try copy.status().size)
            try hand(
                range.clamped(to: whole),
                of: try OpenFile(reading: name, in: scratch.folder, followingLinks: false))
        }
        return true
    }

    private func hand(_ range: Range<Int64>, of file: borrowing OpenFile) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(Int64(buffer.count), range.upperBound - offset))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            guard try file.read(into: piece, at: offset) == count else {
                throw StoreError(.changing, file.path)
            }
            try hand(UnsafeRawBufferPointer(piece))
            offset += Int64(count)
        }
    }
}
