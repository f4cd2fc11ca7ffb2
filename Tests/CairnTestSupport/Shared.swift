import Synchronization

/// A value that the tasks and threads of a test share.
public final class Shared<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    /// Begins with a value.
    public init(_ value: Value) { stored = Mutex(value) }

    /// What it is now.
    public var value: Value { stored.withLock { $0 } }

    /// Changes it; nobody else sees it meanwhile.
    public func change(_ body: (inout Value) -> Void) { stored.withLock { body(&$0) } }
}
