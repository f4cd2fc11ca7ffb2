import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `repro`: runs what is stale.
struct ReproduceCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "repro", abstract: "Run the stages whose commands, data or parameters changed.",
        discussion: """
            Looks at the stages of the dvc.yaml in this folder, or at those that are named, and at what they depend on; runs what is \
            stale, stores what it makes, and records it in dvc.lock. What has been run before on the same data comes from the run cache.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "Stages, groups of stages, pipeline files, pointer files or outputs.", completion: .file())
    var targets: [String] = []

    @Flag(name: .shortAndLong, help: "Run stages whatever their state.")
    var force = false

    @Flag(name: .shortAndLong, help: "Ask before each stage.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Only what is named, not what it depends on.")
    var singleItem = false

    @Flag(name: .shortAndLong, help: "The whole pipelines that the targets belong to.")
    var pipeline = false

    @Flag(name: [.customShort("P"), .long], help: "All stages of the workspace.")
    var allPipelines = false

    @Flag(name: [.customShort("R"), .long], help: "Take folders as all that is declared below them.")
    var recursive = false

    @Flag(help: "The targets and what depends on them.")
    var downstream = false

    @Flag(name: .customLong("force-downstream"), help: "Run whatever depends on a stage that has run.")
    var forceDownstream = false

    @Flag(help: "Bring data that is missing from the remote.")
    var pull = false

    @Flag(
        name: .customLong("allow-missing"),
        help: "Pass over data that is not here if nothing says that it changed.")
    var allowMissing = false

    @Flag(name: [.customLong("dry"), .customLong("dry-run")], help: "Only say what would run.")
    var dry = false

    @Flag(help: "Say why each stage runs or does not.")
    var explain = false

    @Flag(name: .shortAndLong, help: "When a stage fails, go on with what does not depend on it.")
    var keepGoing = false

    @Flag(name: .customLong("ignore-errors"), help: "When a stage fails, go on with everything.")
    var ignoreErrors = false

    @Flag(help: "Take wild cards in names of stages as such.")
    var glob = false

    @Flag(name: .customLong("no-commit"), help: "Leave what stages make out of the cache.")
    var noCommit = false

    @Flag(name: .customLong("no-run-cache"), help: "Run also what has been run before.")
    var noRunCache = false

    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many stages run at a time.")
    var jobs = 1

    @Flag(help: "Print what was done with each stage as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        guard jobs > 0 else { throw CairnError(.usage, "--jobs \(jobs) is less than one") }
        guard !(keepGoing && ignoreErrors) else {
            throw CairnError(.usage, "--keep-going and --ignore-errors exclude each other")
        }
        var options = ReproduceOptions()
        options.isForced = force
        options.isSingle = singleItem
        options.wholePipelines = pipeline
        options.allPipelines = allPipelines
        options.isRecursive = recursive
        options.isGlob = glob
        options.isDownstream = downstream
        options.forcesDownstream = forceDownstream
        options.jobs = jobs
        options.onFailure = ignoreErrors ? .ignore : keepGoing ? .keepGoing : .stop
        options.isDry = dry
        options.pulls = pull
        options.allowsMissing = allowMissing
        options.skipsRunCache = noRunCache
        options.skipsCommit = noCommit
        let asks = interactive || workspace.configuration.bool("core.interactive")
        let confirm = { (stage: String) in
            try context.confirm("Going to reproduce stage: '\(stage)'. Are you sure you want to continue?")
        }
        let story = ReproduceStory(
            context, explains: explain, isSilent: json, isParallel: jobs > 1, isDry: dry)
        let report = try workspace.reproduce(
            targets, options, reporter: context.reporter, output: story.sink,
            confirm: asks ? confirm : nil, events: story.tell)
        return try story.end(report, workspace, asJSON: json)
    }
}
