import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// One run of the program with its arguments.
struct Invocation {
    private let leading: LeadingOptions
    private let personality: Personality
    private let terminal: Terminal

    /// Prepares a run; nothing happens yet.
    init(_ leading: LeadingOptions, _ personality: Personality, _ terminal: Terminal) {
        self.leading = leading
        self.personality = personality
        self.terminal = terminal
    }

    /// Parses the command, runs it and puts its failure into words.
    ///
    /// - Returns: the exit code.
    /// - Throws: `OutputError` if standard output cannot be written.
    func run() throws -> Int32 {
        if leading.wantsVersion {
            try write(personality == .dvc ? ProgramVersion.dvc : "cairn \(ProgramVersion.cairn)")
            return 0
        }
        guard let first = leading.rest.first else {
            return noCommand(DocumentedCommand.helpMessage(), "command")
        }
        if ["-h", "--help"].contains(first) || leading.rest == ["help"] {
            try write(DocumentedCommand.helpMessage())
            return 0
        }
        if let unknown = UnknownCommand.find(in: leading.rest, below: CairnCommand.self) {
            return wrongUsage(nil, unknown.message(as: personality), hint: unknown.hint(as: personality))
        }
        do {
            let command = try CairnCommand.parseAsRoot(OptionalValues.filled(in: leading.rest))
            guard let verb = command as? any Verb else {
                if !type(of: command).configuration.subcommands.isEmpty {
                    return noCommand(CairnCommand.helpMessage(for: type(of: command)), "cmd")
                }
                // Help, which the parser's own command throws.
                var help = command
                try help.run()
                return 0
            }
            return try run(verb)
        } catch let error as OutputError {
            throw error
        } catch {
            return try answer(to: error)
        }
    }

    private func run(_ verb: some Verb) throws -> Int32 {
        let verbosity: Output.Verbosity =
            leading.quiet + verb.global.quiet > 0
            ? .quiet : leading.verbose + verb.global.verbose > 0 ? .verbose : .normal
        let line = ProgressLine(terminal, isDrawn: verbosity == .normal) {
            [personality, terminal] message, hint in
            verbosity == .quiet ? "" : Output.warning(message, hint: hint, personality, terminal)
        }
        let output = Output(personality, verbosity, terminal, line)
        defer { line.finish() }
        do {
            for folder in leading.folders { try Surroundings.enter(FilePath(folder)) }
            let context = Context(
                personality: personality, surroundings: try .current(), waitsForLock: leading.waitsForLock,
                terminal: terminal, output: output, reporter: line)
            let outcome = try verb.run(in: context)
            try output.flush()
            return outcome.exitCode
        } catch let error as OutputError {
            throw error
        } catch {
            line.finish()
            // What was found before the failure is true all the same.
            try output.flush()
            return code(
                of: error, type(of: verb).failureOfDVC, isSilent: verbosity == .quiet && personality == .dvc)
        }
    }

    private func code(of error: any Error, _ prefix: String?, isSilent: Bool) -> Int32 {
        let before = (error as? FailureBeforeWork)?.error
        let refusal = (error as? Refusal)?.error
        let failure = before ?? refusal ?? CairnError(error)
        // What DVC takes for a fault of its own gets past the words of a command.
        let isFault = failure.kind == .internal && prefix?.isEmpty == false
        let isCaught = (prefix != nil || refusal != nil) && before == nil && !isFault
        if !isSilent { Main.report(worded(failure), isCaught ? prefix : uncaughtPrefix(failure), terminal) }
        return ExitCode.of(failure.kind, personality, isCaught: isCaught)
    }

    private func worded(_ failure: CairnError) -> CairnError {
        guard personality == .dvc, failure.kind == .config else { return failure }
        return CairnError(.config, "config file error: \(failure.wordsOfDVC ?? failure.message)")
    }

    private func uncaughtPrefix(_ failure: CairnError) -> String? {
        switch failure.kind {
        case .config: "configuration error"
        case .internal: "unexpected error"
        default: nil
        }
    }

    /// Answers to what the parser threw: help and scripts that were asked for, or a mistake.
    private func answer(to error: any Error) throws -> Int32 {
        let text = CairnCommand.fullMessage(for: error)
        if CairnCommand.exitCode(for: error) == .success {
            try write(text)
            return 0
        }
        // "Error: What is wrong", then usage.
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var message = lines.removeFirst()
        if message.utf8.starts(with: "Error: ".utf8) { message.removeFirst(7) }
        if personality == .cairn, let first = message.first {
            message = first.lowercased() + message.dropFirst()
        }
        return wrongUsage(lines.joined(separator: "\n"), Array(message.utf8).printable)
    }

    private func noCommand(_ help: String, _ name: String) -> Int32 {
        wrongUsage(
            help,
            personality == .dvc ? "the following arguments are required: \(name)" : "a command is missing")
    }

    private func wrongUsage(_ help: String?, _ message: String, hint: String? = nil) -> Int32 {
        Main.report(CairnError(.usage, message, hint: hint), nil, terminal)
        if let help {
            _ = try? FileDescriptor.standardError.writeAll(Array((help + "\n").utf8))
        }
        return ExitCode.wrongUsage(personality)
    }

    private func write(_ text: String) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(Array((text + "\n").utf8))
        } catch {
            throw OutputError(errno: error as? Errno ?? .ioError)
        }
    }
}
