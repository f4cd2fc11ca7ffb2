import Cairn
import CairnCore
import CairnSystem

/// Where a command writes: data to standard output, everything for people to standard error.
///
/// As dvc, what is for people goes to standard output too, where DVC puts it. One command has one; it is used by its thread only.
final class Output {
    private var buffer: [UInt8] = []
    private let personality: Personality
    private let verbosity: Verbosity
    private let terminal: Terminal
    private let line: ProgressLine

    /// How much is said.
    enum Verbosity: Comparable {
        case quiet, normal, verbose
    }

    /// True if more is to be said than what matters.
    var isVerbose: Bool { verbosity == .verbose }

    /// Makes the outputs of a command.
    init(_ personality: Personality, _ verbosity: Verbosity, _ terminal: Terminal, _ line: ProgressLine) {
        self.personality = personality
        self.verbosity = verbosity
        self.terminal = terminal
        self.line = line
    }

    /// Renders what a command found: as JSON, or in words.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func render(
        asJSON: Bool, _ document: @autoclosure () -> PythonJSON, orText text: (Output) throws -> Void
    ) throws {
        if asJSON { try json(document()) } else { try text(self) }
    }

    /// Writes a line of data. `-q` does not silence it, but as dvc.
    ///
    /// - Parameter isForced: whether to write it in any case.
    /// - Throws: `OutputError` if it cannot be written.
    func data(_ text: String, isForced: Bool = false) throws {
        try data(bytes: Array(text.utf8), isForced: isForced)
    }

    /// Writes a line of data that may not be UTF-8.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func data(bytes: [UInt8], isForced: Bool = false) throws {
        guard verbosity > .quiet || personality == .cairn || isForced else { return }
        buffer.append(contentsOf: bytes)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Writes bytes as they are, without a line end. `-q` does not silence them.
    ///
    /// - Throws: `OutputError` if they cannot be written.
    func raw(_ bytes: UnsafeRawBufferPointer) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Writes one document on one line, as Python's `json.dumps` does.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func json(_ document: PythonJSON) throws { try data(bytes: document.serialized()) }

    /// Says something to people: what was done, that nothing was to do.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func note(_ text: String) throws {
        guard verbosity > .quiet else { return }
        if personality == .dvc { try data(text) } else { line.write(text + "\n") }
    }

    /// Says more, with `-v` only.
    func detail(_ text: String) {
        if verbosity == .verbose { line.write(text + "\n") }
    }

    /// Says what the user should know although the work went on.
    func warn(_ message: String, hint: String? = nil) { line.warn(message, hint: hint) }

    /// Puts a line on standard error as it is, unless all is to be quiet.
    func remark(_ text: String) {
        if verbosity > .quiet { line.write(text + "\n") }
    }

    /// Says that an item failed, while the others go on.
    func fail(_ error: CairnError) {
        if verbosity > .quiet || personality == .cairn {
            line.write(Self.words(error, nil, personality, terminal))
        }
    }

    /// A word on standard output in a style, where the stream shows it.
    func styled(_ text: String, _ style: Terminal.Style) -> String {
        terminal.styled(text, style, onOutput: true)
    }

    /// Hands what was written so far to the reader of standard output.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func flush() throws {
        guard !buffer.isEmpty else { return }
        line.erase()
        do {
            try FileDescriptor.standardOutput.writeAll(buffer)
        } catch {
            buffer.removeAll()
            throw OutputError(errno: error as? Errno ?? .ioError)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Where what commands of stages print goes: to the streams that they would have written to.
    ///
    /// - Parameter toErrors: sends all of it to standard error, where standard output is for a document.
    func stageOutput(toErrors: Bool) -> any StageOutputSink { StageOutput(line: line, toErrors: toErrors) }

    private struct StageOutput: StageOutputSink {
        let line: ProgressLine
        let toErrors: Bool

        func write(_ bytes: [UInt8], from stream: ProcessStream) {
            line.write(bytes, toErrors: toErrors || stream == .errors)
        }
    }

    /// The lines of a failure.
    ///
    /// - Parameter prefix: what dvc puts in front, or `nil`.
    static func words(
        _ error: CairnError, _ prefix: String?, _ personality: Personality, _ terminal: Terminal
    ) -> String {
        switch personality {
        case .cairn:
            return "\(terminal.styled("error:", .error)) \(error.message)\n" + hint(error.hint, terminal)
        case .dvc:
            let message = [prefix ?? "", error.wordsOfDVC ?? error.message].filter { !$0.isEmpty }
            return "\(terminal.styled("ERROR", .error)): \(message.joined(separator: " - "))\n"
        }
    }

    /// The lines of a warning.
    static func warning(
        _ message: String, hint: String?, _ personality: Personality, _ terminal: Terminal
    ) -> String {
        switch personality {
        case .cairn: "\(terminal.styled("warning:", .warning)) \(message)\n" + Self.hint(hint, terminal)
        case .dvc: "\(terminal.styled("WARNING", .warning)): \(message)\n"
        }
    }

    private static func hint(_ hint: String?, _ terminal: Terminal) -> String {
        hint.map { "\(terminal.styled("hint:", .hint)) \($0)\n" } ?? ""
    }
}

/// Standard output cannot be written.
struct OutputError: Error {
    /// What the operating system says; EPIPE when the reader went away.
    let errno: Errno
}
