import Glibc

/// The system calls by which a program changed files, in their order, as strace saw them.
public struct WriteOrder {
    /// One call, with the numbers of the lines on which it began and ended: calls of several threads overlap.
    public struct Call: CustomStringConvertible {
        /// What was called.
        public let name: String
        /// Its arguments, as strace writes them.
        public let arguments: String
        /// Where it began.
        public let begin: Int
        /// Where it ended.
        public let end: Int

        /// The call with its lines.
        public var description: String { "\(begin)-\(end) \(name)(\(arguments)" }

        /// The files of descriptors among the arguments, in order.
        public var files: [String] {
            arguments.split(separator: "<").dropFirst().map { String($0.prefix { $0 != ">" }) }
        }

        /// Texts in quotes among the arguments, in order.
        public var texts: [String] {
            arguments.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }

        /// For a rename: the path that the file had and the one that it got.
        public var rename: (from: String, to: String)? {
            guard name.hasPrefix("rename"), texts.count == 2, files.count >= 2 else { return nil }
            return ("\(files[0])/\(texts[0])", "\(files[1])/\(texts[1])")
        }

        /// For a call that gives a file without a name its first one: the number of its descriptor and the path.
        public var naming: (descriptor: String, to: String)? {
            guard name == "linkat", texts.count == 2, texts[0].hasPrefix("/proc/self/fd/"),
                let folder = files.last
            else { return nil }
            return (String(texts[0].dropFirst("/proc/self/fd/".count)), "\(folder)/\(texts[1])")
        }

        /// True for a call that makes a file without a name in a folder.
        public func makesUnnamed(in folder: String) -> Bool {
            name == "openat" && arguments.contains("O_TMPFILE") && files.first == folder
        }

        /// For a call that makes a file: its path.
        public var created: String? {
            guard name == "openat", arguments.contains("O_CREAT"), let folder = files.first,
                let text = texts.first
            else { return nil }
            return text.hasPrefix("/") ? text : "\(folder)/\(text)"
        }

        /// For a call that makes a folder, or deletes a file or an empty folder: its path.
        public func path(ofCall name: String) -> String? {
            guard self.name == name, let folder = files.first, let text = texts.first else { return nil }
            return text.hasPrefix("/") ? text : "\(folder)/\(text)"
        }
    }

    /// The program; nil if it is not installed.
    public static let strace = ["/usr/bin/strace", "/bin/strace"].first { Files.exists($0) }

    /// Why calls cannot be watched here; nil where they can.
    public static let reason: String? = {
        guard let strace else { return "needs strace" }
        let result = try? Program.run(
            strace, ["-f", "-o", "/dev/null", "/bin/true"], in: "/", environment: [:], seconds: 20)
        return result?.exitCode == 0 ? nil : "needs the right to trace processes"
    }()

    /// Why a process cannot have itself watched here; nil where it can.
    public static let reasonForThisProcess: String? = {
        let scope = (try? Files.text("/proc/sys/kernel/yama/ptrace_scope")) ?? "0\n"
        return geteuid() == 0 || scope == "0\n"
            ? reason : "needs the right to trace processes that are no children"
    }()

    /// Every call that succeeded, by the time at which it ended.
    public let calls: [Call]

    /// Reads what strace wrote.
    ///
    /// - Throws: `SupportError` when there is no such file.
    public init(log: String) throws { calls = Self.parse(try Files.text(log)) }

    /// Has this process, which should be that of an exit test, watched while it does something.
    ///
    /// - Parameter log: where strace writes; it is complete afterwards.
    /// - Throws: `SupportError` when that cannot be done, or what `body` throws.
    public static func watch(log: String, _ body: () async throws -> Void) async throws {
        guard let strace else { throw SupportError("needs strace") }
        let watcher = try Program.start(
            strace, options(log: log) + ["-p", "\(getpid())"], in: "/", environment: [:])
        defer { watcher.kill(SIGKILL) }
        for attempt in 0... {
            let threads = Files.names(in: "/proc/self/task")
            let isWatched = threads.allSatisfy { thread in
                let status = try? Files.text("/proc/self/task/\(thread)/status")
                return status?.contains("TracerPid:\t0\n") != true  // one that has ended needs no watching
            }
            if isWatched { break }
            guard attempt < 1000 else { throw SupportError("strace does not watch this process") }
            usleep(10_000)
        }
        try await body()
        watcher.kill(SIGTERM)
        guard try watcher.wait(seconds: 20) != nil else { throw SupportError("strace does not end") }
    }

    private static func options(log: String) -> [String] {
        let watched =
            "openat,write,pwrite64,syncfs,fsync,fdatasync,sync,rename,renameat,renameat2,linkat,symlinkat,unlinkat,ftruncate,mkdirat"
        return ["-f", "-y", "-s", "0", "-e", "trace=\(watched)", "-e", "signal=none", "-o", log]
    }

