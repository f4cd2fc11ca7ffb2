import CairnTestSupport
import Foundation

/// The pages of docs/commands, made from what the program says of itself.
struct DocumentationCommands {
    /// What `--experimental-dump-help` prints, as far as pages need it.
    struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }
            let kind: String
            let shouldDisplay: Bool
            let isOptional: Bool
            let isRepeating: Bool
            let names: [Name]?
            let valueName: String?
            let abstract: String?
            let defaultValue: String?
            let allValues: [String]?
        }
        let commandName: String
        let abstract: String?
        let discussion: String?
        let aliases: [String]?
        let shouldDisplay: Bool?
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Dump: Decodable { let command: Command }

    /// What the program says of its commands.
    private let root: Command

    /// Asks the program.
    ///
    /// - Throws: `SupportError` or a decoding error when its answer is not understood.
    init(asking sandbox: Sandbox) throws {
        let dump = try sandbox.cairn("--experimental-dump-help", in: "").succeeded()
        root = try JSONDecoder().decode(Dump.self, from: Data(dump.output)).command
        frontOptions = try Self.options(in: sandbox.cairn("--help", in: "").succeeded().stdout)
    }

    private let frontOptions: String

    /// The commands that have a page each.
    var commands: [Command] {
        (root.subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    /// The names of all commands that do something: `remote add`, `status`.
    var leaves: [String] {
        commands.flatMap { command in
            let inner = Self.inner(command)
            return inner.isEmpty
                ? [command.commandName] : inner.map { "\(command.commandName) \($0.commandName)" }
        }
    }

    /// The names of the commands that take a long option.
    func leaves(withOption option: String) -> [String] {
        func takes(_ command: Command) -> Bool {
            (command.arguments ?? []).contains {
                $0.names?.contains { $0.kind == "long" && $0.name == option } == true
            }
        }
        return commands.flatMap { command in
            (takes(command) ? [command.commandName] : [])
                + Self.inner(command).filter(takes).map { "\(command.commandName) \($0.commandName)" }
        }
    }

    /// All pages by file name.
    var pages: [String: String] {
        var pages = ["README.md": index]
        for command in commands { pages["\(command.commandName).md"] = page(command) }
        return pages
    }

    private static let note =
        "<!-- Generated from the program's help by Tests/tools/command-pages; a test fails when they differ. -->\n"

    private var index: String {
        let rows = commands.map { command in
            "| [`\(command.commandName)`](\(command.commandName).md) | \(Self.cell(command.abstract ?? "")) |"
        }
        return """
            \(Self.note)
            # Commands

            | command | |
            | --- | --- |
            \(rows.joined(separator: "\n"))

            Every command takes `-q` (`--quiet`), `-v` (`--verbose`) and `-h` (`--help`). In front of the command:

            ```text
            \(frontOptions)
            ```

            Exit codes, streams, JSON and environment variables are described in [scripting](../scripting.md).

            """
    }

    /// The options in the program's help.
    private static func options(in help: String) throws -> String {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "OPTIONS:") else {
            throw SupportError("no options in\n\(help)")
        }
        return lines[(start + 1)...].prefix { !$0.isEmpty }.joined(separator: "\n")
    }

    private func page(_ command: Command) -> String {
        var text = "\(Self.note)\n# cairn \(command.commandName)\n\n"
        let inner = Self.inner(command)
        guard !inner.isEmpty else { return text + Self.body(command, named: command.commandName) }
        text += "\(command.abstract ?? "")\n\n" + Self.discussion(command)
        for subcommand in inner {
            let name = "\(command.commandName) \(subcommand.commandName)"
            text += "## cairn \(name)\n\n" + Self.body(subcommand, named: name)
            if subcommand.commandName != inner.last?.commandName { text += "\n" }
        }
        return text
    }

    private static func inner(_ command: Command) -> [Command] {
        (command.subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    private static func body(_ command: Command, named name: String) -> String {
        let shown = (command.arguments ?? []).filter { argument in
            argument.shouldDisplay
                && !["quiet", "verbose", "help"].contains(argument.names?.first { $0.kind == "long" }?.name)
        }
        let positional = shown.filter { $0.kind == "positional" }
        let options = shown.filter { $0.kind != "positional" }
        let words = (options.isEmpty ? [] : ["[options]"]) + positional.map(usage)
        var text =
            "\(escaped(command.abstract ?? ""))\n\n```text\ncairn \(([name] + words).joined(separator: " "))\n```\n\n"
        if let aliases = command.aliases, !aliases.isEmpty {
            text += "Also: \(aliases.map { "`cairn \($0)`" }.joined(separator: ", ")).\n\n"
        }
        text += discussion(command)
        if !positional.isEmpty {
            text += table("argument", positional.map { ("`<\($0.valueName ?? "value")>`", $0) })
        }
        var rows: [(name: String, argument: Command.Argument)] = []
        for option in options {
            let name = spelling(option)
            // A flag and its opposite have one text.
            if let last = rows.last, name == last.name.replacing("`--", with: "`--no-") {
                rows[rows.count - 1].name += ", \(name)"
            } else {
                rows.append((name, option))
            }
        }
        if !rows.isEmpty { text += table("option", rows) }
        return text + exitCodes(name)
    }

    private static func usage(_ argument: Command.Argument) -> String {
        let name = "<\(argument.valueName ?? "value")>" + (argument.isRepeating ? " ..." : "")
        return argument.isOptional ? "[\(name)]" : name
    }

    private static func spelling(_ argument: Command.Argument) -> String {
        let names = argument.names ?? []
        let ordered = names.filter { $0.kind == "short" } + names.filter { $0.kind != "short" }
        let value = argument.kind == "option" ? " <\(argument.valueName ?? "value")>" : ""
        return ordered.map {
            "`\($0.kind == "long" ? "--" : "-")\($0.name)\($0.name == ordered.last?.name ? value : "")`"
        }
        .joined(separator: ", ")
    }

    private static func table(_ head: String, _ rows: [(name: String, argument: Command.Argument)]) -> String
    {
        let lines = rows.map { name, argument in
            var text = cell(argument.abstract ?? "")
            if let values = argument.allValues, !values.isEmpty {
                text += " One of \(values.map { "`\($0)`" }.joined(separator: ", "))."
            }
            if let value = argument.defaultValue, argument.kind != "flag" { text += " Default: `\(value)`." }
            return "| \(name) | \(text) |"
        }
        return "| \(head) | |\n| --- | --- |\n\(lines.joined(separator: "\n"))\n\n"
    }

    private static func discussion(_ command: Command) -> String {
        guard let text = command.discussion, !text.isEmpty else { return "" }
        var paragraphs: [[String]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                paragraphs.append([])
            } else {
                paragraphs[paragraphs.count - 1].append(String(line))
            }
        }
        return paragraphs.filter { !$0.isEmpty }.map { lines in
            // Lines that were broken by hand are examples or lists.
            lines.count == 1
                ? "\(escaped(lines[0]))\n\n" : "```text\n\(lines.joined(separator: "\n"))\n```\n\n"
        }.joined()
    }

    private static func exitCodes(_ name: String) -> String {
        let one = DocumentationExitCodes.no[name].flatMap(\.self)
        return
            "Exit code: 0 when done, \(one.map { "1 \($0), " } ?? "")128 when it could not be done, 129 for wrong usage."
            + " See [exit codes](../scripting.md#exit-codes).\n"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "<*".contains(character) { result.append("\\") }
            result.append(character)
        }
    }

    private static func cell(_ text: String) -> String {
        escaped(text).split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
