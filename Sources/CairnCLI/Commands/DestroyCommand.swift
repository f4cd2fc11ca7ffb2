import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn destroy`.
struct DestroyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Make the folder an ordinary one again.",
        discussion: """
            Deletes pointer and pipeline files, .dvcignore and .dvc with the cache in it. Data files stay. Versions of them that are \
            only in the cache are lost.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    static let failureOfDVC: String? = "failed to destroy DVC"

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let question =
            context.personality == .dvc
            ? "This will destroy all information about your pipelines, all data files, as well as cache in .dvc/cache.\n"
                + "Are you sure you want to continue?"
            : "This deletes all pointer and pipeline files in '\(workspace.root.bytes.printable)', and '"
                + "\(workspace.controlFolder.bytes.printable)' with the cache in it. Go on?"
        guard try force || context.confirm(question) else {
            throw CairnError(
                .conflict, "nothing is deleted: destroying '\(workspace.controlFolder.bytes.printable)' needs to be confirmed",
                hint: "`cairn destroy --force` does it without asking",
                dvc: "cannot destroy without a confirmation from the user. Use `-f` to force.")
        }
        let report = try workspace.destroy(reporter: context.reporter)
        guard context.personality == .cairn else { return .done }
        try context.output.note(
            "deleted .dvc and \(Words.count(report.files.count, "pointer and pipeline file"))")
        if report.isCacheKept {
            try context.output.note(
                "the cache '\(workspace.cacheFolder.bytes.printable)' is outside of .dvc and stays")
        }
        return .done
    }
}
