import ArgumentParser
import Cairn
import CairnCore

/// `cairn params`.
struct ParamsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "params", abstract: "Compare parameters.", subcommands: [ParamsDiffCommand.self])
}

/// `cairn params diff`.
struct ParamsDiffCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare parameters of two revisions, or of one and the workspace.",
        discussion:
            "Compares params.yaml, files that pipelines name, and in other files the keys that stages read or were made from."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var sides: DifferenceOptions

    @Flag(help: "Leave out parameters that no stage reads.")
    var deps = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let difference = try workspace.parametersDifference(
            from: sides.old ?? "HEAD", to: sides.new ?? RecordedValues.workspaceName, sides.targets,
            onlyDependencies: deps, keepingEqual: sides.all, reporter: context.reporter)
        context.tellOfUnread([difference.old, difference.new], workspace, of: "params")
        let table = DifferenceTable(title: "Param", sides: sides, showsChange: false, places: nil)
        try table.write(difference, workspace, context)
        return .done
    }
}
