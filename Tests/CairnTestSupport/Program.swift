import Glibc

/// Runs programs, each in a process group of its own.
public enum Program {
    /// What a program left behind when it ended.
    public struct Result: CustomStringConvertible, Sendable {
        /// The command line, for messages.
        public let command: [String]
        /// Every byte of its standard output.
        public let output: [UInt8]
        /// Every byte of its standard error; empty when it was merged into the output.
        public let errors: [UInt8]
        /// Its exit code, or 128 and the number of the signal that ended it.
        public let exitCode: Int32

        /// The standard output as text; bytes that are not UTF-8 are replaced.
        public var stdout: String { String(decoding: output, as: UTF8.self) }
        /// The standard error as text; bytes that are not UTF-8 are replaced.
        public var stderr: String { String(decoding: errors, as: UTF8.self) }

        /// Command, exit code and both streams, as a failing test should show them.
        public var description: String {
            "$ \(command.joined(separator: " "))\n[exit \(exitCode)]\n--- stdout\n\(stdout)--- stderr\n\(stderr)"
        }

        /// The result itself, when the program succeeded.
        ///
        /// - Throws: `SupportError` that shows everything when it did not.
        @discardableResult
        public func succeeded() throws -> Result {
            guard exitCode == 0 else { throw SupportError("a command of the test failed\n\(description)") }
            return self
        }
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: the program's file.
    ///   - folder: where it runs.
    ///   - environment: all that it sees of an environment.
    ///   - input: what it reads on standard input.
    ///   - merged: whether standard error goes into the output, in the order of writing.
    ///   - seconds: after this time the program and its children are killed.
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    public static func run(
        _ path: String, _ arguments: [String], in folder: String, environment: [String: String],
        input: [UInt8] = [], merged: Bool = false, seconds: Double = 120
    ) throws -> Result {
        let running = try start(
            path, arguments, in: folder, environment: environment, input: input, merged: merged)
        guard let result = try running.wait(seconds: seconds) else {
            running.kill(SIGKILL)
            let end = try running.wait(seconds: 10)
            throw SupportError(
                "took longer than \(seconds) s\n\(end.map(\.description) ?? "and could not be killed")")
        }
        return result
    }

    /// Starts a program and comes back at once; the parameters are those of `run`.
    ///
    /// - Parameter standardInput: an open file that it reads in place of `input`.
    /// - Throws: `SupportError` when it cannot be started.
    public static func start(
        _ path: String, _ arguments: [String], in folder: String, environment: [String: String],
        input: [UInt8] = [], merged: Bool = false, standardInput: Int32? = nil
    ) throws -> RunningProgram {
        // Files rather than pipes: nobody has to read along, and nothing can fill up.
        let streams = try Streams(input: input)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput ?? streams.input, 0)
        posix_spawn_file_actions_adddup2(&actions, streams.output, 1)
        posix_spawn_file_actions_adddup2(&actions, merged ? streams.output : streams.errors, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var process: pid_t = 0
        // Swift does not see posix_spawn_file_actions_addchdir_np; env changes the folder and becomes the program.
        let words = ["/usr/bin/env", "-C", folder, path] + arguments
        let code = withCStrings(words) { argv in
            withCStrings(variables) { envp in
                posix_spawn(&process, words[0], &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else {
            throw SupportError("cannot start \(path) in \(folder): \(String(cString: strerror(code)))")
        }
        return RunningProgram(process: process, command: [path] + arguments, streams: streams)
    }

    /// Whether a process runs; one that has ended and that nobody has asked about does not.
    public static func isRunning(_ process: pid_t) -> Bool {
        guard let text = try? Files.text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
            return false
        }
        return !text[end...].hasPrefix(") Z")
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return copies.withUnsafeMutableBufferPointer { body($0.baseAddress!) }  // ends with nil
    }
}

/// The three streams of a program, as files without a name.
final class Streams {
    let input: Int32
    let output: Int32
    let errors: Int32

    init(input bytes: [UInt8]) throws {
        func unnamed() throws -> Int32 {
            // O_APPEND: two writers may share the output. O_CLOEXEC: another test may start a program right now.
            let name = "/tmp/cairn-stream.\(getpid()).\(UInt64.random(in: 0 ... .max))"
            let file = open(name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw SupportError("no temporary file: \(String(cString: strerror(errno)))")
            }
            unlink(name)
            return file
        }
        input = try unnamed()
        output = try unnamed()
        errors = try unnamed()
        if !bytes.isEmpty {
            guard write(input, bytes, bytes.count) == bytes.count else {
                throw SupportError("input too long")
            }
            lseek(input, 0, SEEK_SET)
        }
    }

    deinit {
        close(input)
        close(output)
        close(errors)
    }

    func contents(_ file: Int32) throws -> [UInt8] {
        lseek(file, 0, SEEK_SET)
        return try Files.readAll(file, "a stream")
    }
}

/// A program that may still run. Not for two threads at once.
public final class RunningProgram {
    /// The process id; also the id of its process group.
    public let process: pid_t
    private let command: [String]
    private let streams: Streams
    private var status: Int32?

    init(process: pid_t, command: [String], streams: Streams) {
        self.process = process
        self.command = command
        self.streams = streams
    }

    deinit {
        if status == nil {
            kill(SIGKILL)
            var ignored: Int32 = 0
            waitpid(process, &ignored, 0)
        }
    }

    /// Sends a signal to the program and its children; nothing happens when it has ended.
    public func kill(_ signal: Int32) {
        if status == nil { Glibc.kill(-process, signal) }
    }

    /// Whether the program has ended by now.
    public var hasEnded: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        guard waitpid(process, &raw, WNOHANG) == process else { return false }
        status = raw
        return true
    }

    /// Waits for the end at most this long.
    ///
    /// - Returns: what it left behind, or nil when it still runs.
    /// - Throws: `SupportError` when its output cannot be read.
    public func wait(seconds: Double) throws -> Program.Result? {
        let deadline = Monotonic.now + seconds
        var pause: UInt32 = 200
        while !hasEnded {
            if Monotonic.now > deadline { return nil }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
        guard let status else { return nil }
        let signal = status & 0x7f
        return Program.Result(
            command: command, output: try streams.contents(streams.output),
            errors: try streams.contents(streams.errors),
            exitCode: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
    }
}

/// Time that only goes forward.
public enum Monotonic {
    /// Seconds since some fixed moment.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
