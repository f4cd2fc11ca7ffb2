import CairnCore
public import CairnFormats
public import CairnSystem

/// What somebody says about the settings of another repository, besides what it says itself.
public struct SourceOverrides: Sendable {
    /// Settings that are merged with those of the repository.
    public var configuration: ConfigFile?
    /// The remote to use there instead of the default one.
    public var remote: String?
    /// Options of the remote that is used.
    public var remoteOptions: [(name: String, value: String)] = []
    /// True if the user said so now; false for what a pointer file says, which anybody may have written.
    var isTrusted = true

    /// Nothing.
    public init() {}

    /// Reads a configuration file whose settings are to be merged.
    ///
    /// - Throws: `CairnError` of kind `notFound` or `config`.
    public mutating func read(_ path: String, from surroundings: Surroundings) throws {
        let file = surroundings.workingDirectory.pushing(FilePath(path))
        guard let bytes = try file.readIfPresent(limit: 4 << 20) else {
            throw CairnError(.notFound, "there is no configuration file '\(Array(path.utf8).printable)'")
        }
        configuration = try ConfigFile(parsing: bytes, name: path)
    }

    /// What a pointer file says of the repository that it imports from.
    ///
    /// - Throws: `CairnError` of kind `config` for what are no settings.
    init(recordedIn repository: ImportedRepository, _ workspace: Workspace) throws {
        isTrusted = false
        switch repository.config {
        case .string(let path)?:
            // Only a file of the workspace: a pointer has no say about others.
            let inside = try workspace.standing(at: workspace.root).path(of: path)
            guard let bytes = try workspace.absolute(inside).readIfPresent(limit: 4 << 20) else {
                throw CairnError(
                    .config, "the configuration file '\(inside)' that an import names is not there")
            }
            configuration = try ConfigFile(parsing: bytes, name: path)
        case .mapping(let sections)?: configuration = try Self.file(sections)
        default: break
        }
        switch repository.remote {
        case .string(let name)?: remote = name
        case .mapping(let options)?:
            remoteOptions = options.compactMap { entry in
                entry.key.text.map { ($0, Self.text(entry.value)) }
            }
        default: break
        }
    }

    private static func text(_ value: YAMLValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let bool): bool ? "true" : "false"
        case .int(let number): String(number)
        default: ""
        }
    }

    /// `{core: {remote: N}, remote: {N: {url: …}}}` as a file.
    private static func file(_ sections: [YAMLEntry]) throws -> ConfigFile {
        var file = ConfigFile()
        for section in sections {
            guard let group = section.key.text else { continue }
            for entry in section.value.entries ?? [] {
                guard let name = entry.key.text else { continue }
                if let options = entry.value.entries {
                    for option in options {
                        guard let key = option.key.text else { continue }
                        try file.set(
                            ConfigKey(ConfigSectionName(group, name: name), key), to: text(option.value))
                    }
                } else {
                    try file.set(ConfigKey(ConfigSectionName(group), name), to: text(entry.value))
                }
            }
        }
        return file
    }

    /// What a pointer file is to hold: a path of a file or settings, and a remote or its options, as DVC writes them.
    func recorded(configPath: String?) -> (config: YAMLValue?, remote: YAMLValue?) {
        let options = YAMLValue.mapping(remoteOptions.map { ($0.name, .string($0.value)) })
        if let remote, !remoteOptions.isEmpty {
            return (
                .mapping([
                    ("core", .mapping([("remote", .string(remote))])),
                    ("remote", .mapping([(remote, options)])),
                ]), nil
            )
        }
        let config = configPath.map { YAMLValue.string($0) }
        if let remote { return (config, .string(remote)) }
        return (config, remoteOptions.isEmpty ? nil : options)
    }

    /// A configuration with these settings on top.
    ///
    /// - Throws: `CairnError` of kind `config` for settings that make no sense.
    func applied(to configuration: Configuration) throws -> Configuration {
        guard self.configuration != nil || remote != nil || !remoteOptions.isEmpty else {
            return configuration
        }
        let level: Configuration.Level = isTrusted ? .local : .repository
        var sources = configuration.sources
        let path = sources.last { $0.level == level }?.path ?? sources.last?.path ?? Array("/config".utf8)
        var source =
            sources.last { $0.level == level } ?? Configuration.Source(level, path: path, file: ConfigFile())
        sources.removeAll { $0.level == level }
        for section in self.configuration?.sections ?? [] {
            for option in section.options {
                try source.file.set(ConfigKey(section.name, option.name), to: option.value)
            }
        }
        if let remote {
            try source.file.set(ConfigKey(ConfigSectionName("core"), "remote"), to: remote.lowercased())
        }
        let name =
            remote?.lowercased()
            ?? Configuration(sources + [source], home: configuration.home).string("core.remote")
        if !remoteOptions.isEmpty {
            guard let name else {
                throw CairnError(
                    .config, "the repository has no default remote that the options could belong to",
                    hint: "name the remote with `--remote NAME`")
            }
            for (option, value) in remoteOptions {
                try source.file.set(ConfigKey(.remote(name), option), to: value)
            }
        }
        return Configuration(sources + [source], home: configuration.home)
    }
}

extension Workspace {
    /// The workspace with other settings on top of its own.
    ///
    /// - Throws: `CairnError` of kind `config` for settings that make no sense.
    public func with(_ overrides: SourceOverrides) throws -> Workspace {
        try with(overrides.applied(to: configuration))
    }

    /// True if a folder lies in a workspace.
    ///
    /// - Throws: `SystemError` if it cannot be looked at.
    public static func isInside(_ folder: FilePath) throws -> Bool { try findRoot(from: folder) != nil }
}
