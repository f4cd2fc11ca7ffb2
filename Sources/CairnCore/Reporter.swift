/// Where a long operation tells how far it is and what it noticed on the way.
///
/// Methods may be called from any thread, often: an implementation must be cheap.
public protocol Reporter: Sendable {
    /// A new phase of work begins, with its totals where they are known.
    func begin(_ phase: String, items: Int?, bytes: Int64?)
    /// So much more of the current phase is done.
    func advance(items: Int, bytes: Int64)
    /// Something the user should know that does not stop the work; `hint` is a command to type.
    func warn(_ message: String, hint: String?)
}

/// A reporter for callers who do not listen.
public struct SilentReporter: Reporter {
    /// Creates the reporter.
    public init() {}
    public func begin(_ phase: String, items: Int?, bytes: Int64?) {}
    public func advance(items: Int, bytes: Int64) {}
    public func warn(_ message: String, hint: String?) {}
}
