public import CairnSystem

/// A place that keeps objects under keys and never changes one: a folder, a bucket.
///
/// Keys are relative, of visible ASCII, with "/" between their parts; no part is empty, "." or "..", or longer than 255 bytes, and no key
/// longer than 512. The first parts "cairn.tmp" and "cairn.lock" are not for objects. An object gets its key with all its bytes
/// at once, durable, or not at all. Every conformer passes the same suite of tests (`RemoteContract`).
///
/// A conformer may block the thread that it runs on: callers give their tasks an executor of their own, `TaskThreads`.
public protocol Remote: Sendable {
    /// How messages call the place; there is no secret in it.
    var place: String { get }

    /// True for a place in the file systems of this machine: a request costs next to nothing, and a file that nobody needs may become an object.
    var isLocal: Bool { get }

    /// Finds all objects whose keys begin with a prefix.
    ///
    /// - Parameter prefix: empty, or whole parts of keys that end in "/", or a whole key.
    /// - Throws: `RemoteError`, with `.invalidKey` for a prefix that is none, or `.notListable`. A place that is not there has no objects.
    func list(_ prefix: String) async throws(RemoteError) -> RemoteListing

    /// Finds what stands at the top: first parts of keys, those that have more parts with a "/" at their end.
    ///
    /// - Throws: `RemoteError`. In a place that is not there stands nothing.
    func top() async throws(RemoteError) -> Set<String>

    /// Looks at one object.
    ///
    /// - Returns: how many bytes it has; `nil` if it is not there.
    /// - Throws: `RemoteError`.
    func size(of key: String) async throws(RemoteError) -> Int64?

    /// Reads an object, or a part of it.
    ///
    /// - Parameters:
    ///   - range: the bytes that are wanted, at least one; `nil` for all of them.
    ///   - limit: how many bytes the caller is ready to take.
    /// - Returns: exactly these bytes. Whether they are the right ones is for the caller to check.
    /// - Throws: `RemoteError` with `.notFound`; `.truncated` if the object ends before the range; `.tooLarge` if more than `limit` bytes are
    ///   wanted, or the object has more where all are.
    func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8]

    /// Writes objects, in any order or at the same time, and returns when all of them are durable and can be read.
    ///
    /// An object that is there with as many bytes stays as it is, which counts as success.
    /// - Parameter jobs: how many are written at a time, at most.
    /// - Returns: the keys of those that were there already. Where a place cannot tell, all of them may be: who has to know looks again.
    /// - Throws: `RemoteError` for the first that cannot be written, with `.conflict` for one that is there with another size. Others may have
    ///   been written by then. All contents can still be read, so that the same call can be made again.
    @discardableResult
    func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String>

    /// Deletes objects; those that are not there are deleted already.
    ///
    /// - Throws: `RemoteError`; some may be gone by then.
    func delete(_ keys: [String]) async throws(RemoteError)
}

extension Remote {
    public var isLocal: Bool { false }

    public func size(of key: String) async throws(RemoteError) -> Int64? {
        try await list(key).objects.first { $0.key.utf8.elementsEqual(key.utf8) }?.size
    }
}

/// What a listing found.
public struct RemoteListing: Hashable, Sendable {
    /// The objects, sorted by key.
    public var objects: [RemoteObject]
    /// The time when the listing was made, by the clock that gives objects their times: milliseconds since 1970.
    public var now: Int64

    /// Puts a listing together.
    public init(objects: [RemoteObject], now: Int64) {
        self.objects = objects
        self.now = now
    }
}

/// An object as a listing tells of it.
public struct RemoteObject: Hashable, Sendable {
    /// Its key.
    public var key: String
    /// Its bytes.
    public var size: Int64
    /// When it came there by the remote's own clock, in milliseconds since 1970.
    public var modified: Int64

    /// Puts a row together.
    public init(key: String, size: Int64, modified: Int64) {
        self.key = key
        self.size = size
        self.modified = modified
    }
}

/// An object that is to be written.
public struct RemoteUpload: Sendable {
    /// Where its bytes are. They can be read again, from any place, when a transfer has to be repeated.
    public enum Content: Sendable {
        /// In memory.
        case bytes([UInt8])
        /// In a file of so many bytes. With `isExpendable` nobody needs the file once it is written, so that it may be moved to its place; it is
        /// for the caller to remove it if it is still there.
        case file(FilePath, size: Int64, isExpendable: Bool)
    }

    /// The key that it gets.
    public var key: String
    /// Its bytes.
    public var content: Content
    /// True if the caller knows that nothing is there under the key, but what an earlier attempt at this same upload left: nobody else makes the
    /// name, or a listing has just shown that it is free. A remote need not look then, before it writes.
    public var isNew: Bool

    /// Describes an upload.
    public init(_ key: String, _ content: Content, isNew: Bool = false) {
        self.key = key
        self.content = content
        self.isNew = isNew
    }

    /// How many bytes it has.
    public var size: Int64 {
        switch content {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, let size, _): size
        }
    }
}
