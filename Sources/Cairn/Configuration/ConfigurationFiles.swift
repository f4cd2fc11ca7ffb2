import CairnCore
public import CairnFormats
public import CairnSystem

/// The configuration files that concern a folder: where they are, how they are read, and how one of them is changed.
public struct ConfigurationFiles: Sendable {
    /// The workspace; `nil` outside of one, where only the files of the user and of the machine count.
    public let root: FilePath?
    /// The user's environment and where they stand.
    public let surroundings: Surroundings

    /// Longer files are not configuration.
    private static let sizeLimit = 4 << 20

    /// Files for a workspace, or for none.
    public init(root: FilePath?, surroundings: Surroundings) {
        self.root = root
        self.surroundings = surroundings
    }

    /// Files for the workspace in which the user stands, if they stand in one.
    ///
    /// - Throws: `SystemError` if the folder is gone.
    public static func around(_ surroundings: Surroundings) throws -> ConfigurationFiles {
        let root = try Workspace.findRoot(from: surroundings.workingDirectory.resolved())
        return ConfigurationFiles(root: root, surroundings: surroundings)
    }

    /// The levels that have a file here, weakest first.
    public var levels: [Configuration.Level] {
        Configuration.Level.allCases.filter { location(of: $0) != nil }
    }

    /// Where the file of a level is, or would be.
    ///
    /// - Throws: `CairnError` of kind `config` for a level of the workspace outside of one, or of a user who has no home.
    public func path(of level: Configuration.Level) throws -> FilePath {
        if let path = location(of: level) { return path }
        switch level {
        case .repository, .local:
            throw CairnError(
                .config, "not inside of a workspace, so there is no configuration to change",
                hint: "name the file of the user with `--global`", dvc: "Not inside a DVC repo")
        case .global, .system:
            throw CairnError(
                .config, "there is no home folder for the configuration of the user", hint: "set HOME")
        }
    }

    /// What a level's file is called in messages: relative to the workspace, or absolute.
    public func name(of level: Configuration.Level) -> String {
        switch level {
        case .repository: ".dvc/config"
        case .local: ".dvc/config.local"
        case .global, .system: location(of: level)?.bytes.printable ?? ""
        }
    }

    private func location(of level: Configuration.Level) -> FilePath? {
        switch level {
        case .system:
            variable("DVC_SYSTEM_CONFIG_DIR")?.appending("config") ?? systemFolder.appending("dvc/config")
        case .global:
            variable("DVC_GLOBAL_CONFIG_DIR")?.appending("config") ?? userFolder?.appending("dvc/config")
        case .repository: root?.appending(".dvc/config")
        case .local: root?.appending(".dvc/config.local")
        }
    }

    private var userFolder: FilePath? {
        variable("XDG_CONFIG_HOME") ?? surroundings.home?.appending(".config")
    }

    private var systemFolder: FilePath {
        let first = surroundings.environment["XDG_CONFIG_DIRS"]?.utf8.split(separator: UInt8(ascii: ":"))
            .first
        return first.map { FilePath(bytes: $0) } ?? "/etc/xdg"
    }

    private func variable(_ name: String) -> FilePath? {
        guard let text = surroundings.environment[name],
            text.utf8.contains(where: { $0 != UInt8(ascii: " ") })
        else { return nil }
        return surroundings.workingDirectory.pushing(FilePath(text))
    }

    /// Reads all files and checks that together they make sense.
    ///
    /// - Throws: `CairnError` of kind `config` for a broken file or option, or of another kind for one that cannot be read.
    public func load() throws -> Configuration {
        let configuration = try read()
        do throws(FormatsError) { try configuration.validate() } catch {
            throw CairnError(inOptions: error, of: self, isTyped: false)
        }
        return configuration
    }

    /// Reads all files without looking at what their options mean, so that a mistake in them can be mended.
    ///
    /// - Throws: `CairnError` of kind `config` for a file that is none, or of another kind for one that cannot be read.
    public func read() throws -> Configuration {
        try configuration(of: levels.compactMap { try source($0) })
    }

    /// Changes files so that the configuration of all levels together makes sense afterwards, or not at all.
    ///
    /// A mistake that was there before, and that the change does not touch, does not stand in the way: one of several could not be mended
    /// otherwise. Permissions of files stay as they are; folders that are missing are made.
    ///
    /// - Parameter change: gets the file of a level by `file(of:)` and puts it back by `put`.
    /// - Returns: the levels whose files changed, weakest first.
    /// - Throws: what `change` throws, or `CairnError` of kind `config` if the result makes no sense; nothing is written then.
    @discardableResult
    public func edit(_ change: (inout Edit) throws -> Void) throws -> [Configuration.Level] {
        var edit = Edit(files: self)
        let before = try read()
        for source in before.sources { edit.sources[source.level] = source }
        do {
            try change(&edit)
        } catch let error as FormatsError {
            throw CairnError(inOptions: error, of: self, isTyped: true)
        }
        let after = configuration(of: edit.sources.values.map { $0 })
        if let mistake = Self.mistakes(in: after, notIn: before).first {
            throw CairnError(inOptions: mistake, of: self, isTyped: true)
        }
        var written: [Configuration.Level] = []
        for level in levels {
            guard let source = edit.sources[level] else { continue }
            let bytes = source.file.serialized
            let old = before.sources.first { $0.level == level }?.file.serialized
            if bytes == old { continue }
            let path = try path(of: level)
            try path.removingLastComponent().makeFolders()
            try AtomicFile.write(bytes, to: path)
            written.append(level)
        }
        return written
    }

