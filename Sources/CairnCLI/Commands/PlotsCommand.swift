import ArgumentParser
import Cairn
import CairnCore

/// `plots`, which is not here yet: its words are taken, so that it is refused by name.
struct PlotsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "plots", abstract: "Draw plots (not yet).", shouldDisplay: false)

    @OptionGroup var global: GlobalOptions

    @Argument(parsing: .captureForPassthrough)
    var words: [String] = []

    func run(in context: Context) throws -> Outcome {
        let known = ["show", "diff", "modify", "templates"]
        let name = words.first.flatMap { known.contains($0) ? " \($0)" : nil } ?? ""
        throw CairnError(
            .usage,
            "`\(context.command("plots\(name)"))` is not supported yet: definitions of plots are read, checked and kept, and nothing draws them",
            hint: "in a repository of DVC's format, dvc draws them: `dvc plots\(name)`")
    }
}
