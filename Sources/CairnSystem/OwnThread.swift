internal import Glibc

/// A thread for one long piece of work, as an event loop.
public final class OwnThread: @unchecked Sendable {
    // Sendable: the number of the thread never changes.
    private let thread: pthread_t

    /// Starts a thread.
    ///
    /// - Returns: `nil` if the system gives none; nothing is called then.
    public init?(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(call: body))
        let code = pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().call()  // set by the call above
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits until the work has come to its end; when the thread itself calls this, it ends by itself. To be called once.
    public func join() {
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }

    private final class Body {
        let call: @Sendable () -> Void
        init(call: @escaping @Sendable () -> Void) { self.call = call }
    }
}