    /// Files that are being changed.
    public struct Edit {
        fileprivate let files: ConfigurationFiles
        fileprivate var sources: [Configuration.Level: Configuration.Source] = [:]

        /// The configuration as it would be now.
        public var configuration: Configuration { files.configuration(of: sources.values.map { $0 }) }

        /// The file of a level; empty if there is none.
        public func file(of level: Configuration.Level) -> ConfigFile { sources[level]?.file ?? ConfigFile() }

        /// Puts a changed file in its place.
        ///
        /// - Throws: `CairnError` of kind `config` for a level that has no file here.
        public mutating func put(_ file: ConfigFile, at level: Configuration.Level) throws {
            sources[level] = Configuration.Source(level, path: try files.path(of: level).bytes, file: file)
        }
    }

    /// What is written into a level's file for a value that somebody typed: paths become relative to the file.
    ///
    /// - Throws: `CairnError` of kind `usage` for a path that the file cannot hold.
    func stored(_ text: String, for key: ConfigKey, at level: Configuration.Level) throws -> String {
        guard ConfigSchema.isPath(key) else { return text }
        let folder = try path(of: level).removingLastComponent()
        let bytes = ConfigPath.stored(
            Array(text.utf8), from: surroundings.workingDirectory.bytes, in: folder.bytes)
        guard let stored = String(validating: bytes, as: UTF8.self) else {
            throw CairnError(
                .usage, "the path '\(bytes.printable)' is not UTF-8, which a configuration file has to be",
                hint: "give an absolute path through folders with other names")
        }
        return stored
    }

    private func source(_ level: Configuration.Level) throws -> Configuration.Source? {
        let path = try path(of: level)
        guard let bytes = try readable(path, level) else { return nil }
        do throws(FormatsError) {
            let file = try ConfigFile(parsing: bytes, name: name(of: level))
            return Configuration.Source(level, path: path.bytes, file: file)
        } catch {
            throw CairnError(inSyntax: error, at: level, of: self)
        }
    }

    private func readable(_ path: FilePath, _ level: Configuration.Level) throws -> [UInt8]? {
        do throws(SystemError) {
            // A missing folder, or a file in a folder's place, is the same as no file.
            return try path.readIfPresent(limit: Self.sizeLimit)
        } catch {
            let isOptional = level == .global || level == .system
            // A home that this user may not look into has nothing to say.
            if error.errno == .notDirectory || (isOptional && error.errno == .permissionDenied) { return nil }
            throw error
        }
    }

    private func configuration(of sources: [Configuration.Source]) -> Configuration {
        Configuration(sources, home: surroundings.home?.bytes)
    }

    /// The mistakes of one configuration that another does not have, the first one first.
    private static func mistakes(in configuration: Configuration, notIn other: Configuration)
        -> [FormatsError]
    {
        guard let first = mistake(in: configuration) else { return [] }
        let known = Set(mistakes(in: other).map(\.reason))
        return ([first] + mistakes(in: configuration)).filter { !known.contains($0.reason) }
    }

    /// The mistakes in options and sections, each looked at by itself: one hides another in the whole.
    private static func mistakes(in configuration: Configuration) -> [FormatsError] {
        let names = Set(configuration.sources.flatMap(\.file.sections).map(\.name))
        return names.flatMap { name in
            let options = configuration.options(in: name).map(\.option)
            let alone = options.compactMap { option in
                // What a remote may have depends on its URL.
                mistake(in: configuration.keeping(name) { $0 == option || $0 == "url" })
            }
            return alone + [mistake(in: configuration.keeping(name) { _ in true })].compactMap { $0 }
        }
    }

    private static func mistake(in configuration: Configuration) -> FormatsError? {
        do throws(FormatsError) {
            try configuration.validate()
            return nil
        } catch {
            return error
        }
    }
}

extension Configuration {
    /// The configuration without other sections, and without other options of the one that stays.
    fileprivate func keeping(_ name: ConfigSectionName, where isKept: (String) -> Bool) -> Configuration {
        let sources = sources.map { source in
            var source = source
            for section in source.file.sections {
                if section.name != name {
                    source.file.removeSection(section.name)
                } else {
                    for option in section.options where !isKept(option.name) {
                        source.file.unset(ConfigKey(name, option.name))
                    }
                }
            }
            return source
        }
        return Configuration(sources, home: home)
    }
}
