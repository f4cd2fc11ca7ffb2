import CairnCore
public import CairnFormats
import CairnSystem

/// A remote as the configuration describes it.
public struct RemoteSetting: Sendable {
    /// The name.
    public let name: String
    /// The URL, or the absolute path of a folder; `nil` if options are there but no URL.
    public let url: [UInt8]?
    /// True for the remote that is used where none is named.
    public let isDefault: Bool
    /// How objects are to lie there, if somebody said so.
    public let layout: RemoteLayout?
}

extension ConfigurationFiles {
    private static let defaultKey = ConfigKey(ConfigSectionName("core"), "remote")

    /// The remotes in the order in which the files name them.
    ///
    /// - Parameter level: ask only this level.
    /// - Throws: `CairnError` of kind `config` if a file cannot be read.
    public func remotes(at level: Configuration.Level? = nil) throws -> [RemoteSetting] {
        if let level { _ = try path(of: level) }
        let all = try read()
        let configuration = level.map { all.only($0) } ?? all
        let standard = configuration.string(Self.defaultKey)
        let own = try loadOwn()
        return configuration.remoteNames.map { name in
            RemoteSetting(
                name: name, url: configuration.path(ConfigKey(.remote(name), "url")),
                isDefault: standard.map { Array($0.utf8) == Array(name.utf8) } ?? false,
                layout: own.layout(ofRemote: name))
        }
    }

    /// The name of the remote that is used where none is named.
    ///
    /// - Parameter level: ask only this level.
    /// - Throws: `CairnError` of kind `config` if a file cannot be read.
    public func defaultRemote(at level: Configuration.Level? = nil) throws -> String? {
        if let level { _ = try path(of: level) }
        let all = try read()
        return (level.map { all.only($0) } ?? all).string(Self.defaultKey)
    }

    /// Describes a remote in the file of a level.
    ///
    /// - Parameters:
    ///   - url: a URL or a path, relative to where the user stands.
    ///   - isDefault: whether to use it where no remote is named.
    ///   - replaces: whether a remote of the name may be there already; its other options go.
    ///   - layout: how objects are to lie there; `nil` to say nothing.
    /// - Throws: `CairnError` of kind `config` for a name that is taken or a kind of URL that does not exist, or `conflict` if what is on
    ///   the remote lies in another way than wanted.
    public func addRemote(
        _ name: String, url: String, at level: Configuration.Level, isDefault: Bool = false,
        replaces: Bool = false, layout: RemoteLayout? = nil
    ) throws {
        let name = try Self.normalized(name)
        let ownLevel = try layout.map { _ in try Self.ownLevel(level) }
        guard !url.isEmpty else { throw CairnError(.usage, "the URL of the remote '\(name)' is empty") }
        let key = ConfigKey(.remote(name), "url")
        let text = try stored(url, for: key, at: level)
        try edit { edit in
            var file = edit.file(of: level)
            if let section = file[key.section] {
                guard replaces else {
                    throw CairnError(
                        .config, "remote '\(name)' already exists", hint: "use `--force` to overwrite it",
                        dvc: "remote '\(name)' already exists. Use `-f|--force` to overwrite it.")
                }
                for option in section.options where option.name != "url" {
                    file.unset(ConfigKey(key.section, option.name))
                }
            }
            try file.set(key, to: text)
            if isDefault { try file.set(Self.defaultKey, to: name) }
            try edit.put(file, at: level)
            if let layout {
                try check(layout, of: name, edit.configuration.path(key) ?? [])
            }
        }
        if replaces { try renameOwn(name, to: nil, at: [level]) }
        guard let layout, let ownLevel else { return }
        try editOwn(ownLevel) { (file) throws(FormatsError) in
            try file.set(.layout, ofRemote: name, to: layout.rawValue)
        }
    }

    /// Sets an option of a remote that some level describes.
    ///
    /// - Parameter value: `nil` to take the option out of the level's file; none there is fine.
    /// - Throws: `CairnError` of kind `config` for an unknown remote or option, or a wrong value.
    public func modifyRemote(
        _ name: String, option: String, to value: String?, at level: Configuration.Level
    ) throws {
        let name = try Self.normalized(name)
        let key = ConfigKey(.remote(name), option.lowercased())
        let text = try value.map { try stored($0, for: key, at: level) }
        try edit { edit in
            try Self.check(name, in: edit.configuration)
            var file = edit.file(of: level)
            if let text { try file.set(key, to: text) } else { file.unset(key) }
            try edit.put(file, at: level)
        }
    }

    /// Makes a remote the one that is used where none is named; `nil` to have none.
    ///
    /// - Throws: `CairnError` of kind `config` for an unknown remote.
    public func setDefaultRemote(_ name: String?, at level: Configuration.Level) throws {
        let name = try name.map { try Self.normalized($0) }
        _ = try path(of: level)
        try edit { edit in
            var file = edit.file(of: level)
            if let name {
                try Self.check(
                    name, in: edit.configuration, dvc: "default remote must be present in remote list.")
                try file.set(Self.defaultKey, to: name)
            } else {
                file.unset(Self.defaultKey)
            }
            try edit.put(file, at: level)
        }
    }

