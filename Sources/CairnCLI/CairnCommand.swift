import ArgumentParser
import Cairn

/// The program's commands.
struct CairnCommand: ParsableCommand {
    /// All commands; a new one is one more line.
    static let commands: [any ParsableCommand.Type] = [
        StatusCommand.self,
    ]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Main.personality.command, abstract: "Version data beside code.", subcommands: commands)
    }

    @OptionGroup var leading: DocumentedLeadingOptions
}
