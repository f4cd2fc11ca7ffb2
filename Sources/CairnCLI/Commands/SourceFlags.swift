import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// What can be said about the settings of another repository.
struct SourceFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Merge this configuration file with that of the repository.", valueName: "path"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("Use this remote of the repository instead of its default one.", valueName: "name")
    )
    var remote: String?

    @Option(
        name: .customLong("remote-config"), parsing: .upToNextOption,
        help: ArgumentHelp("Options of the remote that is used.", valueName: "name=value"))
    var remoteConfig: [String] = []

    /// What the library takes.
    ///
    /// - Throws: `CairnError` for an option without a value, or a configuration file that cannot be read.
    func overrides(_ surroundings: Surroundings) throws -> SourceOverrides {
        var overrides = SourceOverrides()
        overrides.remote = remote
        overrides.remoteOptions = try Self.pairs(remoteConfig, option: "--remote-config")
        if let config { try overrides.read(config, from: surroundings) }
        guard config == nil || remote == nil || remoteConfig.isEmpty else {
            throw CairnError(.usage, "--config cannot be used together with --remote and --remote-config")
        }
        return overrides
    }

    /// Names and values, with `=` between them.
    static func pairs(_ texts: [String], option: String) throws -> [(name: String, value: String)] {
        try texts.map { text in
            let bytes = Array(text.utf8)
            guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")), sign > 0 else {
                throw CairnError(
                    .usage, "'\(bytes.printable)' is no setting", hint: "write `\(option) NAME=VALUE`")
            }
            return (
                String(decoding: bytes[..<sign], as: UTF8.self),
                String(decoding: bytes[(sign + 1)...], as: UTF8.self)
            )
        }
    }
}

extension Context {
    /// A reader of other repositories for the user.
    func sourceReader(_ overrides: SourceOverrides, jobs: Int?) throws -> SourceReader {
        if let jobs, jobs < 1 {
            throw CairnError(.usage, "\(jobs) transfers at a time cannot be: 1 is the least")
        }
        var reader = SourceReader(surroundings, as: personality, reporter: reporter)
        reader.overrides = overrides
        reader.jobs = jobs
        reader.secrets = terminal.canAsk ? SecretQuestion { [terminal] in terminal.askSecret($0) } : nil
        return reader
    }
}
