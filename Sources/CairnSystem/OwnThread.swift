internal import Glibc

/// A thread for one long piece of work, as an event loop. Signals go to other threads; writing to what nobody reads is only an error.
public final class OwnThread: @unchecked Sendable {
    // Sendable: the number of the thread never changes.
    private let thread: pthread_t

    /// Starts a thread.
    ///
    /// - Returns: `nil` if the system gives none; nothing is called then.
    public init?(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(call: body))
        // A thread begins with the signals of its maker: for a moment that one gets none either.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
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
