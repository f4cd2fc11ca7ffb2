import Synchronization

/// Objects in memory, as several remotes may share them: one for each client of a simulation.
///
/// It remembers what was there when, so that a listing can be an older one, and keeps writes and deletions that shall happen later.
public final class MemoryBucket: Sendable {
    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())

    private struct State {
        var objects: [String: [UInt8]] = [:]
        /// Every object that ever was there.
        var history: [Version] = []
        /// Where in `history` the objects that are there are.
        var current: [String: Int] = [:]
        var operationCount = 0
        var held: [Int: HeldChange] = [:]
    }

    private struct Version {
        let key: String
        let size: Int64
        let added: Int64
        var removed: Int64?
    }

    private enum Change {
        case write([UInt8])
        case delete
    }

    private struct HeldChange {
        let operation: RemoteOperation
        let change: Change
    }

    /// Makes an empty one.
    ///
    /// - Parameter clock: the time that objects get, in milliseconds since 1970; it never goes back.
    public init(clock: @escaping @Sendable () -> Int64) { self.clock = clock }

    /// Makes an empty one whose objects get the date of a clock.
    public convenience init(clock: any RemoteClock) { self.init { clock.date } }

    /// The keys that are there, sorted.
    public var keys: [String] { state.withLock { $0.objects.keys.sorted() } }

    /// The bytes of an object; `nil` if it is not there.
    public subscript(key: String) -> [UInt8]? { state.withLock { $0.objects[key] } }

    /// Puts other bytes under a key, as no client can: for what happens when a remote is damaged. Without bytes the object goes.
    public func damage(_ key: String, _ bytes: [UInt8]?) {
        remove(key)
        if let bytes { _ = add(key, bytes) }
    }

    /// Writes and deletions that have not happened yet, oldest first.
    public var held: [RemoteOperation] {
        state.withLock { state in state.held.values.map(\.operation).sorted { $0.number < $1.number } }
    }

    /// Lets a held write or deletion happen now. A write of a key that has got an object changes nothing.
    ///
    /// - Returns: false if it is not held any more.
    @discardableResult
    public func release(_ operation: RemoteOperation) -> Bool {
        guard let held = state.withLock({ $0.held.removeValue(forKey: operation.number) }) else {
            return false
        }
        switch held.change {
        case .write(let bytes): _ = add(operation.key, bytes)
        case .delete: remove(operation.key)
        }
        return true
    }

    func newOperation(_ kind: RemoteOperation.Kind, _ key: String) -> RemoteOperation {
        state.withLock { state in
            state.operationCount += 1
            return RemoteOperation(kind: kind, key: key, number: state.operationCount)
        }
    }

    func holdWrite(_ operation: RemoteOperation, _ bytes: [UInt8]) {
        state.withLock { $0.held[operation.number] = HeldChange(operation: operation, change: .write(bytes)) }
    }

    func holdDeletion(_ operation: RemoteOperation) {
        state.withLock { $0.held[operation.number] = HeldChange(operation: operation, change: .delete) }
    }

    /// What came of a write.
    enum Addition {
        case added
        /// An object of that size has the key.
        case exists
        /// An object of another size has the key.
        case conflict
    }

    /// Adds an object unless its key has one.
    func add(_ key: String, _ bytes: [UInt8]) -> Addition {
        let now = clock()
        return state.withLock { state in
            if let there = state.objects[key] { return there.count == bytes.count ? .exists : .conflict }
            state.objects[key] = bytes
            state.current[key] = state.history.count
            state.history.append(Version(key: key, size: Int64(bytes.count), added: now))
            return .added
        }
    }

    func remove(_ key: String) {
        let now = clock()
        state.withLock { state in
            state.objects[key] = nil
            if let index = state.current.removeValue(forKey: key) { state.history[index].removed = now }
        }
    }

    /// What is there now, or was at the end of a millisecond.
    func list(_ prefix: String, asOf time: Int64?) -> RemoteListing {
        let now = clock()
        let objects = state.withLock { state -> [RemoteObject] in
            let versions: [Version]
            if let time {
                versions = state.history.filter { $0.added <= time && ($0.removed ?? .max) > time }
            } else {
                versions = state.current.values.map { state.history[$0] }
            }
            return versions.filter { $0.key.utf8.starts(with: prefix.utf8) }
                .map { RemoteObject(key: $0.key, size: $0.size, modified: $0.added) }
        }
        return RemoteListing(objects: objects.sorted { $0.key < $1.key }, now: now)
    }
}
