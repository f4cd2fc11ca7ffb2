import ArgumentParser
import Cairn
import CairnCore

/// `cairn stage add`.
struct StageAddCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Write a stage into the dvc.yaml of this folder.",
        discussion: """
            Everything from the first word on that is no option belongs to the command of the stage. One word is taken as it is, \
            quotes and all; several are joined with blanks.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(name: .shortAndLong, help: "What to call the stage.")
    var name: String

    @Flag(name: .shortAndLong, help: "Replace a stage of this name; what people wrote about it goes on.")
    var force = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file or directory that it reads.", valueName: "path"),
        completion: .file())
    var deps: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Parameters that it reads: keys of params.yaml, of another file, or with nothing behind the colon a whole file.",
            valueName: "[file:]key,key"))
    var params: [String] = []

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file or directory that it writes.", valueName: "path"),
        completion: .file())
    var outs: [String] = []

    @Option(
        name: [.customShort("O"), .long],
        help: ArgumentHelp("The same, but its data is not stored.", valueName: "path"), completion: .file())
    var outsNoCache: [String] = []

    @Option(
        help: ArgumentHelp("An output that is not removed before the stage runs.", valueName: "path"),
        completion: .file())
    var outsPersist: [String] = []

    @Option(
        help: ArgumentHelp(
            "An output that is not removed before the stage runs, and not stored.", valueName: "path"),
        completion: .file())
    var outsPersistNoCache: [String] = []

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file of metrics that it writes.", valueName: "path"),
        completion: .file())
    var metrics: [String] = []

    @Option(
        name: [.customShort("M"), .long],
        help: ArgumentHelp("The same, but kept in git and not stored.", valueName: "path"),
        completion: .file())
    var metricsNoCache: [String] = []

    @Option(
        help: ArgumentHelp("A file or directory to draw plots of.", valueName: "path"), completion: .file())
    var plots: [String] = []

    @Option(
        help: ArgumentHelp("The same, but kept in git and not stored.", valueName: "path"),
        completion: .file())
    var plotsNoCache: [String] = []

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The folder that it runs in.", valueName: "path"),
        completion: .directory)
    var wdir: String?

    @Flag(help: "Have it run each time, changed or not.")
    var alwaysChanged = false

    @Option(help: ArgumentHelp("What it is about.", valueName: "text"))
    var desc: String?

    @Flag(help: "Run it right away.")
    var run = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("What the stage runs.", valueName: "command"))
    var words: [String] = []

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let draft = try draft(as: context.personality)
        let report = try workspace.addStage(draft, replacing: force, reporter: context.reporter)
        for folder in report.missingFolders {
            if context.personality == .dvc {
                context.output.remark(
                    "Could not create .gitignore entry in \(workspace.absolute(folder).bytes.printable)/.gitignore. DVC will attempt to create .gitignore entry again when the stage is run."
                )
            } else {
                context.output.warn(
                    "'\(workspace.display(folder))/.gitignore' was not written, because the folder is not there yet; a run of the stage does it"
                )
            }
        }
        switch context.personality {
        case .dvc:
            try context.output.note("Added stage '\(report.address)' in '\(workspace.display(report.file))'")
        case .cairn:
            let verb = report.isReplacement ? "replaced" : "added"
            try context.output.note(
                "\(verb) the stage '\(report.address)' in '\(workspace.display(report.file))'")
        }
        try context.tellGit(report.gitFiles, workspace)
        return run ? try runStage(report.address, workspace, context) : .done
    }

    /// Runs the stage that was added.
    private func runStage(_ address: String, _ workspace: Workspace, _ context: Context) throws -> Outcome {
        var options = ReproduceOptions()
        options.isSingle = true
        let story = ReproduceStory(context, explains: false, isSilent: false, isParallel: false, isDry: false)
        let report = try workspace.reproduce(
            [address], options, reporter: context.reporter, output: story.sink, events: story.tell)
        return try story.end(report, workspace, asJSON: false)
    }

    private func draft(as personality: Personality) throws -> StageDraft {
        var draft = StageDraft(name: name, command: try command(as: personality))
        draft.dependencies = deps
        draft.parameters = params.map { StageDraft.Parameters(parsing: $0) }
        draft.workingDirectory = wdir
        draft.description = desc.flatMap { $0.isEmpty ? nil : $0 }
        draft.isAlwaysChanged = alwaysChanged
        func add(_ kind: StageOutput.Kind, _ paths: [String], isCached: Bool, isPersistent: Bool = false) {
            draft.outputs += paths.map {
                StageDraft.Output(kind, $0, isCached: isCached, isPersistent: isPersistent)
            }
        }
        // In the order in which DVC adds their names to .gitignore.
        add(.output, outsPersist, isCached: true, isPersistent: true)
        add(.output, outsPersistNoCache, isCached: false, isPersistent: true)
        add(.metric, metrics, isCached: true)
        add(.metric, metricsNoCache, isCached: false)
        add(.plot, plots, isCached: true)
        add(.plot, plotsNoCache, isCached: false)
        add(.output, outsNoCache, isCached: false)
        add(.output, outs, isCached: true)
        return draft
    }

    /// The command as one text: words with blanks in them get double quotes, unless they have some, as in DVC.
    private func command(as personality: Personality) throws -> String {
        var words = words[...]
        if personality == .cairn, let first = words.first, first.utf8.first == UInt8(ascii: "-") {
            // DVC takes an option that it does not know for the command.
            guard first == "--" else {
                throw CairnError(
                    .usage, "unknown option '\(Array(first.utf8).printable)'",
                    hint: "put `--` in front of a command that begins with a dash")
            }
            words = words.dropFirst()
        }
        guard words.count > 1 else { return words.first ?? "" }
        return words.map { word in
            if word.isEmpty { return "\"\"" }
            let hasBlank = word.utf8.contains(UInt8(ascii: " "))
            return hasBlank && !word.utf8.contains(UInt8(ascii: "\"")) ? "\"\(word)\"" : word
        }.joined(separator: " ")
    }
}
