import ArgumentParser
import Cairn
import CairnCore

/// `cairn config`.
struct ConfigCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show or change settings.",
        discussion: "A setting is named section.option, remote.NAME.option or db.NAME.option.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "The setting.", completion: .custom(Self.complete))
    var name: String?

    @Argument(help: "Its new value.")
    var value: String?

    @Flag(name: .shortAndLong, help: "Take the setting out of the file.")
    var unset = false

    @Flag(name: .shortAndLong, help: "Show everything that is set; secrets only as dvc.")
    var list = false

    @Flag(help: "Show which file a setting comes from.")
    var showOrigin = false

    @Flag(help: "Print the list as JSON.")
    var json = false

    func validate() throws {
        guard let name, ConfigKey(parsing: name) == nil else { return }
        let words = "name argument should look like remote.name.option or db.name.option or section.option"
        throw ValidationError(
            Main.personality == .dvc ? "argument name: \(words)" : "'\(name)' is no setting: the \(words)")
    }

    @Sendable private static func complete(_ arguments: [String], _ index: Int, _ prefix: String) -> [String]
    {
        ConfigSchema.sections.flatMap { section in
            (ConfigSchema.options(of: ConfigSectionName(section)) ?? []).map { "\(section).\($0.name)" }
        }
    }

    func run(in context: Context) throws -> Outcome {
        if let contradiction { return try refuse(contradiction) }
        let files = try ConfigurationFiles.around(context.surroundings)
        if list || json {
            try show(try files.settings(at: levels.level), files, context)
            return .done
        }
        guard let name = name.flatMap({ ConfigKey(parsing: $0) }) else {
            return try refuse("name argument is required")
        }
        if let value {
            try context.guardSecret(name, value, at: levels.written)
            try files.set(name, to: value, at: levels.written)
            if name.text == "cache.type", context.personality == .cairn {
                try context.output.note(
                    "files that are there keep their links until `cairn checkout --relink`")
            }
            return .done
        }
        if unset {
            try files.unset(name, at: levels.written)
            return .done
        }
        return try show(name, files, context)
    }

    private var contradiction: String? {
        if showOrigin, value != nil || unset {
            return "--show-origin can't be used together with any of these options: -u/--unset, value"
        }
        if list || json, name != nil || value != nil || unset {
            return "-l/--list can't be used together with any of these options: -u/--unset, name, value"
        }
        if unset, value != nil, Main.personality == .cairn { return "--unset takes no value" }
        return nil
    }

    /// As dvc these are failures of the command, not of its arguments.
    private func refuse(_ message: String) throws -> Outcome {
        throw Refusal(error: CairnError(.usage, message, hint: "`cairn config --help` shows how"))
    }

    private func show(_ name: ConfigKey, _ files: ConfigurationFiles, _ context: Context) throws -> Outcome {
        guard let setting = try files.setting(name, at: levels.level) else {
            if context.personality == .dvc { return .done }
            if ConfigSchema.option(name) == nil {
                throw CairnError(
                    .usage, "there is no setting '\(Array(name.text.utf8).printable)'" + guess(name))
            }
            return .no
        }
        let origin = showOrigin ? Array((files.name(of: setting.level) + "\t").utf8) : []
        try context.output.data(bytes: origin + setting.value)
        return .done
    }

    private func guess(_ name: ConfigKey) -> String {
        let candidates = (ConfigSchema.options(of: name.section) ?? []).map {
            ConfigKey(name.section, $0.name).text
        }
        let all = candidates.isEmpty ? Self.complete([], 0, "") : candidates
        return EditDistance.closest(to: name.text, among: all).map { ", did you mean `\($0)`?" } ?? ""
    }

    private func show(_ settings: [Setting], _ files: ConfigurationFiles, _ context: Context) throws {
        let hidesSecrets = context.personality == .cairn
        try context.output.render(asJSON: json, Self.document(settings, files)) { output in
            for setting in settings {
                let value = hidesSecrets ? setting.shown : setting.value
                let origin = showOrigin ? files.name(of: setting.level) + "\t" : ""
                try output.data(bytes: Array("\(origin)\(setting.key.text)=".utf8) + value)
            }
        }
    }

    private static func document(_ settings: [Setting], _ files: ConfigurationFiles) -> PythonJSON {
        .array(
            settings.map { setting in
                .object([
                    (Array("file".utf8), .string(files.name(of: setting.level))),
                    (Array("level".utf8), .string("\(setting.level)")),
                    (Array("name".utf8), .string(setting.key.text)),
                    (Array("value".utf8), setting.isSecret ? .null : .string(setting.shown)),
                ])
            })
    }
}
