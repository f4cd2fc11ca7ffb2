internal import CLinux

/// Signals that ask the process to stop, as something that long work looks at.
public enum Interruption {
    /// Makes SIGINT, SIGTERM and SIGHUP a request to stop; a second SIGINT ends the process at once with 130.
    ///
    /// SIGPIPE is ignored. A SIGHUP that is ignored already stays so, as `nohup` wants it.
    public static func watch() { clinux_watch_interrupts() }

    /// Does as if the user had asked to stop: for a program that was asked in our place.
    public static func request() { clinux_interrupt(2) }

    /// Can be read once there is a request; -1 before `watch`.
    static var descriptor: Int32 { clinux_interrupt_descriptor() }

    /// True after the first such signal.
    public static var isRequested: Bool { clinux_interrupted() != 0 }

    /// Stops the work of the caller if the user asked for it.
    ///
    /// - Throws: `SystemError` with EINTR. Cheap enough to be called once per object or per MiB.
    public static func check() throws(SystemError) {
        if isRequested { throw SystemError(.interrupted, "go on", "") }
    }
}
