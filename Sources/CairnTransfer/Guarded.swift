import Synchronization

/// A value that the tasks of one operation change together.
package final class Guarded<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    package init(_ value: Value) { content = Mutex(value) }

    /// What it is now.
    package var value: Value { content.withLock { $0 } }

    /// Changes it while nobody else does.
    package func update<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        content.withLock { value in body(&value) }
    }
}
