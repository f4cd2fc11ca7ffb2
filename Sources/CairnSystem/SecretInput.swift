internal import Glibc

/// What a user types and nobody should see.
public enum SecretInput {
    /// Reads a line from the terminal behind standard input without showing it.
    ///
    /// - Returns: the line; `nil` at the end of the input, or when the user asked to stop.
    /// - Throws: `SystemError` if standard input is no terminal.
    public static func readLine() throws(SystemError) -> [UInt8]? {
        var usual = termios()
        guard tcgetattr(STDIN_FILENO, &usual) == 0 else {
            throw SystemError(Errno(rawValue: errno), "read from", "the terminal")
        }
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &usual) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4096 {
            let count = read(STDIN_FILENO, &byte, 1)
            if Interruption.isRequested { return nil }
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : line }
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        return line
    }
}
