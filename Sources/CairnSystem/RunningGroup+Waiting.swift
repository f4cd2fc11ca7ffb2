internal import CLinux
internal import Glibc

extension RunningGroup {
    /// How long output is waited for that others may still write when the program itself has ended.
    private static let afterlife = Duration.milliseconds(250)

    /// What has happened so far.
    private struct Progress {
        var cause = ProcessEnd.Cause.own
        /// When the group is ended by force.
        var killTime: Duration?
        /// When nothing is waited for any more.
        var lastTime: Duration?
        var status: ProcessEnd.Status?
        var isOpen: [Bool]

        var hasEnded: Bool { status != nil }
        /// True as long as nobody has asked the group to end.
        var canBeEnded: Bool { !hasEnded && cause == .own }
    }

    /// Waits for the end of the program; see `ProcessGroup.run`.
    func wait(
        timeLimit: Duration?, grace: Duration, stop: StopSwitch?,
        output: (ProcessStream, UnsafeRawBufferPointer) -> Void
    ) -> ProcessEnd {
        let watch = ChangeWatch(process, seesStops: hasTerminal)
        let deadline = timeLimit.map { Surroundings.uptime + $0 }
        var progress = Progress(isOpen: streams.map { $0 != nil })
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            if isOver(&progress, deadline: deadline, grace: grace, stop: stop) { break }
            var states = [
                pollfd(
                    fd: progress.isOpen[0] ? streams[0]?.number ?? -1 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: progress.isOpen[1] ? streams[1]?.number ?? -1 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: progress.hasEnded ? -1 : watch.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: progress.canBeEnded ? Interruption.descriptor : -1, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: progress.canBeEnded ? stop?.descriptor ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&states, nfds_t(states.count), pause(progress, watch, stop, deadline: deadline))
            for number in 0..<2 where progress.isOpen[number] && states[number].revents != 0 {
                let count = read(states[number].fd, buffer.baseAddress, buffer.count)
                if count > 0 {
                    output(
                        number == 0 ? .output : .errors, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } else if count == 0 || errno != EINTR {
                    progress.isOpen[number] = false
                }
            }
            if watch.isBlind && !progress.hasEnded {
                reap(&progress, waiting: false)
            } else if states[2].revents != 0 {
                switch watch.next() {
                case .stopped: suspend()
                case .ended: reap(&progress, waiting: true)
                }
            }
        }
        if hasTerminal, progress.status == .signalled(SIGINT), progress.cause == .own {
            // Whoever typed Ctrl-C meant all of the work, but only the group in the foreground was told.
            Interruption.request()
            progress.cause = .stop
        }
        let isAlone = clinux_group_is_gone(process)
        clinux_release_group(process)
        return ProcessEnd(
            status: progress.status ?? .signalled(SIGKILL), cause: progress.cause, hasLeftPrograms: !isAlone)
    }

    /// Does what time and requests ask for.
    ///
    /// - Returns: true when there is nothing more to wait for.
    private func isOver(
        _ progress: inout Progress, deadline: Duration?, grace: Duration, stop: StopSwitch?
    ) -> Bool {
        let now = Surroundings.uptime
        if progress.canBeEnded {
            if Interruption.isRequested || stop?.isFlipped == true {
                progress.cause = .stop
            } else if let deadline, now >= deadline {
                progress.cause = .timeLimit
            }
            if progress.cause != .own {
                signal(SIGTERM)
                progress.killTime = now + grace
            }
        }
        if let time = progress.killTime, now >= time {
            signal(SIGKILL)
            progress.killTime = nil
            progress.lastTime = now + .seconds(1)
        }
        guard progress.hasEnded else { return false }
        let isSilent = !progress.isOpen.contains(true)
        if progress.cause == .own {
            let last = progress.lastTime ?? now + Self.afterlife
            progress.lastTime = last
            return isSilent || now >= last
        }
        // Those that do not write may need their time to end well too.
        let isGone = clinux_group_is_gone(process)
        if isGone && progress.lastTime == nil { progress.lastTime = now + Self.afterlife }
        return (isGone && isSilent) || progress.lastTime.map { now >= $0 } ?? false
    }

    /// How long to wait for the next thing to happen, in milliseconds; -1 for as long as it takes.
    private func pause(
        _ progress: Progress, _ watch: ChangeWatch, _ stop: StopSwitch?, deadline: Duration?
    ) -> Int32 {
        // Nobody tells when the last program of a group has gone.
        if progress.hasEnded && progress.cause != .own { return 10 }
        if watch.isBlind || stop?.descriptor == -1 { return 5 }
        let next = [progress.cause == .own ? deadline : nil, progress.killTime, progress.lastTime]
            .compactMap { $0 }.min()
        guard let next else { return -1 }
        let (seconds, attoseconds) = (next - Surroundings.uptime).components
        return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
    }

    /// Sends a signal to every program of the group, and lets those that are stopped notice.
    private func signal(_ number: Int32) {
        kill(-process, number)
        if number != SIGKILL { kill(-process, SIGCONT) }
    }

    private func reap(_ progress: inout Progress, waiting: Bool) {
        var status: Int32 = 0
        var answer = waitpid(process, &status, waiting ? 0 : WNOHANG)
        while answer < 0 && errno == EINTR { answer = waitpid(process, &status, waiting ? 0 : WNOHANG) }
        if answer == 0 { return }
        let number = status & 0x7F
        progress.status = number == 0 ? .exited((status >> 8) & 0xFF) : .signalled(number)
        if hasTerminal { _ = clinux_set_foreground(0, getpgrp()) }
    }

    /// Follows a program that the user has stopped (Ctrl-Z): the shell that we were started from gets the terminal, and when it lets us go
    /// on, the program does too.
    private func suspend() {
        _ = clinux_set_foreground(0, getpgrp())
        kill(0, SIGTSTP)
        if tcgetpgrp(0) == getpgrp() { _ = clinux_set_foreground(0, process) }
        kill(-process, SIGCONT)
    }
}

/// Tells when a program has ended or was stopped, through a descriptor.
private final class ChangeWatch {
    enum Change { case stopped, ended }

    /// Can be read when there is a change.
    let descriptor: Int32
    /// True if the system gave neither descriptor nor thread: one has to look now and then.
    let isBlind: Bool
    private let other: Int32
    private let thread: OwnThread?

    /// - Parameter seesStops: whether stops are told too; this takes a thread, as it does where the kernel has no pidfd_open(2).
    init(_ process: pid_t, seesStops: Bool) {
        let direct = seesStops ? -1 : clinux_process_descriptor(process)
        if direct >= 0 {
            (descriptor, other, thread, isBlind) = (direct, -1, nil, false)
            return
        }
        var ends: (reading: Int32, writing: Int32) = (-1, -1)
        let hasPipe = clinux_pipe(&ends.reading, &ends.writing) == 0
        let writing = ends.writing
        let started =
            !hasPipe
            ? nil
            : OwnThread {
                while true {
                    let change = clinux_wait_for_change(process)
                    var byte: UInt8 = change == 1 ? 1 : 0
                    write(writing, &byte, 1)
                    if change != 1 { return }
                }
            }
        (other, thread) = (ends.writing, started)
        descriptor = ends.reading
        isBlind = started == nil
    }

    /// The change that made the descriptor readable.
    func next() -> Change {
        guard thread != nil else { return .ended }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1 && byte == 1 ? .stopped : .ended
    }

    deinit {
        thread?.join()
        for number in [descriptor, other] where number >= 0 { close(number) }
    }
}
