import ArgumentParser
import Cairn
import CairnCore

/// A word where a command is expected that is the name of none.
struct UnknownCommand: Equatable {
    /// What was typed.
    let word: String
    /// The commands in front of it: `["remote"]`.
    let parents: [String]
    /// The names that are known in its place.
    let known: [String]

    /// Looks for a word that is no command.
    ///
    /// - Returns: `nil` if all is well, or another part of the arguments has to be judged first.
    static func find(in arguments: [String], below root: any ParsableCommand.Type) -> UnknownCommand? {
        var command = root
        var parents: [String] = []
        for word in arguments {
            let subcommands = command.configuration.subcommands
            if subcommands.isEmpty { return nil }
            if word.utf8.first == UInt8(ascii: "-") {
                if ["-q", "--quiet", "-v", "--verbose"].contains(word) { continue }
                return nil
            }
            if word == "help" && parents.isEmpty { return nil }
            guard let next = subcommands.first(where: { names(of: $0).contains(word) }) else {
                return UnknownCommand(
                    word: word, parents: parents,
                    known: subcommands.filter { $0.configuration.shouldDisplay }.flatMap(names(of:)))
            }
            parents.append(word)
            command = next
        }
        return nil
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }

    /// What is wrong.
    func message(as personality: Personality) -> String {
        let shown = Array(word.utf8).printable
        let whole = ([personality.command] + parents).joined(separator: " ")
        guard personality == .cairn else {
            let choices = known.map { "'\($0)'" }.joined(separator: ", ")
            return
                "argument \(parents.isEmpty ? "command" : "cmd"): invalid choice: '\(shown)' (choose from \(choices))"
        }
        let nearest = EditDistance.closest(to: word, among: known)
        return "'\(shown)' is not a command of \(whole)" + (nearest.map { ", did you mean `\($0)`?" } ?? "")
    }

    /// What to type to see the commands.
    func hint(as personality: Personality) -> String {
        "`\(([personality.command] + parents).joined(separator: " ")) --help` lists the commands"
    }
}
