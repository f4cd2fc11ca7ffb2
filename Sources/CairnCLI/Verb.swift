import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// A command: parses its arguments, calls one operation, renders the report.
protocol Verb: ParsableCommand {
    /// The options that every command takes.
    var global: GlobalOptions { get }

    /// As dvc: what stands in front of the message when the command itself deals with a failure, which gives exit code 1; may be
    /// empty. `nil` for commands that leave failures to the program.
    static var failureOfDVC: String? { get }

    /// Does the work.
    ///
    /// - Throws: what the operation throws; `Main` puts it into words and picks the exit code.
    func run(in context: Context) throws -> Outcome
}

extension Verb {
    static var failureOfDVC: String? { nil }
}

/// What a command finds around it.
struct Context {
    /// Which program the user called.
    let personality: Personality
    /// The environment, and the folder in which the user stands.
    let surroundings: Surroundings
    /// Whether to wait for another process without end.
    let waitsForLock: Bool
    /// What is known of the standard streams.
    let terminal: Terminal
    /// Where to write.
    let output: Output
    /// Where long operations tell how far they are.
    let reporter: any Reporter

    /// The workspace around the user.
    ///
    /// - Throws: `FailureBeforeWork` if there is none, or its configuration is broken.
    func workspace() throws -> Workspace {
        do {
            var workspace = try Workspace.discover(from: surroundings, as: personality)
            workspace.waitsForLock = waitsForLock
            workspace.secrets =
                terminal.canAsk ? SecretQuestion { [terminal] in terminal.askSecret($0) } : nil
            return workspace
        } catch {
            throw FailureBeforeWork(error: CairnError(error))
        }
    }

    /// The options behind a command's name, for messages: `cairn add`.
    func command(_ words: String) -> String { "\(personality.command) \(words)" }
}

/// Arguments that a command can take apart but not follow: wrong usage as cairn, a failure that DVC reports itself.
struct Refusal: Error {
    let error: CairnError
}

/// A failure that no command deals with itself: there is nothing to work on.
struct FailureBeforeWork: Error {
    let error: CairnError
}
