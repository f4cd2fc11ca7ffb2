import ArgumentParser
import Cairn

/// `cairn completion`.
struct CompletionCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a script that makes a shell complete commands.",
        discussion: """
            For bash: cairn completion > ~/.local/share/bash-completion/completions/cairn
            For zsh, into a folder of $fpath: cairn completion zsh > ~/.zfunc/_cairn
            For fish: cairn completion fish > ~/.config/fish/completions/cairn.fish
            """)

    /// A shell whose scripts are known.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The shell: bash (without an argument), zsh or fish.")
    var named: Shell?

    @Option(name: .shortAndLong, help: "The shell, as dvc takes it.")
    var shell: Shell?

    func run(in context: Context) throws -> Outcome {
        let kind: CompletionShell =
            switch named ?? shell ?? .bash {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try context.output.data(DocumentedCommand.completionScript(for: kind), isForced: true)
        return .done
    }
}
