import ArgumentParser
import Cairn
import CairnCore

/// `cairn verify`.
struct VerifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Look at all data that pointers name, and compare it with its ids.",
        discussion: """
            Looks at the cache, or with --cloud (or --remote without a name) at the default remote, or with --remote at another one. \
            With --depth present it is only asked whether everything is there; with structure also whether directories and long files can be put \
            together; with full, the default, every byte is hashed. What is damaged in the cache is moved to .dvc/tmp/cairn/damaged, so \
            that `repair` or `pull` bring it anew. With --budget, what was checked longest ago comes first, and nothing is begun after that time: \
            called again, the command goes on. With --range, every commit of the range is also checked for itself: data that went into git, and \
            declarations that contradict each other. With --allow-missing no data is read: pointers, locks and the remote's own index have to \
            prove that all is there, which is what continuous integration wants. Exit code 1 means that something is missing or damaged.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: TargetSelection
    @OptionGroup var revisions: RevisionSelection
    @OptionGroup var commits: CommitSelection

    @Option(help: ArgumentHelp("How closely to look: present, structure or full.", valueName: "depth"))
    var depth = CheckDepth.full

    @Option(
        help: ArgumentHelp("Begin nothing after this time: 30s, 10m, 2h, 1h30m.", valueName: "duration"))
    var budget: TimeSpan?

    @Flag(
        name: [.customShort("c"), .customLong("cloud")], help: "Read the default remote instead of the cache."
    )
    var readsRemote = false

    @Option(
        name: .shortAndLong, help: "Read this remote instead of the cache.",
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Flag(
        name: .customLong("allow-missing"),
        help: "Read no data: ask the remote only what it has.")
    var allowsMissing = false

    @Option(
        name: [.customShort("j", allowingJoined: true), .long], help: "How many objects to read at a time.")
    var jobs: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        var options = VerifyOptions()
        options.targets = selection.options
        options.revisions = revisions.scope
        commits.add(to: &options.revisions)
        options.depth = depth
        options.budget = budget?.nanoseconds
        options.readsRemote = readsRemote
        options.remote = remote?.lowercased()
        options.allowsMissing = allowsMissing
        options.jobs = jobs
        let workspace = try context.workspace()
        let report = try workspace.verify(selection.targets, options, reporter: context.reporter)
        for error in report.pointers { context.output.fail(error) }
        for (name, error) in report.skipped {
            context.output.warn("'\(name)' was passed over: \(error.message)", hint: error.hint)
        }
        for finding in report.findings {
            context.output.fail(
                CairnError(
                    finding.error.kind, "commit \(finding.revision): \(finding.error.message)",
                    hint: finding.error.hint))
        }
        if let ends = Words.joined(report.ends) {
            context.output.warn(
                "this clone is shallow: what was before \(ends) is not known, so what they changed is not, either",
                hint: "`git fetch --unshallow`")
        }
        let words = VerifyText(report: report, workspace: workspace)
        try context.output.render(asJSON: json, report.json(in: workspace)) { output in
            try words.write(to: output, hasBudget: budget != nil)
        }
        if let error = words.failure(
            scope: revisions.words + commits.words, isPresence: allowsMissing)
        {
            context.output.fail(error)
        }
        return report.isSound ? .done : .no
    }
}

extension CheckDepth: ExpressibleByArgument {}
