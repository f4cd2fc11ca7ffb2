public import CairnRemote
import CairnCore
import CairnFormats

/// A remote that can be worked with.
public struct NamedRemote: Sendable {
    /// The name in the configuration.
    public let name: String
    /// Where its data is.
    public let location: RemoteLocation
    /// The sections of the configuration that describe it, strongest first: its own, then those of remotes that it lies in.
    let sections: [ConfigSectionName]
}

extension NamedRemote {
    /// Where an option of the remote is set: in its own section, or in that of a remote that it lies in.
    func key(_ option: String, in configuration: Configuration) -> ConfigKey {
        let keys = sections.map { ConfigKey($0, option) }
        return keys.first { configuration.value($0) != nil } ?? ConfigKey(.remote(name), option)
    }
}

extension Workspace {
    /// The remote of a name, or the default one.
    ///
    /// - Parameter name: `nil` for the default.
    /// - Throws: `CairnError` of kind `config` if there is none, or it is of a kind that is not supported.
    public func remote(_ name: String? = nil) throws -> NamedRemote {
        let standard = configuration.string("core.remote").flatMap { $0.isEmpty ? nil : $0 }
        guard let name = (name ?? standard)?.lowercased() else { throw noRemote() }
        var names: [String] = []
        let url = try url(ofRemote: name, after: &names)
        do throws(RemoteError) {
            return NamedRemote(
                name: name, location: try RemoteLocation(url),
                sections: names.map { ConfigSectionName.remote($0) })
        } catch {
            throw CairnError(error, remote: name)
        }
    }

    /// The URL of a remote; `remote://other/path` is followed to the other one.
    private func url(ofRemote name: String, after visited: inout [String]) throws -> [UInt8] {
        guard let url = configuration.path(ConfigKey(.remote(name), "url")) else {
            let nearest = EditDistance.closest(to: name, among: configuration.remoteNames)
            throw CairnError(
                .config, "remote '\(name)' doesn't exist" + (nearest.map { ", did you mean '\($0)'?" } ?? ""),
                hint: "`\(personality.command) remote list` shows those that do",
                dvc: "remote '\(name)' doesn't exist")
        }
        guard !visited.contains(name) else {
            throw CairnError(
                .config,
                "remote '\(name)' leads back to itself: \((visited + [name]).joined(separator: ", "))")
        }
        visited.append(name)
        guard let reference = RemoteReference(url) else { return url }
        let base = try self.url(ofRemote: reference.name, after: &visited)
        let joined =
            (base.last == UInt8(ascii: "/") ? Array(base.dropLast()) : base) + Array(reference.rest.utf8)
        return joined
    }

    private func noRemote() -> CairnError {
        let names = configuration.remoteNames
        let place = root.bytes.printable
        guard let first = names.first else {
            return CairnError(
                .config, "no remote is configured",
                hint: "`\(personality.command) remote add -d NAME URL` adds one",
                dvc:
                    "no remote specified in \(place). Create a default remote with\n    dvc remote add -d <remote name> <remote url>"
            )
        }
        return CairnError(
            .config, "no remote is named, and none is the default",
            hint:
                "name one with `-r \(first)`, or make it the default: `\(personality.command) remote default \(first)`",
            dvc:
                "no remote specified in \(place). Setup default remote with\n    dvc remote default <remote name>\nor use:\n    dvc push -r <remote name>"
        )
    }
}
