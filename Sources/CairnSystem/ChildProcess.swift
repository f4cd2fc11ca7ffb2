internal import CLinux
internal import Glibc

/// Another program that runs while the caller waits.
public enum ChildProcess {
    /// Runs a program with its arguments; no shell is involved.
    ///
    /// It reads nothing and what it prints is dropped; its errors go where ours go. Signals that this process ignores or catches do to it
    /// what they do by default; if this process is asked to stop, so is the program.
    /// - Parameters:
    ///   - name: the program, found as a shell finds it.
    ///   - environment: all of its environment.
    /// - Returns: its exit code; 128 and the number of the signal that ended it.
    /// - Throws: `SystemError` if it cannot be started, with EINTR when the user asked to stop.
    public static func run(
        _ name: String, _ arguments: [String], environment: [String: String]
    ) throws(SystemError) -> Int32 {
        let code = try end(of: try start(name, arguments, environment), name, deadline: nil)
        try Interruption.check()
        return code
    }

    /// What a program printed.
    public struct Output: Sendable {
        /// Its exit code; 128 and the number of the signal that ended it.
        public let exitCode: Int32
        /// Every byte of its standard output.
        public let bytes: [UInt8]

        /// Puts an output together.
        public init(exitCode: Int32, bytes: [UInt8]) {
            self.exitCode = exitCode
            self.bytes = bytes
        }
    }

    /// Runs a program as `run` does and keeps what it prints.
    ///
    /// - Parameters:
    ///   - limit: how many bytes are taken; a program that prints more is ended.
    ///   - seconds: how long it may take; after that it is ended.
    /// - Throws: `SystemError` if it cannot be started, with ETIMEDOUT or EFBIG for one that was ended, with EINTR when the user asked to stop.
    public static func output(
        of name: String, _ arguments: [String], environment: [String: String], limit: Int, seconds: Int
    ) throws(SystemError) -> Output {
        var ends: (reading: Int32, writing: Int32) = (0, 0)
        let code = clinux_pipe(&ends.reading, &ends.writing)
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "start", FilePath(name)) }
        defer { close(ends.reading) }
        let number: pid_t
        do throws(SystemError) {
            number = try start(name, arguments, environment, output: ends.writing)
            close(ends.writing)
        } catch {
            close(ends.writing)
            throw error
        }
        let deadline = Surroundings.uptime + .seconds(seconds)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readAll(from: ends.reading, name, limit: limit, deadline: deadline)
        } catch {
            end(number)
            throw error
        }
        let exitCode = try end(of: number, name, deadline: deadline)
        try Interruption.check()
        return Output(exitCode: exitCode, bytes: bytes)
    }

    /// Ends a program that nobody has waited for yet.
    private static func end(_ number: pid_t) {
        kill(number, SIGKILL)
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0 && errno == EINTR {}
    }

    private static func readAll(
        from pipe: Int32, _ name: String, limit: Int, deadline: Duration
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            try Interruption.check()
            guard Surroundings.uptime < deadline else {
                throw SystemError(.timedOut, "wait for", FilePath(name))
            }
            var state = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 50) > 0 else { continue }
            let count = read(pipe, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SystemError(Errno(rawValue: errno), "read from", FilePath(name))
            }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw SystemError(.fileTooLarge, "read from", FilePath(name)) }
        }
    }

    /// Waits for the end of a program, which is asked to end when the user asks us.
    private static func end(
        of number: pid_t, _ name: String, deadline: Duration?
    ) throws(SystemError) -> Int32 {
        var status: Int32 = 0
        var wasAsked = false
        while true {
            let answer = waitpid(number, &status, WNOHANG)
            if answer == number { break }
            guard answer == 0 || errno == EINTR else {
                throw SystemError(Errno(rawValue: errno), "wait for", FilePath(name))
            }
            if Interruption.isRequested, !wasAsked {
                kill(number, SIGTERM)
                wasAsked = true
            }
            if let deadline, Surroundings.uptime >= deadline {
                end(number)
                throw SystemError(.timedOut, "wait for", FilePath(name))
            }
            Surroundings.sleep(milliseconds: 5)
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static func start(
        _ name: String, _ arguments: [String], _ environment: [String: String], output: Int32? = nil
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let words = ([name] + arguments).map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in words + variables { free(text) } }
        var number: pid_t = 0
        let code = posix_spawnp(&number, name, &actions, &attributes, words + [nil], variables + [nil])
        guard code == 0 else { throw SystemError(Errno(rawValue: code), "start", FilePath(name)) }
        return number
    }
}
