import ArgumentParser
import Cairn
import CairnCore

/// `cairn init`.
struct InitCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a workspace here or in another folder.",
        discussion: """
            The workspace is a native one: files have the ids that b3sum prints. With --dvc it is one that cairn and DVC can use in turn.

            The folder has to be the top of a git repository, unless --subdir or --no-scm says otherwise. The new files are added to \
            git's index.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The folder.", completion: .directory)
    var directory = "."

    @Flag(name: .customLong("no-scm"), help: "Work without git.")
    var isWithoutGit = false

    @Flag(help: "Make a workspace of a folder inside of a git repository.")
    var subdir = false

    @Flag(name: .shortAndLong, help: "Delete a workspace that is there, with its settings and its cache.")
    var force = false

    @Flag(help: "Keep the formats of DVC, so that both programs can work here.")
    var dvc = false

    static let failureOfDVC: String? = "failed to initiate DVC"

    func run(in context: Context) throws -> Outcome {
        var options = InitializeOptions()
        options.isWithoutGit = isWithoutGit
        options.isNested = subdir
        options.replaces = force
        options.isDVC = dvc
        if context.personality == .dvc, isWithoutGit, subdir {
            throw FailureBeforeWork(error: .contradiction)
        }
        let report = try Workspace.initialize(
            directory, options, surroundings: context.surroundings, as: context.personality,
            reporter: context.reporter)
        switch context.personality {
        case .dvc:
            try context.output.note("Initialized DVC repository.\n")
            if report.usesGit { try context.output.note("You can now commit the changes to git.\n") }
            try context.output.note(
                "What's next?\n------------\n- Track data: dvc add <file or folder>\n- See all commands: dvc --help"
            )
        case .cairn:
            try context.output.note("made a workspace in '\(report.root.bytes.printable)'")
            if report.isStaged { try context.output.note("its files are staged: `git commit` keeps them") }
        }
        return .done
    }
}

extension CairnError {
    fileprivate static let contradiction = CairnError(
        .usage, "--no-scm and --subdir contradict each other",
        dvc: "Cannot initialize repo with `--no-scm` and `--subdir`")
}
