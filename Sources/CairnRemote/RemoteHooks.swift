/// One request to a remote in memory.
public struct RemoteOperation: Hashable, Sendable, CustomStringConvertible {
    /// What is done.
    public enum Kind: String, Sendable { case list, top, read, write, delete }

    /// What is done.
    public let kind: Kind
    /// The key that it is done with, or the prefix of a listing.
    public let key: String
    /// Which one it is since the bucket was made.
    public let number: Int

    /// What is done, and the key.
    public var description: String { key.isEmpty ? kind.rawValue : "\(kind) \(key)" }
}

/// What becomes of an operation.
public enum RemoteEffect: Hashable, Sendable {
    /// It happens.
    case happens
    /// A write or a deletion happens when the bucket is told to release it, or never. The caller hears that it was done; a hook that throws
    /// afterwards can see to it that he does not.
    case isHeld
    /// A write or a deletion happens now, and once more when the bucket is told to release it.
    case happensTwice
    /// A listing tells what was there at the end of that millisecond since 1970.
    case asOf(Int64)

    var happens: Bool { self != .isHeld }
    var isHeld: Bool { self == .isHeld || self == .happensTwice }
    var listingTime: Int64? {
        if case .asOf(let time) = self { time } else { nil }
    }
}

/// What a simulation does around each operation of a remote in memory.
public struct RemoteHooks: Sendable {
    /// Called before an operation; what it throws the caller gets, and nothing happens.
    public var before: @Sendable (RemoteOperation) async throws(RemoteError) -> RemoteEffect
    /// Called after an operation that did not fail; what it throws the caller gets in place of the answer.
    public var after: @Sendable (RemoteOperation) async throws(RemoteError) -> Void

    /// Puts hooks together; without any all operations happen at once.
    public init(
        before: @escaping @Sendable (RemoteOperation) async throws(RemoteError) -> RemoteEffect = { _ in
            .happens
        },
        after: @escaping @Sendable (RemoteOperation) async throws(RemoteError) -> Void = { _ in }
    ) {
        self.before = before
        self.after = after
    }
}
