import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn check-ignore`.
struct CheckIgnoreCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check-ignore", abstract: "Show which paths .dvcignore leaves out, and by which rule.",
        discussion: "The exit code is 0 if a rule decides about some path, else 1.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Paths to look at.", completion: .file())
    var targets: [String] = []

    @Flag(name: .shortAndLong, help: "Show file, line and text of the rule.")
    var details = false

    @Flag(name: .shortAndLong, help: .hidden)
    var all = false

    @Flag(name: .shortAndLong, help: "Show paths that no rule decides about too; needs --details.")
    var nonMatching = false

    @Flag(help: "Read paths from standard input, one a line, up to its end or an empty line.")
    var stdin = false

    func run(in context: Context) throws -> Outcome {
        if let contradiction {
            throw CairnError(.usage, contradiction, hint: "`cairn check-ignore --help` shows how")
        }
        let checker = try context.workspace().ignoreChecker()
        var isMatched = false
        if stdin {
            var lines = InputLines()
            while let line = try lines.next(), !line.isEmpty {
                isMatched = try check(line, checker, context) || isMatched
                // Another program may wait for each answer.
                try context.output.flush()
            }
        } else {
            for target in targets { isMatched = try check(Array(target.utf8), checker, context) || isMatched }
        }
        return isMatched ? .done : .no
    }

    private var contradiction: String? {
        if !stdin, targets.isEmpty { return "`targets` or `--stdin` needed" }
        if stdin, !targets.isEmpty { return "cannot have both `targets` and `--stdin`" }
        if nonMatching, !details { return "`--non-matching` is only valid with `--details`" }
        if all, !details { return "`--all` is only valid with `--details`" }
        if details, global.quiet > 0 { return "cannot use both `--details` and `--quiet`" }
        return nil
    }

    private func check(_ target: [UInt8], _ checker: IgnoreChecker, _ context: Context) throws -> Bool {
        let finding: IgnoreFinding
        do {
            finding = try checker.check(target)
        } catch let error as CairnError where error.kind == .usage && context.personality == .dvc {
            // DVC has nothing to say about paths outside of the workspace.
            finding = .nothing
        }
        if details {
            var rules = finding.rules.map(\.text)
            if rules.isEmpty, nonMatching { rules = [Array("::".utf8)] }
            for rule in all ? rules : rules.suffix(1) {
                try context.output.data(bytes: rule + [UInt8(ascii: "\t")] + target)
            }
        } else if finding.isIgnored, global.quiet == 0 {
            try context.output.data(bytes: target)
        }
        // As DVC counts: without details, a path that a rule takes back is not found.
        return details ? finding.isMatched : finding.isIgnored
    }
}

/// Standard input, line by line.
private struct InputLines {
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    /// The next line without its break; `nil` at the end.
    mutating func next() throws -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            if isAtEnd {
                defer { buffer.removeAll() }
                return buffer.isEmpty ? nil : buffer
            }
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            do {
                let count = try piece.withUnsafeMutableBytes {
                    try FileDescriptor.standardInput.read(into: $0, retryOnInterrupt: false)
                }
                isAtEnd = count == 0
                buffer += piece[..<count]
            } catch {
                throw SystemError(error as? Errno ?? .ioError, "read", "standard input")
            }
        }
    }
}
