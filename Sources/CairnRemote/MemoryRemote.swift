import CairnSystem
import Synchronization

/// A remote in memory, for tests and simulations.
///
/// Each object that is written or deleted, each listing and each read is an operation of its own. It happens as a whole between the two
/// hooks, in which a simulation may wait, fail, or decide what becomes of it.
public struct MemoryRemote: Remote {
    /// Where the objects are.
    public let bucket: MemoryBucket
    public let place: String
    private let hooks: RemoteHooks

    /// A client of a bucket.
    public init(_ bucket: MemoryBucket, place: String = "memory", hooks: RemoteHooks = RemoteHooks()) {
        self.bucket = bucket
        self.place = place
        self.hooks = hooks
    }

    public func list(_ prefix: String) async throws(RemoteError) -> RemoteListing {
        _ = try RemoteKey(prefix: prefix)
        return try await operate(.list, prefix) { (_, effect) in
            bucket.list(prefix, asOf: effect.listingTime)
        }
    }

    public func top() async throws(RemoteError) -> Set<String> {
        try await operate(.top, "") { (_, effect) in
            Set(
                bucket.list("", asOf: effect.listingTime).objects.map { object in
                    let first = object.key.utf8.prefix { $0 != UInt8(ascii: "/") }
                    return first.count == object.key.utf8.count ? object.key : "\(Substring(first))/"
                })
        }
    }

    public func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        _ = try RemoteKey(key)
        return try await operate(.read, key) { (_, _) throws(RemoteError) in
            guard let bytes = bucket[key] else { throw RemoteError(.notFound, key) }
            let wanted = try wantedBytes(range, of: Int64(bytes.count), limit: limit, key: key)
            return Array(bytes[Int(wanted.lowerBound)..<Int(wanted.upperBound)])
        }
    }

    @discardableResult
    public func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        for upload in uploads { _ = try RemoteKey(upload.key) }
        let existing = Mutex<Set<String>>([])
        try await Jobs.run(uploads, atATime: jobs) { (upload) throws(RemoteError) in
            let bytes = try upload.readAll()
            try await operate(.write, upload.key) { (operation, effect) throws(RemoteError) in
                if effect.isHeld { bucket.holdWrite(operation, bytes) }
                guard effect.happens else { return }
                switch bucket.add(upload.key, bytes) {
                case .added: break
                case .exists: existing.withLock { _ = $0.insert(upload.key) }
                case .conflict: throw RemoteError(.conflict, upload.key)
                }
            }
        }
        return existing.withLock { $0 }
    }

    public func delete(_ keys: [String]) async throws(RemoteError) {
        for key in keys { _ = try RemoteKey(key) }
        for key in keys {
            try await operate(.delete, key) { (operation, effect) in
                if effect.isHeld { bucket.holdDeletion(operation) }
                if effect.happens { bucket.remove(key) }
            }
        }
    }

    private func operate<Answer: Sendable>(
        _ kind: RemoteOperation.Kind, _ key: String,
        _ body: (RemoteOperation, RemoteEffect) throws(RemoteError) -> Answer
    ) async throws(RemoteError) -> Answer {
        let operation = bucket.newOperation(kind, key)
        let effect = try await hooks.before(operation)
        let answer = try body(operation, effect)
        try await hooks.after(operation)
        return answer
    }
}

extension RemoteUpload {
    /// Its bytes in memory.
    ///
    /// - Throws: `RemoteError` with `.truncated` or `.tooLarge` if a file has not the size that it should have.
    func readAll() throws(RemoteError) -> [UInt8] {
        switch content {
        case .bytes(let bytes): return bytes
        case .file(let path, let size, _):
            let bytes = try system(key) { () throws(SystemError) in
                try OpenFile(reading: path).readAll(limit: Int(size) + 1)
            }
            if bytes.count < size { throw RemoteError(.truncated, key) }
            if bytes.count > size { throw RemoteError(.tooLarge(Int64(bytes.count)), key) }
            return bytes
        }
    }
}
