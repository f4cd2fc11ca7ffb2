import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn gc`.
struct CollectCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete data that nothing in scope uses from the cache, or from a remote.",
        discussion: """
            What the workspace uses is always kept; options say which revisions count besides. What would be deleted is named first, by its \
            last known path and revision, and nothing is deleted without a yes. Exit code 1 means that the answer was no. \
            What goes from the packs of a native repository is put aside and deleted by a later collection, when the grace period of the \
            cache is over (a day, unless its `cairn.json` says otherwise). Until then --undo brings it back; exit code 1 means that there is \
            nothing to bring back. On a remote with packs, which others may use at the same moment, what goes is announced first, and \
            deleted by later collections, whoever runs them: what was pushed within the last days stays (two weeks, unless the remote's \
            `cairn.json` says otherwise), and so does what other clones and repositories have said that they need.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var revisions: RevisionSelection

    @Flag(name: .shortAndLong, help: "Keep what the workspace uses, and nothing else.")
    var workspace = false

    @Option(help: ArgumentHelp("Keep what this revision uses.", valueName: "commit"))
    var rev: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Keep what this many commits along the first parents of --rev, or of each branch, use.",
            valueName: "number"))
    var num: Int?

    @Option(help: ArgumentHelp("Keep what commits of this day or later use.", valueName: "yyyy-mm-dd"))
    var date: String?

    @Flag(name: .customLong("all-experiments"), help: "Keep what experiments use.")
    var allExperiments = false

    @Flag(name: .customLong("not-in-remote"), help: "Delete also what is kept, as far as the remote has it.")
    var notInRemote = false

    @Flag(name: .shortAndLong, help: "Delete from the remote too.")
    var cloud = false

    @Option(
        name: .shortAndLong, help: "The remote to use, instead of the default one.",
        completion: .custom(RemoteNames.complete))
    var remote: String?

    @Option(
        name: .shortAndLong, parsing: .upToNextOption,
        help: ArgumentHelp("Other workspaces that use the same cache.", valueName: "path"),
        completion: .directory)
    var projects: [String] = []

    @Flag(
        name: .customLong("skip-failed"),
        help: "Pass over revisions that cannot be read, and lose what only they use.")
    var skipFailed = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Flag(help: "Only name what would be deleted.")
    var dry = false

    @Flag(
        help:
            "Bring back what the last collection took; with --cloud, what the last one of the remote announced."
    )
    var undo = false

    @Option(
        help: ArgumentHelp(
            "Give up what a repository, or one clone of it, needs of the remote.",
            valueName: "repository[/clone]"))
    var forget: String?

    @Option(
        name: [.customShort("j", allowingJoined: true), .long], help: "How many files to look at at a time.")
    var jobs: Int?

    @Flag(help: "Print the report as JSON.")
    var json = false

    /// How many objects are named without `-v`.
    private static let shownCount = 20

    func run(in context: Context) throws -> Outcome {
        if undo { return try bringBack(context) }
        if let forget { return try give(up: forget, context) }
        let options = try options(context)
        let workspace = try context.workspace()
        if context.personality == .dvc { context.output.warn(scopeOfDVC(context)) }
        var wasAsked = false
        let report = try workspace.collect(options, reporter: context.reporter) { plan in
            guard !force, plan.count > 0 || context.personality == .dvc else { return true }
            wasAsked = true
            if context.personality == .dvc { return try context.confirm("Are you sure you want to proceed?") }
            try write(plan, to: context.output, asData: false)
            return try context.confirm(
                "delete \(Words.count(plan.count, "object")) (\(Words.bytes(plan.bytes)))?")
        }
        for (name, error) in report.plan.skipped {
            context.output.warn("'\(name)' was passed over: \(error.message)")
        }
        if json {
            try context.output.json(Self.json(report, workspace))
        } else if context.personality == .dvc {
            if report.isDone || dry { try writeAsDVC(report, context.output) }
        } else {
            try write(report, wasAsked: wasAsked, context)
        }
        return report.isDone || dry ? .done : .no
    }

    private func options(_ context: Context) throws -> CollectOptions {
        var options = CollectOptions()
        options.keepsWorkspace = workspace
        options.revisions = revisions.scope
        options.revisions.allExperiments = allExperiments
        options.revisions.revision = rev
        options.revisions.count = num
        options.revisions.since = try date.map { try RevisionScope.start(ofDay: $0) }
        options.projects = projects
        options.includesRemote = cloud
        options.deletesPushed = notInRemote
        options.remote = remote?.lowercased()
        options.skipsFailed = skipFailed
        options.isForced = force
        options.isDry = dry
        options.jobs = jobs
        options.namesObjects = context.personality == .cairn || json
        return options
    }

    // MARK: cairn's words

    private func write(_ report: CollectReport, wasAsked: Bool, _ context: Context) throws {
        let output = context.output
        if dry { return try write(report.plan, to: output, asData: true) }
        guard report.isDone else {
            return try output.note(
                context.terminal.canAsk
                    ? "nothing was deleted"
                    : "nothing was deleted: nobody can be asked here; `--force` does not ask")
        }
        if report.emptiedBytes > 0 {
            try output.note(
                "\(Words.bytes(report.emptiedBytes)) that an earlier collection put aside are deleted now")
        }
        if let announced = report.announced { try writeEarlier(announced, output) }
        guard report.plan.count > 0 else { return try output.note("everything that is stored is used") }
        if !wasAsked {
            for place in report.plan.places {
                for object in place.objects { output.detail(Self.line(object)) }
            }
        }
        if report.count > 0 || report.announced == nil {
            try output.note("deleted \(Words.count(report.count, "object")) (\(Words.bytes(report.bytes)))")
        }
        if report.asideBytes > 0 {
            let grace = report.grace.map { Words.duration(seconds: $0) } ?? "a while"
            try output.note(
                "\(Words.bytes(report.asideBytes)) of that are put aside until a collection \(grace) from now or later; `cairn gc --undo` brings them back"
            )
        }
        if let announced = report.announced { try write(announced, output) }
        if !report.spared.isEmpty {
            try output.note(
                "\(Words.count(report.spared.count, "object")) stayed: somebody wrote or linked them meanwhile"
            )
        }
    }

    private func write(_ plan: CollectPlan, to output: Output, asData: Bool) throws {
        for place in plan.places {
            let name = place.remote.map { "remote '\($0)', " } ?? "the cache, "
            let summary = "\(Words.count(place.objects.count, "object")) (\(Words.bytes(place.bytes)))"
            try output.note(
                "from \(name)'\(place.shown.printable)': \(summary) of \(place.objects.count + place.keptCount)"
            )
            for (index, object) in place.objects.enumerated() {
                if asData {
                    try output.data(Self.line(object))
                } else if index < Self.shownCount {
                    try output.note("  \(Self.line(object))")
                } else {
                    output.detail("  \(Self.line(object))")
                }
            }
            let more = place.objects.count - Self.shownCount
            if !asData, more > 0, global.verbose == 0 {
                try output.note("  … and \(more) more, which `--dry` names")
            }
        }
    }

    /// `d/a (in v1)  12 KiB  401b30e3…`, or what else is known of it.
    private static func line(_ object: CollectPlan.Object) -> String {
        let tail = "\(Words.bytes(object.size))  \(object.id.text)"
        guard let known = object.lastKnown else { return "\(day(object.modified))  \(tail)" }
        if let revision = known.revision { return "\(known.path.printable) (in \(revision))  \(tail)" }
        return "\(known.path.printable) (in the listing \(known.listing?.short ?? "?"))  \(tail)"
    }

    private static func day(_ time: Int64) -> String {
        let days = max(0, (Surroundings.now - time) / 86_400_000_000_000)
        return days == 0 ? "stored today" : "stored \(Words.count(Int(days), "day")) ago"
    }
}
