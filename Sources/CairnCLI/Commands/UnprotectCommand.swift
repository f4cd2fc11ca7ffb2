import ArgumentParser
import Cairn
import CairnCore

/// `cairn unprotect`.
struct UnprotectCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unprotect", abstract: "Make linked data into copies that may be edited.",
        discussion: "Needed before an edit where cache.type makes hard or symbolic links to the cache.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Files and directories.", completion: .file())
    var targets: [String]

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.unprotect(targets, reporter: context.reporter)
        guard context.personality == .cairn else { return .done }
        let total = report.copied + report.madeWritable
        try context.output.note(
            total == 0 ? "nothing was protected" : "\(Words.count(total, "file")) may be edited now")
        return .done
    }
}
