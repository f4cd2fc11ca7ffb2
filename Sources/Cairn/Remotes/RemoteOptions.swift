import CairnCore
import CairnFormats
import CairnRemote
import CairnSystem

/// The options of a remote: its own, and those of remotes that it lies in where it says nothing itself.
struct RemoteOptions {
    /// The name in the configuration.
    let name: String
    private let sections: [ConfigSectionName]
    private let workspace: Workspace

    /// Looks at the options of a remote.
    ///
    /// - Throws: `CairnError` of kind `config` for one that remotes of this kind do not have.
    init(_ named: NamedRemote, in workspace: Workspace) throws {
        name = named.name
        sections = named.sections
        self.workspace = workspace
        // What a remote inside of another one may have depends on that one, so nobody has looked at it yet.
        let url = sections.last.flatMap { configuration.path(ConfigKey($0, "url")) } ?? []
        guard let last = sections.last,
            let known = ConfigSchema.options(of: last, url: String(decoding: url, as: UTF8.self))
        else { return }
        for key in sections.dropLast().flatMap({ configuration.options(in: $0) })
        where !known.contains(where: { $0.name == key.option }) {
            let guess = EditDistance.closest(to: key.option, among: known.map(\.name))
            throw CairnError(
                .config,
                "there is no option '\(Array(key.text.utf8).printable)' for remotes of this kind"
                    + (guess.map { ", did you mean '\($0)'?" } ?? ""))
        }
    }

    /// Who can be asked for a password.
    var secrets: SecretQuestion? { workspace.secrets }
    /// Who asks for the remote, and where from.
    var surroundings: Surroundings { workspace.surroundings }
    /// How much may be asked of the remote.
    var limits: RemoteLimits { workspace.own.limits(ofRemote: name) }
    /// The start of commands, for hints.
    var command: String { workspace.personality.command }

    private var configuration: Configuration { workspace.configuration }

    /// The text of an option; empty is as good as nothing.
    func text(_ option: String) -> String? {
        key(option).flatMap { configuration.value($0)?.text }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The truth of an option; `nil` if nothing is said.
    ///
    /// - Throws: `CairnError` of kind `config` for a value that is neither.
    func bool(_ option: String) throws -> Bool? {
        switch text(option)?.lowercased() {
        case nil: return nil
        case "true": return true
        case "false": return false
        case _?: throw error(option, "is neither true nor false")
        }
    }

    /// A number of seconds.
    ///
    /// - Throws: `CairnError` of kind `config` for a value that is none, or no time to wait.
    func seconds(_ option: String) throws -> Duration? {
        guard let text = text(option) else { return nil }
        guard let number = Double(text), number > 0, number <= 86_400 else {
            throw error(option, "is no number of seconds above 0", "\(option) 60")
        }
        return .milliseconds(Int64((number * 1000).rounded(.up)))
    }

    /// How many transfers at a time are wanted.
    ///
    /// - Throws: `CairnError` of kind `config` for a value that is no such number.
    func jobs() throws -> Int? {
        if let jobs = workspace.connections.jobs { return jobs }
        guard let text = text("jobs") else { return nil }
        guard let number = Int(text), number > 0 else { throw error("jobs", "is no number above 0") }
        return number
    }

    /// A path, absolute.
    func path(_ option: String) -> FilePath? {
        guard let key = key(option), text(option) != nil else { return nil }
        return configuration.path(key).map { FilePath(bytes: $0) }
    }

    /// True for an option that is set by a file that comes with a clone.
    func isTracked(_ option: String) -> Bool {
        guard text(option) != nil else { return false }
        return key(option).flatMap { configuration.origin(of: $0) }?.level == .repository
    }

    /// A text that goes into a header.
    ///
    /// - Throws: `CairnError` of kind `config` for one that cannot.
    func header(_ option: String) throws -> String? {
        guard let text = text(option) else { return nil }
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw error(option, "has a line break or an unusual letter in it")
        }
        return text
    }

    /// Whose certificates are trusted; `nil` if nothing is said.
    func trust() -> HTTPSettings.Trust? {
        guard let text = text("ssl_verify") else { return nil }
        switch text.lowercased() {
        case "true": return .system
        case "false": return .everybody
        default:
            let path = ConfigPath.resolved(
                Array(text.utf8), in: workspace.root.bytes, home: surroundings.home?.bytes)
            return .authorities(FilePath(bytes: path))
        }
    }

    /// Says what is wrong with an option; its value may be a secret and is left out.
    ///
    /// - Parameter change: what to type behind `remote modify NAME` to mend it.
    func error(_ option: String, _ what: String, _ change: String? = nil) -> CairnError {
        CairnError(
            .config, "option '\(option)' of remote '\(Array(name.utf8).printable)' \(what)",
            hint: change.map { "`\(command) remote modify \(Shell.quoted(name)) \($0)`" })
    }

    /// The strongest section's key for an option that is set.
    private func key(_ option: String) -> ConfigKey? {
        sections.lazy.map { ConfigKey($0, option) }.first { configuration.value($0) != nil }
    }
}

extension OwnConfiguration {
    /// How much may be asked of a remote.
    func limits(ofRemote name: String) -> RemoteLimits {
        RemoteLimits(
            requestsAtATime: text(.requestsAtATime, ofRemote: name).flatMap { Int($0) },
            requestsPerSecond: text(.requestsPerSecond, ofRemote: name).flatMap { Double($0) },
            bytesPerSecond: text(.bandwidth, ofRemote: name).flatMap { ByteRate.bytes($0) }.map { Double($0) }
        )
    }
}
