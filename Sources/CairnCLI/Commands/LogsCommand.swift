import ArgumentParser
import Cairn
import CairnCore

/// `logs`: what a stage printed.
struct LogsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a stage wrote to its output and errors when it ran last here.",
        discussion: "Logs are kept on this machine only, each until the stage has run twice more.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The stage.")
    var stage: String

    @Flag(help: "The run before the last one.")
    var previous = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        try workspace.readLog(of: stage, previous: previous) { bytes in try context.output.raw(bytes) }
        return .done
    }
}
