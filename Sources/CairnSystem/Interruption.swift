internal import CLinux

/// Signals that ask the process to stop, as something that long work looks at.
public enum Interruption {
    /// Makes SIGINT, SIGTERM and SIGHUP a request to stop; a second SIGINT ends the process at once with 130. SIGPIPE is ignored.
    public static func watch() { clinux_watch_interrupts() }

    /// True after the first such signal.
    public static var isRequested: Bool { clinux_interrupted() != 0 }

    /// Stops the work of the caller if the user asked for it.
    ///
    /// - Throws: `SystemError` with EINTR. Cheap enough to be called once per object or per MiB.
    public static func check() throws(SystemError) {
        if isRequested { throw SystemError(.interrupted, "go on", "") }
    }
}
