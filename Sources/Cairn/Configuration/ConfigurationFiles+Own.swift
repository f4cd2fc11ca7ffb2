import CairnCore
public import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem

extension ConfigurationFiles {
    private static let sizeLimit = 4 << 20

    /// What a file of cairn's own settings is called in messages.
    private static func name(of level: OwnConfiguration.Level) -> String {
        level == .repository ? ".dvc/cairn.config" : ".dvc/cairn.config.local"
    }

    /// Reads cairn's own settings; outside of a workspace there are none.
    ///
    /// - Throws: `CairnError` of kind `config` for a broken file or option, or of another kind for one that cannot be read.
    public func loadOwn() throws -> OwnConfiguration {
        var own = OwnConfiguration()
        guard let root else { return own }
        for level in OwnConfiguration.Level.allCases {
            let name = Self.name(of: level)
            guard let bytes = try root.appending(name).readIfPresent(limit: Self.sizeLimit) else { continue }
            do throws(FormatsError) {
                try own.put(ConfigFile(parsing: bytes, name: name), at: level, name: name)
            } catch {
                throw CairnError(
                    .config, CairnError(error).message,
                    hint: "correct the line, or take it out: the file holds settings of cairn's own only")
            }
        }
        return own
    }

    /// Changes a file of cairn's own settings; one that says nothing is not made.
    ///
    /// - Throws: `CairnError` of kind `config` outside of a workspace, or if the format cannot hold what is to be said.
    func editOwn(
        _ level: OwnConfiguration.Level, _ change: (inout ConfigFile) throws(FormatsError) -> Void
    ) throws {
        guard let root else {
            throw CairnError(
                .config, "not inside of a workspace, so there is no configuration to change")
        }
        let before = try loadOwn()[level]
        var file = before
        do throws(FormatsError) { try change(&file) } catch {
            throw CairnError(.config, error.reason)
        }
        guard file.serialized != before.serialized else { return }
        if level == .local { try keepOutOfGit(Self.name(of: level)) }
        try AtomicFile.write(file.serialized, to: root.appending(Self.name(of: level)))
    }

    /// Has git ignore a file in `.dvc`.
    private func keepOutOfGit(_ name: String) throws {
        guard let root else { return }
        let path = root.appending(".dvc/.gitignore")
        guard var bytes = try path.readIfPresent(limit: Self.sizeLimit) else { return }
        let line = Array(name.utf8.dropFirst(".dvc".utf8.count))
        guard !bytes.split(separator: UInt8(ascii: "\n")).contains(where: { $0.elementsEqual(line) }) else {
            return
        }
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        try AtomicFile.write(bytes + line + [UInt8(ascii: "\n")], to: path)
    }

    // MARK: Layouts

    /// Says how objects are to lie on a remote.
    ///
    /// - Parameter layout: `nil` to say nothing.
    /// - Throws: `CairnError` of kind `config` for an unknown remote, `usage` for a level of no workspace, or `conflict` if what is on the
    ///   remote already lies otherwise.
    public func setLayout(
        _ layout: RemoteLayout?, ofRemote name: String, at level: Configuration.Level
    ) throws {
        let configuration = try read()
        let name = try Self.normalized(name)
        try Self.check(name, in: configuration)
        if let layout {
            try check(layout, of: name, configuration.path(ConfigKey(.remote(name), "url")) ?? [])
        }
        try editOwn(try Self.ownLevel(level)) { (file) throws(FormatsError) in
            try file.set(.layout, ofRemote: name, to: layout?.rawValue)
        }
    }

    // MARK: Limits

    /// Says how much may be asked of a remote.
    ///
    /// - Parameter text: `nil` to say nothing.
    /// - Throws: `CairnError` of kind `config` for an unknown remote, `usage` for a value that makes no sense, or a level of no workspace.
    public func setLimit(
        _ option: OwnConfiguration.RemoteOption, to text: String?, ofRemote name: String,
        at level: Configuration.Level
    ) throws {
        let name = try Self.normalized(name)
        try Self.check(name, in: try read())
        if let text, let expected = option.objection(to: text) {
            throw CairnError(
                .usage, "'\(option.rawValue)': \(expected) is expected, not '\(Array(text.utf8).printable)'")
        }
        try editOwn(try Self.ownLevel(level, for: "'\(option.rawValue)'")) { (file) throws(FormatsError) in
            try file.set(option, ofRemote: name, to: text)
        }
    }

    /// The file of our own beside one of DVC's.
    ///
    /// - Throws: `CairnError` of kind `usage` for levels that are not the workspace's.
    static func ownLevel(
        _ level: Configuration.Level, for what: String = "the layout"
    ) throws -> OwnConfiguration.Level {
        switch level {
        case .repository: return .repository
        case .local: return .local
        case .global, .system:
            throw CairnError(
                .usage, "\(what) of a remote is a setting of a workspace",
                hint: "leave out `--\(level.flag)`; `--local` keeps it out of git")
        }
    }

    /// Finds out whether a layout contradicts what is on a remote.
    ///
    /// - Throws: `CairnError` of kind `conflict` if it does.
    func check(_ layout: RemoteLayout, of name: String, _ url: [UInt8]) throws {
        guard let location = try? RemoteLocation(url), case .folder(let folder) = location,
            let found = try RemoteStore.layout(in: folder), found != layout
        else { return }
        throw CairnError(
            .conflict,
            "remote '\(name)' is \(found.rawValue) already: "
                + (found == .packed
                    ? "'\(folder.bytes.printable)' holds '\(PackedLayout.marker)'"
                    : "'\(folder.bytes.printable)' holds a folder 'files'"),
            hint: "choose an empty folder, or leave out the layout")
    }

    /// Takes the name of a remote out of our own files, or gives it a new one there.
    func renameOwn(_ name: String, to newName: String?, at levels: [Configuration.Level]) throws {
        guard root != nil else { return }
        for level in levels {
            guard let own = try? Self.ownLevel(level) else { continue }
            try editOwn(own) { (file) throws(FormatsError) in
                if let newName {
                    try file.renameSection(.remote(name), to: .remote(newName))
                } else {
                    file.removeSection(.remote(name))
                }
            }
        }
    }
}
