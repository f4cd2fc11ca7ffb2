public import CairnFormats
import CairnRemote

/// A value of an option with the file that it comes from.
public struct Setting: Sendable {
    /// The option.
    public let key: ConfigKey
    /// The value as it counts: paths are absolute.
    public let value: [UInt8]
    /// The level that sets it.
    public let level: Configuration.Level
    /// True for a value that should not be shown unasked.
    public let isSecret: Bool

    /// The value as it may be shown unasked: stars for a secret, a URL without a password.
    public var shown: [UInt8] {
        if isSecret { return Array("***".utf8) }
        return key.option == "url" ? RemoteLocation.shown(value) : value
    }
}

extension ConfigurationFiles {
    /// The value of an option.
    ///
    /// - Parameter level: ask only this level.
    /// - Returns: `nil` if it is not set.
    /// - Throws: `CairnError` of kind `config` if a file cannot be read, or a single level does not set the option.
    public func setting(_ key: ConfigKey, at level: Configuration.Level? = nil) throws -> Setting? {
        let configuration = try read()
        guard let level else { return setting(key, in: configuration) }
        _ = try path(of: level)
        let only = configuration.only(level)
        try Self.check(key, isSetIn: only)
        return setting(key, in: only)
    }

    /// All options that are set, level by level, weakest first.
    ///
    /// - Parameter level: ask only this level.
    /// - Throws: `CairnError` of kind `config` if a file cannot be read.
    public func settings(at level: Configuration.Level? = nil) throws -> [Setting] {
        if let level { _ = try path(of: level) }
        let configuration = try read()
        return (level.map { [$0] } ?? levels).flatMap { level in
            let only = configuration.only(level)
            return configuration.entries(of: level).compactMap { setting($0, in: only) }
        }
    }

    private func setting(_ key: ConfigKey, in configuration: Configuration) -> Setting? {
        guard let value = configuration.shown(key), let origin = configuration.origin(of: key) else {
            return nil
        }
        let isSecret = key.isSecret
        return Setting(key: key, value: value, level: origin.level, isSecret: isSecret)
    }

    /// Sets an option in the file of a level.
    ///
    /// - Throws: `CairnError` of kind `config` for an unknown option or a wrong value; nothing is written then.
    public func set(_ key: ConfigKey, to value: String, at level: Configuration.Level) throws {
        let text = try stored(value, for: key, at: level)
        try edit { edit in
            var file = edit.file(of: level)
            try file.set(key, to: text)
            try edit.put(file, at: level)
        }
    }

    /// Takes an option out of the file of a level.
    ///
    /// - Throws: `CairnError` of kind `config` if it is not set there, or cannot be left out.
    public func unset(_ key: ConfigKey, at level: Configuration.Level) throws {
        _ = try path(of: level)
        try edit { edit in
            try Self.check(key, isSetIn: edit.configuration.only(level))
            var file = edit.file(of: level)
            file.unset(key)
            try edit.put(file, at: level)
        }
    }

    private static func check(_ key: ConfigKey, isSetIn configuration: Configuration) throws {
        guard configuration.value(key) == nil else { return }
        let section = key.section.name ?? key.section.group
        let kind = key.section.name == nil ? "section" : key.section.group
        let isKnown =
            key.section.name == nil
            ? ConfigSchema.options(of: key.section) != nil
            : configuration.sources.contains { $0.file[key.section] != nil }
        throw CairnError(
            .config,
            isKnown
                ? "option '\(key.option)' doesn't exist in \(kind) '\(section)'"
                : "\(kind) '\(section)' doesn't exist")
    }
}
