import ArgumentParser
import Cairn
import CairnCore

/// `why`: the reasons for stages to run.
struct WhyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Say why a stage would run, or that it is up to date.",
        discussion: "Compares what `repro` would compare, and changes nothing.")

    @OptionGroup var global: GlobalOptions

    @Argument(
        help:
            "Stages, groups of stages, pipeline files or outputs; those of the dvc.yaml in this folder if none is named."
    )
    var targets: [String] = []

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(name: .customLong("exit-code"), help: "Exit with 1 if anything would run.")
    var reportsByExitCode = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let stages = try workspace.explain(targets, reporter: context.reporter)
        let document = PythonJSON.object(
            stages.map { stage in
                (name: Array(stage.address.utf8), value: .array(stage.causes.map(StageWords.json)))
            })
        try context.output.render(asJSON: json, document) { output in
            for stage in stages {
                guard !stage.causes.isEmpty else {
                    try output.data("\(stage.address): \(stage.isFrozen ? "frozen" : "up to date")")
                    continue
                }
                try output.data("\(stage.address):")
                for cause in stage.causes {
                    try output.data("  \(StageWords.clause(cause))")
                    if case .command(let recorded, let current) = cause {
                        for line in StageWords.lines(recorded) { try output.data("    - \(line)") }
                        for line in StageWords.lines(current) { try output.data("    + \(line)") }
                    }
                }
            }
        }
        return reportsByExitCode && stages.contains { !$0.causes.isEmpty } ? .no : .done
    }
}
