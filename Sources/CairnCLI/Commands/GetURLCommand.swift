import ArgumentParser
import Cairn
import CairnCore

/// `cairn get-url`.
struct GetURLCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "get-url", abstract: "Copy a file or directory from a path or a URL to this machine.",
        discussion:
            "It appears whole or not at all. Nothing remembers where it came from: for that, `import-url` it."
    )

    @OptionGroup var global: GlobalOptions

    @OptionGroup var source: URLArguments

    @OptionGroup var bringing: BringingFlags

    static let failureOfDVC: String? = ""

    func run(in context: Context) throws -> Outcome {
        var options = GetOptions()
        options.out = source.out
        options.isForced = bringing.force
        let reader = try context.sourceReader(SourceOverrides(), jobs: bringing.jobs)
        let report = try reader.get(url: source.url, options, source.fileSystemOptions())
        if context.personality == .cairn { try context.output.note("'\(report.place.printable)' is here") }
        return .done
    }
}
