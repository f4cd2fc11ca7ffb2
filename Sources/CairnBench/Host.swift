import Glibc

/// The variables that the process was given.
enum Environment {
    static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// The standard streams: figures on one, everything else on the other.
enum Console {
    /// Writes to standard output, at once.
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line to standard error.
    static func note(_ line: String) { write("\(line)\n", to: STDERR_FILENO) }

    /// Without Glibc's streams: their names are variables that Swift does not let several threads see.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away ends the program by SIGPIPE.
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
