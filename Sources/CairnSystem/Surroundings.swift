internal import CLinux
internal import Glibc

/// What the process finds around it, as values that a caller may replace.
public struct Surroundings: Sendable {
    /// The environment variables.
    public var environment: [String: String]
    /// The folder in which the user stands, absolute.
    public var workingDirectory: FilePath
    /// The user's home folder, if there is one.
    public var home: FilePath?

    /// Puts surroundings together.
    public init(environment: [String: String], workingDirectory: FilePath, home: FilePath?) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.home = home
    }

    /// The surroundings of this process.
    ///
    /// - Throws: `SystemError` if the working directory is gone.
    public static func current() throws(SystemError) -> Surroundings {
        var environment: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).utf8
            if let separator = pair.firstIndex(of: UInt8(ascii: "=")) {
                environment[String(pair[..<separator])!] = String(pair[pair.index(after: separator)...])
            }
            entry += 1
        }
        guard let raw = getcwd(nil, 0) else { throw SystemError(Errno(rawValue: errno), "find", ".") }
        defer { free(raw) }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        return Surroundings(
            environment: environment, workingDirectory: FilePath(platformString: raw), home: home)
    }

    /// The environment of this process byte for byte, `NAME=value` each.
    public static var environmentEntries: [[UInt8]] {
        var entries: [[UInt8]] = []
        var entry = environ
        while let text = entry.pointee {
            entries.append(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
            entry += 1
        }
        return entries
    }

    /// The bytes of memory in this machine; 0 if it does not tell.
    public static var physicalMemory: Int64 { clinux_physical_memory() }

    /// How many processors this process may use.
    public static var processors: Int { Int(clinux_processors()) }

    /// The number of the user as whom the process acts.
    public static var effectiveUser: UInt32 { geteuid() }

    /// A variable of the process's environment.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The permissions that a new file gets: read and write for all, less the umask.
    public static let newFilePermissions: UInt32 = 0o666 & ~umaskNow()

    /// Linux: proc_pid_status(5). umask(2) can only be asked by setting it, which files of other threads would show.
    private static func umaskNow() -> UInt32 {
        let text = (try? FilePath("/proc/self/status").readIfPresent(limit: 1 << 20)) ?? nil
        let line = text?.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "Umask:".utf8) }
        let digits = line?.filter { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) } ?? []
        if let mask = UInt32(String(decoding: digits, as: UTF8.self), radix: 8) { return mask }
        let mask = umask(0o077)
        _ = umask(mask)
        return mask
    }

    /// The words with which this process was started, with blanks between.
    ///
    /// Linux: proc_pid_cmdline(5).
    public static var commandLine: String {
        let words = ((try? FilePath("/proc/self/cmdline").readIfPresent(limit: 1 << 20)) ?? nil) ?? []
        return String(
            decoding: Array(words.split(separator: 0).joined(separator: [UInt8(ascii: " ")])), as: UTF8.self)
    }

    /// The number of this process.
    public static var processID: Int32 { getpid() }

    /// The operating system with its release and the machine's kind: `Linux 6.1.0 x86_64`.
    public static var systemName: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return [text(&names.sysname), text(&names.release), text(&names.machine)].joined(separator: " ")
    }

    /// The name of the machine in its network.
    public static var hostName: String {
        var names = utsname()
        return uname(&names) == 0 ? text(&names.nodename) : "unknown"
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Nanoseconds since 1970 by the machine's clock.
    public static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// How long ago the machine was started, times when it slept included.
    ///
    /// Linux: clock_gettime(2), CLOCK_BOOTTIME.
    public static var uptime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// The moment at which a day begins where the user lives, in seconds since 1970.
    ///
    /// - Returns: `nil` for a day that no calendar has.
    public static func start(ofYear year: Int, month: Int, day: Int) -> Int64? {
        guard let year = Int32(exactly: year - 1900), (1...12).contains(month), (1...31).contains(day) else {
            return nil
        }
        var parts = tm()
        parts.tm_year = year
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_isdst = -1
        let time = mktime(&parts)
        // The 31st of April would come out as the first of May.
        return parts.tm_mday == Int32(day) ? Int64(time) : nil
    }

    /// Waits without using the processor.
    public static func sleep(milliseconds: Int) {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000) * 1_000_000)
        nanosleep(&time, nil)
    }

    /// True if a process with this number is alive. One that has ended, and whose parent has not asked how, is not.
    public static func isAlive(_ process: Int32) -> Bool {
        guard kill(process, 0) == 0 || errno == EPERM else { return false }
        let status = (try? FilePath("/proc/\(process)/stat").readIfPresent(limit: 1 << 16)) ?? nil
        // The state follows the name in parentheses, which may hold any.
        guard let status, let end = status.lastIndex(of: UInt8(ascii: ")")) else { return true }
        return status.dropFirst(end + 2).first != UInt8(ascii: "Z")
    }

    /// True if the descriptor (0, 1 or 2) is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// How many characters fit into a line of the terminal behind a descriptor; `nil` if it is none or does not tell.
    public static func terminalWidth(_ descriptor: Int32) -> Int? {
        let width = clinux_terminal_width(descriptor)
        return width > 0 ? Int(width) : nil
    }

    /// Makes a folder the one in which the process stands, as `cd` does.
    ///
    /// - Throws: `SystemError` if it is not there or may not be entered.
    public static func enter(_ folder: FilePath) throws(SystemError) {
        guard folder.withPlatformString({ chdir($0) }) == 0 else {
            throw SystemError(Errno(rawValue: errno), "go to", folder)
        }
    }
}
