import Synchronization

/// A value that the tasks and threads of a test share.
public final class Shared<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    /// Begins with a value.
    public init(_ value: Value) { stored = Mutex(value) }

    /// What it is now.
    public var value: Value { stored.withLock { $0 } }

    /// Changes it; nobody else sees it meanwhile.
    @discardableResult
    public func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        stored.withLock { value in body(&value) }
    }
}
