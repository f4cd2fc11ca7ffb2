import Glibc

/// A program with its arguments and the folder that it works in.
struct Program {
    /// The program's file and its arguments.
    let words: [String]
    /// Where it runs.
    let folder: String

    /// What one run cost.
    struct Cost {
        /// From start to end, in seconds.
        let seconds: Double
        /// Time on processors, of all threads and children, user and system, in seconds.
        let processorSeconds: Double
        /// The most memory that was resident at a time, in bytes.
        let peakBytes: Int64
    }

    init(_ words: [String], in folder: String) {
        self.words = words
        self.folder = folder
    }

    /// Several commands of a shell.
    init(shell script: String, in folder: String) { self.init(["/bin/sh", "-c", script], in: folder) }

    /// Runs the program to its end; what it prints is thrown away, except when it fails.
    ///
    /// - Parameter environment: all variables that it sees.
    /// - Throws: `BenchError` if it cannot be started or ends with another code than 0.
    @discardableResult
    func run(_ environment: [String: String]) throws(BenchError) -> Cost {
        let output = try Self.makeOutput()
        defer { close(output) }
        return try run(environment, printingTo: output)
    }

    /// Runs the program to its end.
    ///
    /// - Returns: the first line that it prints.
    /// - Throws: as `run`.
    func output(_ environment: [String: String]) throws(BenchError) -> String {
        let output = try Self.makeOutput()
        defer { close(output) }
        _ = try run(environment, printingTo: output)
        return String(Self.text(of: output).prefix { $0 != "\n" })
    }

    /// A file without a name.
    private static func makeOutput() throws(BenchError) -> Int32 {
        var template = Array("/tmp/cairn-bench-output.XXXXXX".utf8CString)
        let output = mkstemp(&template)
        guard output >= 0, fcntl(output, F_SETFD, FD_CLOEXEC) == 0 else {
            throw BenchError("cannot make a file for the output: \(String(cString: strerror(errno)))")
        }
        unlink(template)
        return output
    }

    /// Starts the program and comes back at once; what it prints is thrown away.
    ///
    /// - Parameter input: an open file that it reads.
    /// - Returns: the process, for the caller to wait for.
    /// - Throws: `BenchError` if it cannot be started.
    func start(_ environment: [String: String], input: Int32) throws(BenchError) -> pid_t {
        let output = try Self.makeOutput()
        defer { close(output) }
        return try spawn(environment, input: input, output: output)
    }

    private func run(_ environment: [String: String], printingTo output: Int32) throws(BenchError) -> Cost {
        let start = Self.clock()
        let process = try spawn(environment, input: nil, output: output)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 {
            guard errno == EINTR else {
                throw BenchError("cannot wait for '\(words[0])': \(String(cString: strerror(errno)))")
            }
        }
        let seconds = Self.clock() - start
        guard status == 0 else {
            let command = words.joined(separator: " ")
            throw BenchError(
                "`\(command)` failed in '\(folder)' (wait status \(status)):\n\(Self.text(of: output))")
        }
        return Cost(
            seconds: seconds, processorSeconds: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime),
            peakBytes: Int64(usage.ru_maxrss) * 1024)
    }

    private func spawn(
        _ environment: [String: String], input: Int32?, output: Int32
    ) throws(BenchError) -> pid_t {
        // One thread only, so the folder may be changed for the child's sake.
        guard chdir(folder) == 0 else {
            throw BenchError("cannot go to '\(folder)': \(String(cString: strerror(errno)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var process: pid_t = 0
        let code = Self.withCStrings(words) { argv in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawnp(&process, words[0], &actions, nil, argv, envp)
            }
        }
        guard code == 0 else {
            throw BenchError("cannot start '\(words[0])': \(String(cString: strerror(code)))")
        }
        return process
    }

    private static func clock() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// The first part of what a program printed.
    private static func text(of file: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = pread(file, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        // Ends with nil, so it is not empty.
        return copies.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
