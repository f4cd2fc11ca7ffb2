import ArgumentParser
import Cairn
import CairnCore

/// `cairn diff`.
struct DiffCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show how data differs between two revisions, or one and the workspace.",
        discussion: """
            Lists files and directories that were added, deleted, modified or renamed, and what the older side needs and the cache lacks. \
            Files are found to differ by what pointers, locks and listings record; nothing of the data is read but what changed in the \
            workspace since it was last looked at.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "The older side, HEAD if it is not given; `old..new` names both.", valueName: "old"))
    var old: String?

    @Argument(help: ArgumentHelp("The newer side, the workspace if it is not given.", valueName: "new"))
    var new: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Outputs, paths inside of them, pointer files or stages; as cairn also folders.",
            valueName: "paths"), completion: .file())
    var targets: [String] = []

    @Flag(help: "Print the differences as JSON.")
    var json = false

    @Flag(name: .customLong("show-hash"), help: "Show hashes.")
    var showHash = false

    @Flag(help: "Print a table in Markdown.")
    var md = false

    @Flag(name: .customLong("hide-missing"), help: "Leave out what the cache lacks.")
    var hideMissing = false

    @Flag(
        help:
            "Show how many bytes and chunks changed. Files of the workspace that are long and not added yet are read for it."
    )
    var stat = false

    @Flag(name: .customLong("exit-code"), help: "Exit with 1 if anything differs.")
    var reportsByExitCode = false

    static let failureOfDVC: String? = "failed to get diff"

    func run(in context: Context) throws -> Outcome {
        var options = DataDifferenceOptions()
        (options.old, options.new) = sides
        options.targets = targets
        // DVC looks for what is missing only where the newer side is not named.
        let looksForMissing = new == nil && !hideMissing && !(old.map(Self.isRange) ?? false)
        options.looksForMissing = looksForMissing || (new == nil && context.personality == .dvc)
        options.measures = stat
        let difference = try context.workspace().dataDifference(options, reporter: context.reporter)
        let text = DifferenceText(
            difference, showsHash: showHash, showsMissing: looksForMissing, context)
        try context.output.render(asJSON: json, text.json(measured: stat)) { output in
            if md {
                for line in text.markdownLines { try output.data(line, isForced: true) }
            } else {
                try text.write(to: output)
            }
        }
        for version in difference.unlisted where !json && context.personality == .cairn {
            context.output.warn(
                "which files differ in '\(version.written.printable)' is not known, because a listing of it is not here",
                hint: "bring it: `\(context.command("fetch --all-commits"))`")
        }
        return reportsByExitCode && text.differs ? .no : .done
    }

    /// Both sides, one of them perhaps left out.
    private var sides: (old: String, new: String) {
        let here = RecordedValues.workspaceName
        guard let old, new == nil, Self.isRange(old) else { return (old ?? "HEAD", new ?? here) }
        let bytes = Array(old.utf8)
        guard let dots = bytes.firstRange(of: Array("..".utf8)) else { return (old, here) }
        func name(_ part: ArraySlice<UInt8>) -> String {
            part.isEmpty ? "HEAD" : String(decoding: part, as: UTF8.self)
        }
        return (name(bytes[..<dots.lowerBound]), name(bytes[dots.upperBound...]))
    }

    private static func isRange(_ text: String) -> Bool {
        Main.personality == .cairn && text.utf8.firstRange(of: Array("..".utf8)) != nil
    }
}
