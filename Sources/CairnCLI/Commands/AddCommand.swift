import ArgumentParser
import Cairn
import CairnCore

/// `cairn add`.
struct AddCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Start tracking files and directories, or take in what changed in them.",
        discussion: """
            Stores the data in the cache and writes a pointer file beside it, which belongs into git. A path inside of a tracked \
            directory updates that directory.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Files or directories.", completion: .file())
    var targets: [String]

    @Flag(name: .customLong("no-commit"), help: "Write pointers without storing the data.")
    var skipsStore = false

    @Flag(help: "Take wild cards in targets as such.")
    var glob = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Copy one target to this place and track it there.", valueName: "path"))
    var out: String?

    @Option(name: .customLong("file"), help: ArgumentHelp("Write this pointer file.", valueName: "path"))
    var pointerFile: String?

    @Flag(name: .shortAndLong, help: "Replace what is in the way.")
    var force = false

    @Flag(
        name: .customLong("no-relink"),
        help: "Leave files of the workspace as they are, whatever cache.type says.")
    var skipsRelink = false

    @Flag(
        name: .customLong("follow-links"), inversion: .prefixedNo,
        help:
            "Take symbolic links inside of directories for what they lead to, or for links; otherwise each as it was, new ones as links."
    )
    var followsLinks: Bool?

    @Flag(
        name: .customLong("to-remote"),
        help: "Send the data of one target to a remote instead of storing it here.")
    var toRemote = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("With --to-remote: this remote instead of the default one.", valueName: "name"),
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs"), .customLong("remote-jobs")],
        help: ArgumentHelp("With --to-remote: so many transfers at a time.", valueName: "number"))
    var jobs: Int?

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = AddOptions()
        options.skipsStore = skipsStore
        options.isGlob = glob
        options.out = out
        options.file = pointerFile
        options.isForced = force
        options.skipsRelink = skipsRelink
        options.followsLinks = followsLinks
        options.goesToRemote = toRemote
        options.remote = remote
        options.jobs = jobs
        let workspace = try context.workspace()
        let report = try workspace.add(targets, options, reporter: context.reporter)
        let failed = report.linkFailures.map { workspace.display($0) }
        if !failed.isEmpty {
            context.output.warn(
                "\(Words.count(failed.count, "file")) could not be linked from the cache: \(failed.prefix(5).joined(separator: ", "))",
                hint: "choose another `cache.type`, then `\(context.command("checkout --relink"))`")
        }
        if context.personality == .cairn {
            for output in report.outputs { try context.output.note(Self.summary(output, workspace)) }
        }
        try context.tellGit(report.gitFiles, workspace)
        return .done
    }

    private static func summary(_ output: AddReport.Output, _ workspace: Workspace) -> String {
        let name = workspace.display(output.path, isFolder: output.id.isDirectory)
        var facts: [String] = []
        if let count = output.fileCount { facts.append(Words.count(count, "file")) }
        if let size = output.size { facts.append(Words.bytes(size)) }
        let detail = facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))"
        return output.isChanged ? "tracking '\(name)'\(detail)" : "'\(name)' is tracked as it is\(detail)"
    }
}

extension Context {
    /// Says which files belong into git's next commit, unless git was told already.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func tellGit(_ files: GitFiles, _ workspace: Workspace) throws {
        let changed = files.changed + files.removed.filter { !$0.name.elementsEqual(".gitignore".utf8) }
        guard files.hasGit, !files.isStaged, !changed.isEmpty else { return }
        let names = changed.map { Shell.quoted(workspace.display($0)) }.joined(separator: " ")
        switch personality {
        case .dvc:
            try output.note(
                "\nTo track the changes with git, run:\n\n\tgit add \(names)\n\nTo enable auto staging, run:\n\n\tdvc config core.autostage true"
            )
        case .cairn: try output.note("to commit it: `git add \(names)`")
        }
    }
}
