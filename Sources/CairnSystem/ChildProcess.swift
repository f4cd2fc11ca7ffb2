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
        let number = try start(name, arguments, environment)
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
            Surroundings.sleep(milliseconds: 5)
        }
        try Interruption.check()
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static func start(
        _ name: String, _ arguments: [String], _ environment: [String: String]
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
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
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
