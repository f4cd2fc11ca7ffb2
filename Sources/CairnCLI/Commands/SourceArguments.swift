import ArgumentParser
import Cairn
import CairnCore

/// What `get` and `import` take: a path of another repository, and where it goes.
struct RepositoryPathArguments: ParsableArguments {
    @Argument(help: "A folder with a repository, or the address of one.", completion: .directory)
    var url: String

    @Argument(help: "A path in the repository, from its root on.")
    var path: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Where it goes.", valueName: "path"), completion: .file())
    var out: String?
}

/// What `get-url` and `import-url` take: a path or a URL, and where it goes.
struct URLArguments: ParsableArguments {
    @Argument(
        help: "A path, or a URL: file://, http://, https://, s3://, remote://NAME/PATH.", completion: .file())
    var url: String

    @Argument(help: "Where it goes.", completion: .file())
    var out: String?

    @Option(
        name: .customLong("fs-config"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Options for the place that the URL names, as a remote has them.", valueName: "name=value"))
    var fileSystemConfig: [String] = []

    /// The options for the place.
    ///
    /// - Throws: `CairnError` for one without a value.
    func fileSystemOptions() throws -> [(name: String, value: String)] {
        try SourceFlags.pairs(fileSystemConfig, option: "--fs-config")
    }
}

/// Flags of every command that brings something in once.
struct BringingFlags: ParsableArguments {
    @Option(name: [.customShort("j", allowingJoined: true), .long], help: "How many transfers at a time.")
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "Replace what is in the way.")
    var force = false
}

/// How much `import` and `import-url` do.
struct ImportExtentFlags: ParsableArguments {
    @Flag(name: .customLong("no-exec"), help: "Write the pointer without asking the source for anything.")
    var skipsExecution = false

    @Flag(name: .customLong("no-download"), help: "Pin the source without bringing its data.")
    var skipsDownload = false

    /// What the library takes.
    ///
    /// - Throws: `CairnError` for flags that contradict each other.
    func extent() throws -> ImportExtent {
        guard !skipsExecution || !skipsDownload else {
            throw CairnError(.usage, "--no-exec and --no-download contradict each other")
        }
        return skipsExecution ? .pointer : skipsDownload ? .pin : .everything
    }
}
