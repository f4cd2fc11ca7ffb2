import CairnCore

/// The configuration that holds in a workspace: the files of all levels laid over each other, option by
/// option.
///
/// It is a value: nothing is read from disk or environment here. Getters answer with defaults of the schema
/// where no file says anything.
public struct Configuration: Sendable {
    /// Where a file belongs; a later level is stronger.
    public enum Level: Int, CaseIterable, Comparable, Sendable {
        /// For everybody on the machine.
        case system
        /// For the user.
        case global
        /// In git with the repository.
        case repository
        /// Beside it, not in git.
        case local

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// One file.
    public struct Source: Sendable {
        /// Its level.
        public let level: Level
        /// Its absolute path.
        public let path: [UInt8]
        /// What it says.
        public var file: ConfigFile

        /// Puts a source together.
        public init(_ level: Level, path: [UInt8], file: ConfigFile) {
            self.level = level
            self.path = path
            self.file = file
        }
    }

    /// Where an option was set.
    public struct Origin: Hashable, Sendable {
        /// The level of the file.
        public let level: Level
        /// The absolute path of the file.
        public let path: [UInt8]
        /// The line, from 1; 0 if the option was set since the file was read.
        public let line: Int
    }

    /// The files, weakest first.
    public let sources: [Source]
    /// The home folder of the user, for values that start with `~`.
    public let home: [UInt8]?

    /// Lays files over each other, in whatever order they come.
    public init(_ sources: [Source], home: [UInt8]?) {
        self.sources = sources.sorted { $0.level < $1.level }
        self.home = home
    }

    /// The value of an option as the strongest file has it.
    public func value(_ key: ConfigKey) -> ConfigValue? { setting(key)?.option.value }

    /// The text of an option: set, or the schema's default.
    public func string(_ key: ConfigKey) -> String? {
        let text = value(key)?.text ?? schemaOption(key)?.defaultValue
        return schemaOption(key)?.kind == .lowercase ? text?.lowercased() : text
    }

    /// True if an option is `true` in any case; the schema's default, or false, if it is not set.
    public func bool(_ key: ConfigKey) -> Bool { string(key)?.lowercased().isSame(as: "true") ?? false }

    /// The number of an option.
    public func integer(_ key: ConfigKey) -> Int? { string(key).flatMap(ConfigNumber.integer) }

    /// The items of an option, as a list or as text with commas.
    public func list(_ key: ConfigKey) -> [String]? { value(key)?.items }

    /// Where an option was set last; `nil` if it is not set.
    public func origin(of key: ConfigKey) -> Origin? {
        setting(key).map { Origin(level: $0.source.level, path: $0.source.path, line: $0.option.line) }
    }

    /// The value of a path option: a URL as it stands; a path with `~` in front below the home folder, a
    /// relative one below the folder of its file.
    ///
    /// - Returns: bytes, since folders may have names that are not UTF-8; `nil` if the option is not set.
    public func path(_ key: ConfigKey) -> [UInt8]? {
        setting(key).map { resolved($0.option.value.text, in: $0.source) }
    }

    /// The value of an option as `config` prints it: paths resolved, all others as they stand in the file.
    public func shown(_ key: ConfigKey) -> [UInt8]? {
        ConfigSchema.isPath(key) ? path(key) : value(key).map { Array($0.text.utf8) }
    }

    /// The names of all remotes, in the order in which they first occur.
    public var remoteNames: [String] { mergedSections.compactMap { $0.group == "remote" ? $0.name : nil } }

    /// The names of the options that any file sets in a section, in the order in which they first occur.
    public func options(in section: ConfigSectionName) -> [ConfigKey] {
        var result: [ConfigKey] = []
        var seen: Set<ConfigKey> = []
        for option in sources.compactMap({ $0.file[section] }).flatMap(\.options) {
            let key = ConfigKey(section, option.name)
            if seen.insert(key).inserted { result.append(key) }
        }
        return result
    }

    /// All options that one level sets, in the order of `config --list`: remotes, machines, databases, then
    /// the sections of the file.
    public func entries(of level: Level) -> [ConfigKey] {
        let sections = sources.filter { $0.level == level }.flatMap(\.file.sections)
        let named = ConfigSectionName.namedGroups.flatMap { group in
            sections.filter { $0.name.name != nil && $0.name.group.isSame(as: group) }
        }
        return (named + sections.filter { $0.name.name == nil }).flatMap { section in
            section.options.map { ConfigKey(section.name, $0.name) }
        }
    }

    /// The same configuration without the levels above one, which is how a single level is asked with
    /// `--local` and the like.
    public func only(_ level: Level) -> Configuration {
        Configuration(sources.filter { $0.level == level }, home: home)
    }

    /// The sections of all files in DVC's order: known ones as in the schema, remotes behind `cache`, then
    /// unknown ones.
    var mergedSections: [ConfigSectionName] {
        var seen: Set<ConfigSectionName> = []
        let all = sources.flatMap(\.file.sections).map(\.name).filter { seen.insert($0).inserted }
        func rank(_ name: ConfigSectionName) -> Int {
            let order = [
                "core", "cache", "remote", "state", "index", "machine", "feature", "plots", "exp", "parsing",
                "hydra", "studio", "db",
            ]
            return order.firstIndex { $0.isSame(as: name.group) } ?? order.count
        }
        return all.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    /// What the schema says of an option; for a remote by the scheme of its URL.
    func schemaOption(_ key: ConfigKey) -> ConfigSchema.Option? {
        guard key.section.group == "remote", key.section.name != nil else { return ConfigSchema.option(key) }
        let url = path(ConfigKey(key.section, "url")).map { String(decoding: $0, as: UTF8.self) }
        return ConfigSchema.option(key, url: url)
    }

    private func setting(_ key: ConfigKey) -> (source: Source, option: ConfigFile.Option)? {
        for source in sources.reversed() {
            if let option = source.file[key.section]?.options.first(where: { $0.name.isSame(as: key.option) })
            {
                return (source, option)
            }
        }
        return nil
    }

    private func resolved(_ text: String, in source: Source) -> [UInt8] {
        let folder = source.path.lastIndex(of: UInt8(ascii: "/")).map { Array(source.path[..<$0]) } ?? []
        return ConfigPath.resolved(Array(text.utf8), in: folder, home: home)
    }
}

extension Configuration {
    /// The text of an option by its name (`core.remote`); see `string(_:)` for a key.
    public func string(_ name: String) -> String? { ConfigKey(parsing: name).flatMap { string($0) } }

    /// The truth of an option by its name.
    public func bool(_ name: String) -> Bool { ConfigKey(parsing: name).map { bool($0) } ?? false }

    /// The number of an option by its name.
    public func integer(_ name: String) -> Int? { ConfigKey(parsing: name).flatMap { integer($0) } }

    /// The items of an option by its name.
    public func list(_ name: String) -> [String]? { ConfigKey(parsing: name).flatMap { list($0) } }

    /// The resolved path of an option by its name.
    public func path(_ name: String) -> [UInt8]? { ConfigKey(parsing: name).flatMap { path($0) } }

    /// Where an option was set, by its name.
    public func origin(of name: String) -> Origin? { ConfigKey(parsing: name).flatMap { origin(of: $0) } }
}
