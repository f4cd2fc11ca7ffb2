import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn remote`.
struct RemoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remote", abstract: "Manage the places that data is pushed to and fetched from.",
        subcommands: [
            RemoteAddCommand.self, RemoteDefaultCommand.self, RemoteModifyCommand.self,
            RemoteListCommand.self, RemoteCheckCommand.self,
            RemoteRemoveCommand.self, RemoteRenameCommand.self,
        ])
}

/// `cairn remote add`.
struct RemoteAddCommand: Verb {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a remote.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "What to call it.")
    var name: String

    @Argument(help: "A folder or a URL.", completion: .directory)
    var url: String

    @Flag(name: .shortAndLong, help: "Use it where no remote is named.")
    var `default` = false

    @Flag(name: .shortAndLong, help: "Replace a remote of this name, with all its options.")
    var force = false

    @Option(
        help:
            "How objects lie there: `packed`, in few large files, or `loose`, as DVC has them. What is there already decides."
    )
    var layout: RemoteLayout?

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        let key = ConfigKey(.remote(name.lowercased()), "url")
        try context.guardSecret(key, url, at: levels.written)
        try files.addRemote(
            name, url: url, at: levels.written, isDefault: `default`, replaces: force,
            layout: layout)
        let shown = Array(name.lowercased().utf8).printable
        if `default` {
            try context.output.note(
                context.personality == .dvc
                    ? "Setting '\(shown)' as a default remote." : "remote '\(shown)' is the default now")
        }
        warnIfUnsupported(context)
        return .done
    }

    /// A kind of URL that only DVC can use may still be written down; better to hear of it now than at the first push.
    private func warnIfUnsupported(_ context: Context) {
        guard let scheme = RemoteLocation.scheme(of: Array(url.utf8)), context.personality == .cairn,
            !["file", "s3", "http", "https", "remote"].contains(scheme)
        else { return }
        context.output.warn(
            "cairn cannot use remotes of the kind \(scheme)://, only \(RemoteLocation.supportedKinds)")
    }
}

/// `cairn remote default`.
struct RemoteDefaultCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "default", abstract: "Show or choose the remote that is used where none is named.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "The remote to use.", completion: .custom(RemoteNames.complete))
    var name: String?

    @Flag(name: .shortAndLong, help: "Have no default remote.")
    var unset = false

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        if unset || name != nil {
            try files.setDefaultRemote(unset ? nil : name, at: levels.written)
            return .done
        }
        guard let name = try files.defaultRemote(at: levels.level) else {
            try context.output.note(
                context.personality == .dvc ? "No default remote set" : "no remote is the default")
            return .no
        }
        try context.output.data(name)
        return .done
    }
}

/// `cairn remote modify`.
struct RemoteModifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "modify", abstract: "Change an option of a remote.",
        discussion:
            "Passwords and keys go into --local or --global, where git does not see them. Besides DVC's options there are layout, bandwidth, requests_per_second and requests_at_a_time."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "The remote.", completion: .custom(RemoteNames.complete))
    var name: String

    @Argument(help: "The option.")
    var option: String

    @Argument(help: "Its new value.")
    var value: String?

    @Flag(name: .shortAndLong, help: "Take the option out of the file.")
    var unset = false

    func validate() throws {
        if !unset, value == nil {
            throw ValidationError("a value for '\(option)' is missing; --unset takes the option out")
        }
    }

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        if context.personality == .cairn,
            let own = OwnConfiguration.RemoteOption(rawValue: option.lowercased())
        {
            try setOwn(own, files)
            return .done
        }
        if let value, !unset {
            let key = ConfigKey(.remote(name.lowercased()), option.lowercased())
            try context.guardSecret(key, value, at: levels.written)
        }
        try files.modifyRemote(name, option: option, to: unset ? nil : value, at: levels.written)
        return .done
    }
}

extension RemoteModifyCommand {
    /// Sets what DVC does not know.
    private func setOwn(_ option: OwnConfiguration.RemoteOption, _ files: ConfigurationFiles) throws {
        if option == .layout {
            try files.setLayout(unset ? nil : layout(), ofRemote: name, at: levels.written)
        } else {
            try files.setLimit(option, to: unset ? nil : value, ofRemote: name, at: levels.written)
        }
    }

    /// The layout that was asked for.
    private func layout() throws -> RemoteLayout {
        guard let layout = RemoteLayout(rawValue: value?.lowercased() ?? "") else {
            throw CairnError(
                .usage, "'\(Array((value ?? "").utf8).printable)' is no layout",
                hint: "give `packed` or `loose`")
        }
        return layout
    }
}

extension RemoteLayout: ExpressibleByArgument {}

/// `cairn remote list`.
struct RemoteListCommand: Verb {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show all remotes.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Flag(help: "Print them as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        let remotes = try files.remotes(at: levels.level)
        try context.output.render(asJSON: json, Self.document(remotes)) { output in
            for remote in remotes {
                let url = RemoteLocation.shown(remote.url ?? []).printable
                let mark = remote.isDefault ? "\t(default)" : ""
                let name = Array(remote.name.utf8).printable
                let layout = context.output.isVerbose ? remote.layout.map { "\t\($0.rawValue)" } ?? "" : ""
                let line = url.isEmpty ? name + mark : "\(name)\t\(url)\(layout)\(mark)"
                let shown = context.personality == .dvc ? Self.expandingTabs(line) : line
                try output.data(remote.isDefault ? output.styled(shown, .good) : shown)
            }
            if remotes.isEmpty, context.personality == .cairn { try output.note("no remote is configured") }
        }
        return .done
    }

    private static func document(_ remotes: [RemoteSetting]) -> PythonJSON {
        .array(
            remotes.map { remote in
                .object([
                    (Array("default".utf8), .bool(remote.isDefault)),
                    (Array("layout".utf8), remote.layout.map { .string($0.rawValue) } ?? .null),
                    (Array("name".utf8), .string(remote.name)),
                    (Array("url".utf8), remote.url.map { .string(RemoteLocation.shown($0)) } ?? .null),
                ])
            })
    }

    /// Fills up to the next multiple of eight columns, as DVC prints its table.
    private static func expandingTabs(_ line: String) -> String {
        var column = 0
        var result = ""
        for character in line {
            if character == "\t" {
                let fill = 8 - column % 8
                result += String(repeating: " ", count: fill)
                column += fill
            } else {
                result.append(character)
                column += 1
            }
        }
        return result
    }
}

/// `cairn remote remove`.
struct RemoteRemoveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a remote; its data stays where it is.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "The remote.", completion: .custom(RemoteNames.complete))
    var name: String

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        let changed = try files.removeRemote(name, at: levels.written)
        try RemoteNames.report("removed from", changed, files, context)
        return .done
    }
}

/// `cairn remote rename`.
struct RemoteRenameCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a remote another name.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var levels: LevelOptions

    @Argument(help: "The remote.", completion: .custom(RemoteNames.complete))
    var name: String

    @Argument(help: "Its new name.")
    var new: String

    func run(in context: Context) throws -> Outcome {
        let files = try ConfigurationFiles.around(context.surroundings)
        let changed = try files.renameRemote(name, to: new, at: levels.written)
        try RemoteNames.report("renamed in", changed, files, context)
        return .done
    }
}

/// What the commands for remotes share.
enum RemoteNames {
    /// The names that a shell may offer; none where the configuration cannot be read.
    @Sendable static func complete(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
        guard let surroundings = try? Surroundings.current(),
            let remotes = try? ConfigurationFiles.around(surroundings).remotes()
        else { return [] }
        return remotes.map(\.name)
    }

    /// Says which files changed, when it was more than one or not the usual one.
    static func report(
        _ what: String, _ levels: [Configuration.Level], _ files: ConfigurationFiles, _ context: Context
    ) throws {
        guard context.personality == .cairn, levels != [.repository] else { return }
        let names = levels.map { "'\(files.name(of: $0))'" }.joined(separator: " and ")
        if !levels.isEmpty { try context.output.note("\(what) \(names)") }
    }
}
