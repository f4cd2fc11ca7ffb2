import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn cache`.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Manage the local store.",
        subcommands: [CacheDirCommand.self, CacheMigrateCommand.self])
}

/// `cairn cache dir`.
struct CacheDirCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "dir", abstract: "Show or choose the folder of the local store.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(
        help: "The folder to use from now on; what is in the old one stays there.", completion: .directory)
    var value: String?

    @Flag(name: .shortAndLong, help: "Go back to the folder inside of the workspace.")
    var unset = false

    func validate() throws {
        if unset, value != nil, Main.personality == .cairn {
            throw ValidationError("--unset takes no folder")
        }
    }

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        let key = ConfigKey(ConfigSectionName("cache"), "dir")
        if unset {
            try files.unset(key, at: levels.written)
        } else if let value {
            try files.set(key, to: value, at: levels.written)
        } else {
            try context.output.data(bytes: try folder(key, files))
        }
        return .done
    }

    private func folder(_ key: ConfigKey, _ files: ConfigurationFiles) throws -> [UInt8] {
        if let setting = try files.setting(key, at: levels.level) { return setting.value }
        guard let root = files.root else {
            throw CairnError(.config, "option 'dir' doesn't exist in section 'cache'")
        }
        return root.appending(".dvc/cache").bytes
    }
}
