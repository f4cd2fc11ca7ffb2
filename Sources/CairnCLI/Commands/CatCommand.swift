import ArgumentParser
import Cairn
import CairnCore

/// `cairn cat`.
struct CatCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print tracked data as it was recorded, in this or another revision.",
        discussion: """
            The file in the workspace is not read and need not be there. Every byte is checked before it is printed; with --range, of a file \
            in packs only the chunks that the range needs are read.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "A tracked file, perhaps with a revision: HEAD~2:data/x.csv, or data/x.csv@HEAD~2.",
            valueName: "[rev:]path"),
        completion: .file())
    var target: String

    @Option(
        help: ArgumentHelp(
            "Only bytes from the one to the other, counted from 0, both included; either may be left out: 0-99, 100-, -99.",
            valueName: "from-to"))
    var range: ByteRange?

    /// The bytes that the user wants.
    struct ByteRange: ExpressibleByArgument {
        let bytes: Range<Int64>

        init?(argument: String) {
            let parts = argument.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            guard parts.count == 2, !(parts[0].isEmpty && parts[1].isEmpty) else { return nil }
            func number(_ part: Substring.UTF8View, else other: Int64) -> Int64? {
                part.isEmpty
                    ? other : part.allSatisfy { (48...57).contains($0) } ? Int64(Substring(part)) : nil
            }
            guard let first = number(parts[0], else: 0), let last = number(parts[1], else: .max - 1),
                first <= last, last < .max
            else { return nil }
            bytes = first..<(last + 1)
        }
    }

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let (path, revision) = try Self.parse(target, in: workspace)
        let output = context.output
        try workspace.readContent(
            of: path, revision: revision, range: range?.bytes, reporter: context.reporter
        ) { bytes in try output.raw(bytes) }
        return .done
    }

    /// Takes the revision off. A path that itself has an `@` can be given with an empty one behind it: `a@b@`.
    private static func parse(_ text: String, in workspace: Workspace) throws -> (RepoPath, String?) {
        // An `@` in front of a brace belongs to the revision: `data@stash@{0}`.
        let mark = text.utf8.indices.last { index in
            let next = text.utf8.index(after: index)
            return text.utf8[index] == UInt8(ascii: "@")
                && (next == text.utf8.endIndex || text.utf8[next] != UInt8(ascii: "{"))
        }
        // git's way first, where there is such a revision.
        if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), mark.map({ $0 > colon }) ?? true,
            let named = try workspace.knownRevisionPath(text), let path = named.path
        {
            return (path, named.revision)
        }
        guard let mark else {
            return (try workspace.path(of: text), nil)
        }
        let revision = String(text[text.utf8.index(after: mark)...])
        return (try workspace.path(of: String(text[..<mark])), revision.isEmpty ? nil : revision)
    }
}
