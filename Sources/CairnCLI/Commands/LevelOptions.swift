import ArgumentParser
import Cairn

/// Which configuration file a command is about.
struct LevelOptions: ParsableArguments {
    /// A choice of one file.
    enum Choice: EnumerableFlag {
        case system, global, project, local

        static func help(for value: Choice) -> ArgumentHelp? {
            switch value {
            case .system: "Use the file of this machine."
            case .global: "Use the file of this user."
            case .project: "Use .dvc/config, which git keeps."
            case .local: "Use .dvc/config.local, which git does not keep."
            }
        }
    }

    @Flag var choice: Choice?

    /// The level that was named, if any.
    var level: Configuration.Level? {
        switch choice {
        case .system: .system
        case .global: .global
        case .project: .repository
        case .local: .local
        case nil: nil
        }
    }

    /// The level to write to.
    var written: Configuration.Level { level ?? .repository }
}
