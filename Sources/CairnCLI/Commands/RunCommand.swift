import ArgumentParser
import Cairn

/// `cairn run`: a stage is written and run at once.
struct RunCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Write a stage into the dvc.yaml of this folder, and run it.",
        discussion: "The same as `stage add --run`.")

    @OptionGroup var definition: StageAddCommand

    var global: GlobalOptions { definition.global }

    func run(in context: Context) throws -> Outcome {
        var definition = definition
        definition.run = true
        return try definition.run(in: context)
    }
}