    /// Forgets a remote: its description, options of the workspace's other file that would be left over, and its role as the default.
    ///
    /// - Returns: the levels whose files changed.
    /// - Throws: `CairnError` of kind `config` if the level does not describe it, or something else still needs it.
    @discardableResult
    public func removeRemote(_ name: String, at level: Configuration.Level) throws -> [Configuration.Level] {
        let name = try Self.normalized(name)
        return try edit { edit in
            try Self.check(name, in: edit.configuration.only(level))
            if let other = Self.remotes(relativeTo: name, in: edit.configuration).first {
                throw CairnError(
                    .config, "remote '\(other.name)' lies in remote '\(name)'",
                    hint: "remove '\(other.name)' first")
            }
            for level in affectedLevels(level) {
                var file = edit.file(of: level)
                file.removeSection(.remote(name))
                if file[Self.defaultKey]?.text.lowercased() == name { file.unset(Self.defaultKey) }
                try edit.put(file, at: level)
            }
            try Self.checkNothingIsLeft(of: name, in: edit.configuration, self)
            try renameOwn(name, to: nil, at: affectedLevels(level))
        }
    }

    /// Gives a remote another name, wherever the workspace's files have the old one.
    ///
    /// - Returns: the levels whose files changed.
    /// - Throws: `CairnError` of kind `config` if the level does not describe it, or the new name is taken.
    @discardableResult
    public func renameRemote(
        _ name: String, to newName: String, at level: Configuration.Level
    ) throws -> [Configuration.Level] {
        let name = try Self.normalized(name)
        let newName = try Self.normalized(newName)
        return try edit { edit in
            if edit.configuration.remoteNames.contains(newName) {
                throw CairnError(
                    .config, "a remote '\(newName)' already exists",
                    dvc: "Rename failed. Remote name '\(newName)' already exists.")
            }
            try Self.check(name, in: edit.configuration.only(level))
            let relative = Self.remotes(relativeTo: name, in: edit.configuration)
            for level in affectedLevels(level) {
                var file = edit.file(of: level)
                try file.renameSection(.remote(name), to: .remote(newName))
                if file[Self.defaultKey]?.text.lowercased() == name {
                    try file.set(Self.defaultKey, to: newName)
                }
                for other in relative {
                    let key = ConfigKey(.remote(other.name), "url")
                    if file[key] != nil { try file.set(key, to: "remote://\(newName)\(other.rest)") }
                }
                try edit.put(file, at: level)
            }
            try Self.checkNothingIsLeft(of: name, in: edit.configuration, self)
            try renameOwn(name, to: newName, at: affectedLevels(level))
        }
    }

    /// The files in which a remote's traces go when it goes from one of them: those of a workspace belong together.
    private func affectedLevels(_ level: Configuration.Level) -> [Configuration.Level] {
        level == .repository ? [.repository, .local] : [level]
    }

    /// Names of remotes are kept in lower case, as DVC does.
    static func normalized(_ name: String) throws -> String {
        guard !name.isEmpty else { throw CairnError(.usage, "the name of a remote is empty") }
        guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw CairnError(.usage, "'\(Array(name.utf8).printable)' cannot be the name of a remote")
        }
        return name.lowercased()
    }

    static func check(
        _ name: String, in configuration: Configuration, dvc words: String? = nil
    ) throws {
        guard !configuration.remoteNames.contains(name) else { return }
        let nearest = EditDistance.closest(to: name, among: configuration.remoteNames)
        throw CairnError(
            .config, "remote '\(name)' doesn't exist" + (nearest.map { ", did you mean '\($0)'?" } ?? ""),
            hint: "`cairn remote list` shows those that do", dvc: words ?? "remote '\(name)' doesn't exist.")
    }

    /// Options without a URL would break every command that comes after.
    private static func checkNothingIsLeft(
        of name: String, in configuration: Configuration, _ files: ConfigurationFiles
    ) throws {
        guard configuration.path(ConfigKey(.remote(name), "url")) == nil else { return }
        for source in configuration.sources where source.file[.remote(name)] != nil {
            throw CairnError(
                .config,
                "'\(files.name(of: source.level))' has options of remote '\(name)', which would be left over",
                hint: "take them out first: `cairn remote remove --\(source.level.flag) \(name)`")
        }
    }

    /// Remotes whose URL is `remote://name/...`, with what follows the name.
    private static func remotes(
        relativeTo name: String, in configuration: Configuration
    ) -> [(name: String, rest: String)] {
        configuration.remoteNames.compactMap { other in
            guard let url = configuration.path(ConfigKey(.remote(other), "url")),
                let base = RemoteReference(url), base.name == name
            else { return nil }
            return (other, base.rest)
        }
    }
}

/// A URL that starts from another remote: `remote://name/rest`.
struct RemoteReference {
    /// The other remote, in lower case.
    let name: String
    /// What follows, with its slash; may be empty.
    let rest: String

    /// Takes a URL apart; `nil` if it is of another kind.
    init?(_ url: [UInt8]) {
        let prefix = Array("remote://".utf8)
        guard url.starts(with: prefix) else { return nil }
        let text = url.dropFirst(prefix.count)
        let end = text.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
        name = String(decoding: text[..<end], as: UTF8.self).lowercased()
        rest = String(decoding: text[end...], as: UTF8.self)
    }
}

extension Configuration.Level {
    /// The option that names the level's file.
    var flag: String { self == .repository ? "project" : "\(self)" }
}
