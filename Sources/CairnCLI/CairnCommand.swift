import ArgumentParser
import Cairn

/// The program's commands.
struct CairnCommand: ParsableCommand {
    /// All commands; a new one is one more line.
    static let commands: [any ParsableCommand.Type] = [
        AddCommand.self,
        AnalyzeCommand.self,
        BundleCommand.self,
        CacheCommand.self,
        CatCommand.self,
        CheckIgnoreCommand.self,
        CheckoutCommand.self,
        CollectCommand.self,
        CommitCommand.self,
        CompletionCommand.self,
        ConfigCommand.self,
        DataCommand.self,
        DiffCommand.self,
        GraphCommand.self,
        DestroyCommand.self,
        UsageCommand.self,
        FetchCommand.self,
        FreezeCommand.self,
        GetCommand.self,
        GetURLCommand.self,
        GitHookCommand.self,
        ImportCommand.self,
        ImportURLCommand.self,
        InitCommand.self,
        InstallCommand.self,
        ListCommand.self,
        ListURLCommand.self,
        LogCommand.self,
        LogsCommand.self,
        MetricsCommand.self,
        MigrateCommand.self,
        MoveCommand.self,
        ParamsCommand.self,
        PlotsCommand.self,
        PullCommand.self,
        PushCommand.self,
        RemoteCommand.self,
        RemoveCommand.self,
        RepairCommand.self,
        ReproduceCommand.self,
        RootCommand.self,
        RunCommand.self,
        ShowCommand.self,
        StageCommands.self,
        StatusCommand.self,
        UnfreezeCommand.self,
        UninstallCommand.self,
        UnprotectCommand.self,
        UpdateCommand.self,
        VerifyCommand.self,
        VersionCommand.self,
        WhereIsCommand.self,
        WhyCommand.self,
    ]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Main.personality.command, abstract: "Version data beside code.",
            subcommands: commands)
    }
}

/// The same with the options in front of a command, for help and for shells.
///
/// It is not what parses: ArgumentParser takes the options of a parent out of everything that follows, where the same letters may
/// mean something else.
struct DocumentedCommand: ParsableCommand {
    static var configuration: CommandConfiguration { CairnCommand.configuration }

    @OptionGroup var leading: DocumentedLeadingOptions
}
