import ArgumentParser
import Cairn

/// Targets and how they are understood: for all commands that take outputs, stages and pointers.
struct TargetSelection: ParsableArguments {
    @Argument(
        help: "Pointer files, outputs, paths inside outputs, or stages; all if none is named.",
        completion: .file())
    var targets: [String] = []

    @Flag(name: [.customShort("d"), .long], help: "Also what the targets' stages depend on.")
    var withDeps = false

    @Flag(name: [.customShort("R"), .long], help: "Take folders as all that is declared below them.")
    var recursive = false

    var options: TargetOptions {
        var options = TargetOptions()
        options.isRecursive = recursive
        options.withDependencies = withDeps
        return options
    }
}

/// Revisions beyond the workspace.
struct RevisionSelection: ParsableArguments {
    @Flag(name: [.customShort("a"), .long], help: "Also what the tips of all branches use.")
    var allBranches = false

    @Flag(name: [.customShort("T"), .long], help: "Also what all tags use.")
    var allTags = false

    @Flag(name: [.customShort("A"), .long], help: "Also what all commits use.")
    var allCommits = false

    /// The options as they are typed.
    var words: [String] {
        [(allBranches, "--all-branches"), (allTags, "--all-tags"), (allCommits, "--all-commits")]
            .filter(\.0).map(\.1)
    }

    var isAny: Bool { allBranches || allTags || allCommits }

    /// What the library takes.
    var scope: RevisionScope {
        var scope = RevisionScope()
        scope.allBranches = allBranches
        scope.allTags = allTags
        scope.allCommits = allCommits
        return scope
    }
}

/// Revisions by name, beyond those of `RevisionSelection`.
struct CommitSelection: ParsableArguments {
    @Option(help: ArgumentHelp("Also what this revision uses.", valueName: "commit"))
    var rev: String?

    @Option(
        help: ArgumentHelp(
            "Also what the commits use that the second revision leads to and the first does not.",
            valueName: "from..to"))
    var range: String?

    /// The options as they are typed.
    var words: [String] {
        (rev.map { ["--rev \(Shell.quoted($0))"] } ?? [])
            + (range.map { ["--range \(Shell.quoted($0))"] } ?? [])
    }

    /// Adds them to what the library takes.
    func add(to scope: inout RevisionScope) {
        scope.revision = rev
        scope.range = range
    }
}
