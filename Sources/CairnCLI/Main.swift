import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// The program: from arguments to an exit code.
@main
enum Main {
    static func main() {
        Interruption.watch()
        let code = run()
        CairnCommand.exit(withError: ArgumentParser.ExitCode(code))
    }

    /// Which program the user called, by the name of the file that runs.
    static let personality: Personality = {
        let name = CommandLine.arguments.first.map { FilePath($0).lastComponent?.string ?? "" }
        return name == "dvc" ? .dvc : .cairn
    }()

    private static func run() -> Int32 {
        let environment: [String: String]
        do {
            environment = try Surroundings.current().environment
        } catch {
            environment = [:]
        }
        let terminal = Terminal(environment: environment)
        do {
            let leading = try LeadingOptions(parsing: try arguments())
            return try Invocation(leading, personality, terminal).run()
        } catch let error as OutputError {
            return code(of: error, terminal)
        } catch {
            report(CairnError(error), nil, terminal)
            return ExitCode.wrongUsage(personality)
        }
    }

    /// The arguments behind the program's name.
    ///
    /// - Throws: `CairnError` for one that is not UTF-8: a repaired name could be that of another file.
    private static func arguments() throws(CairnError) -> [String] {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let raw = CommandLine.unsafeArgv[index] else { break }
            guard let text = String(validatingCString: raw) else {
                let bytes = UnsafeBufferPointer(start: raw, count: strlen(raw)).map { UInt8(bitPattern: $0) }
                throw CairnError(
                    .usage, "the argument '\(bytes.printable)' is not UTF-8",
                    hint: "name the folder that holds it instead")
            }
            arguments.append(text)
        }
        return arguments
    }

    private static func strlen(_ text: UnsafeMutablePointer<CChar>) -> Int {
        var end = 0
        while text[end] != 0 { end += 1 }
        return end
    }

    /// Puts a failure on standard error.
    static func report(_ error: CairnError, _ prefix: String?, _ terminal: Terminal) {
        let text = Output.words(error, prefix, personality, terminal)
        _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
    }

    /// The exit code when standard output cannot be written; a reader that went away is not worth a word.
    static func code(of error: OutputError, _ terminal: Terminal) -> Int32 {
        if error.errno == .brokenPipe { return ExitCode.brokenPipe }
        let failure = CairnError(.io, "cannot write standard output: \(error.errno)")
        report(failure, nil, terminal)
        return ExitCode.of(failure.kind, personality, isCaught: false)
    }
}