    /// Runs the program under test and watches it.
    ///
    /// - Throws: `SupportError` when it cannot be run, or fails.
    public init(of arguments: [String], in folder: String, sandbox: Sandbox) throws {
        guard let strace = Self.strace else { throw SupportError("needs strace") }
        let log = sandbox("strace.log")
        let own = Self.options(log: log) + [sandbox("bin/cairn")]
        try Program.run(strace, own + arguments, in: sandbox(folder), environment: sandbox.environment)
            .succeeded()
        calls = Self.parse(try Files.text(log))
    }

    /// The calls of a log of strace's that succeeded, by the time at which they ended.
    public static func parse(_ log: String) -> [Call] {
        var calls: [Call] = []
        var unfinished: [Substring: (begin: Int, text: String)] = [:]
        for (number, line) in log.split(separator: "\n").enumerated() {
            let process = line.prefix { $0 != " " }
            var text = String(line.dropFirst(process.count).drop { $0 == " " })
            var begin = number
            if let mark = text.firstRange(of: " <unfinished ...>") {
                unfinished[process] = (number, String(text[..<mark.lowerBound]))
                continue
            }
            if text.hasPrefix("<... "), let mark = text.firstRange(of: " resumed>") {
                guard let start = unfinished.removeValue(forKey: process) else { continue }
                begin = start.begin
                text = start.text + text[mark.upperBound...]
            }
            guard let open = text.firstIndex(of: "("), let equals = text.ranges(of: " = ").last,
                !text[equals.upperBound...].hasPrefix("-")
            else { continue }
            calls.append(
                Call(
                    name: String(text[..<open]),
                    arguments: String(text[text.index(after: open)..<equals.lowerBound]),
                    begin: begin, end: number))
        }
        return calls
    }

    /// The last call before or after which something must have happened.
    public func renames(where isMeant: (String) -> Bool) -> [(from: String, to: String, call: Call)] {
        calls.compactMap { call in call.rename.flatMap { isMeant($0.to) ? ($0.from, $0.to, call) : nil } }
    }

    /// Files that got a name: by a rename, or from having none, perhaps through a temporary one; with what the calls before name them by.
    public func named(where isMeant: (String) -> Bool) -> [(from: String, to: String, call: Call)] {
        calls.compactMap { call in
            if let rename = call.rename, isMeant(rename.to) {
                let naming = calls.last { $0.end < call.begin && $0.naming?.to == rename.from }
                return (naming.flatMap(nameless) ?? rename.from, rename.to, call)
            }
            guard let naming = call.naming, isMeant(naming.to) else { return nil }
            return nameless(call).map { ($0, naming.to, call) }
        }
    }

    /// What a file without a name was called when it was used last before a call gave it one.
    private func nameless(_ call: Call) -> String? {
        guard let descriptor = call.naming?.descriptor else { return nil }
        return calls.last { $0.end < call.begin && $0.arguments.hasPrefix("\(descriptor)<") }?.files.first
    }

    /// Calls that wrote into a file.
    public func writes(to path: String) -> [Call] {
        calls.filter { ["write", "pwrite64", "ftruncate"].contains($0.name) && $0.files.first == path }
    }

    /// Whether a call of this name, on this file if one is given, lies wholly between two moments.
    public func has(_ names: Set<String>, on path: String? = nil, after begin: Int, before end: Int) -> Bool {
        calls.contains {
            names.contains($0.name) && (path == nil || $0.files.first == path) && $0.begin > begin
                && $0.end < end
        }
    }

    /// The moment from which on a file that got its name by a call keeps it through a power cut: the end of the syncs of the folder and of
    /// those on the way to it that the program made, or of one of the whole file system.
    ///
    /// - Returns: nil if that is never so.
    public func durable(_ path: String, since call: Call) -> Int? {
        let whole = calls.first { ["syncfs", "sync"].contains($0.name) && $0.begin > call.end }?.end ?? .max
        var (name, begin, last) = (path, call.end, 0)
        while let slash = name.lastIndex(of: "/"), slash > name.startIndex {
            let folder = String(name[..<slash])
            let sync = calls.first { $0.name == "fsync" && $0.files.first == folder && $0.begin > begin }
            last = max(last, sync?.end ?? .max)
            // A folder that was there before needs no sync of those above it.
            guard let made = calls.first(where: { $0.path(ofCall: "mkdirat") == folder }) else { break }
            (name, begin) = (folder, made.end)
        }
        let moment = min(whole, last)
        return moment == .max ? nil : moment
    }
}
