internal import CLinux
internal import Glibc

/// Programs that run in process groups of their own, so that they can be ended with all that they have started.
public enum ProcessGroup {
    /// Runs a program to its end.
    ///
    /// All signals are at their defaults in it, and no descriptor but the three streams is open. When it has ended, what others still
    /// write to its streams is waited for only a moment, and those run on. When this process is gone, even by SIGKILL, its groups are
    /// ended by a small process that it leaves for that: the kernel's own signal for this case reaches only children, not theirs.
    ///
    /// A program in the foreground of the terminal that dies of Ctrl-C counts as a request to stop: `Interruption` knows of it then.
    /// - Parameters:
    ///   - timeLimit: how long it may take; then its group is ended.
    ///   - grace: how long a group has between the request to end (SIGTERM) and its end (SIGKILL).
    ///   - stop: ends the group when it is flipped. `Interruption` always does.
    ///   - output: gets what the program writes, as it comes, unless its output is inherited; the memory is valid during the call.
    /// - Throws: `SystemError` if the program cannot be started, with EINTR if the work was to stop before that.
    public static func run(
        _ launch: ProcessLaunch, timeLimit: Duration? = nil, grace: Duration = .seconds(5),
        stop: StopSwitch? = nil, output: (ProcessStream, UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) throws(SystemError) -> ProcessEnd {
        _ = guardStart
        try Interruption.check()
        if stop?.isFlipped == true {
            throw SystemError(.interrupted, "start", FilePath(bytes: launch.program))
        }
        let running = try RunningGroup(launch)
        return running.wait(timeLimit: timeLimit, grace: grace, stop: stop, output: output)
    }

    /// Starts the guard once; without it programs outlive a cairn that is killed, and nothing else is different.
    private static let guardStart = clinux_start_guard()
}

/// A program in a group of its own that has been started.
final class RunningGroup {
    let process: pid_t
    let streams: [OwnedDescriptor?]
    /// True while the group is in the foreground of the terminal.
    let hasTerminal: Bool

    /// Starts the program.
    init(_ launch: ProcessLaunch) throws(SystemError) {
        let file = try Self.find(launch)
        var request = clinux_launch()
        var terminal: Int32 = -1
        request.streams.0 = -1
        if launch.input == .inherited {
            if isatty(0) == 0 {
                request.streams.0 = 0
            } else if tcgetpgrp(0) == getpgrp() {
                request.streams.0 = 0
                terminal = 0
            }
        }
        request.terminal = terminal
        hasTerminal = terminal >= 0
        var ours: [OwnedDescriptor?] = [nil, nil]
        var theirs: [OwnedDescriptor] = []
        (request.streams.1, request.streams.2) = (1, 2)
        if launch.output == .collected {
            for number in 0..<2 {
                var ends: (reading: Int32, writing: Int32) = (-1, -1)
                let code = clinux_pipe(&ends.reading, &ends.writing)
                guard code == 0 else { throw SystemError(Errno(rawValue: code), "start", file) }
                ours[number] = OwnedDescriptor(ends.reading)
                theirs.append(OwnedDescriptor(ends.writing))
            }
            (request.streams.1, request.streams.2) = (theirs[0].number, theirs[1].number)
        }
        streams = ours
        var failed = clinux_step_none
        let number = CStrings.with([launch.program] + launch.arguments) { arguments in
            CStrings.with(launch.environment) { environment in
                launch.folder.withPlatformString { folder in
                    file.withPlatformString { program in
                        request.program = program
                        request.folder = folder
                        request.arguments = arguments
                        request.environment = environment
                        return clinux_start_group(&request, &failed)
                    }
                }
            }
        }
        process = number
        guard number > 0 else {
            // The child may have taken the terminal before it failed.
            if hasTerminal { _ = clinux_set_foreground(0, getpgrp()) }
            let isFolder = failed == clinux_step_folder
            throw SystemError(
                Errno(rawValue: -number), isFolder ? "go to" : "start", isFolder ? launch.folder : file)
        }
        withExtendedLifetime(theirs) {}
    }

    /// The file of a program: itself if it has a slash, else the first of its name in `PATH`.
    private static func find(_ launch: ProcessLaunch) throws(SystemError) -> FilePath {
        let slash = UInt8(ascii: "/")
        if launch.program.contains(slash) { return FilePath(bytes: launch.program) }
        let entry = launch.environment.last { $0.starts(with: "PATH=".utf8) }
        let folders = entry.map { $0.dropFirst(5) } ?? Array("/usr/bin:/bin".utf8)[...]
        for folder in folders.split(separator: UInt8(ascii: ":")) {
            let path = FilePath(bytes: Array(folder) + [slash] + launch.program)
            if path.withPlatformString({ access($0, X_OK) }) == 0,
                (try? path.status(following: true))?.kind == .regular
            {
                return path
            }
        }
        throw SystemError(.noSuchFileOrDirectory, "start", FilePath(bytes: launch.program))
    }
}

/// A descriptor that is closed when nobody needs it any more.
final class OwnedDescriptor {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// Lists of texts as C wants them.
enum CStrings {
    /// Lends a list that ends with a null pointer.
    static func with<Result>(
        _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let count = texts.reduce(0) { $0 + $1.count + 1 }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { memory in
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: texts.count + 1) {
                pointers in
                // Both have room for at least one element.
                var next = memory.baseAddress!
                for (index, text) in texts.enumerated() {
                    pointers[index] = next
                    for byte in text {
                        next.pointee = CChar(bitPattern: byte)
                        next += 1
                    }
                    next.pointee = 0
                    next += 1
                }
                pointers[texts.count] = nil
                return body(UnsafePointer(pointers.baseAddress!))  // not empty
            }
        }
    }
}
