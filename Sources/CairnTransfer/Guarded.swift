import Synchronization

/// A value that the tasks of one operation change together.
final class Guarded<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    /// What it is now.
    var value: Value { content.withLock { $0 } }

    /// Changes it while nobody else does.
    func update<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        content.withLock { value in body(&value) }
    }
}
