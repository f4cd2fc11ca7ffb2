public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What new data of a workspace is recorded as.
public enum RepositoryFormat: String, CaseIterable, Sendable {
    /// BLAKE3 ids, and listings that keep modes, links and empty folders.
    case native
    /// What DVC 3 writes.
    case dvc

    /// What ids are made with.
    public var algorithm: HashAlgorithm { self == .native ? .blake3 : .md5 }

    private static let section = ConfigSectionName("cairn")

    /// Makes the project's configuration file say that the workspace has this format.
    ///
    /// - Parameter id: what the repository was known by on remotes until now.
    func mark(_ file: inout ConfigFile, id: String?) throws {
        switch self {
        case .dvc: file.removeSection(Self.section)
        case .native:
            let format = ConfigKey(Self.section, "format")
            guard file[format]?.text != rawValue else { return }
            var random = SystemRandomNumberGenerator()
            try file.set(format, to: rawValue)
            try file.set(ConfigKey(Self.section, "id"), to: id ?? UniqueID(using: &random).text)
        }
    }
}

extension Workspace {
    /// The workspace as it will be in a format; nothing is written.
    ///
    /// - Throws: `CairnError` of kind `config` if a setting outside of the project's file stands in the way.
    func marked(as format: RepositoryFormat) throws -> Workspace {
        var sources = configuration.sources
        let path = controlFolder.appending("config").bytes
        let place = sources.firstIndex { $0.level == .repository }
        var file = place.map { sources[$0].file } ?? ConfigFile()
        try format.mark(&file, id: own.repositoryID)
        if let place { sources.remove(at: place) }
        sources.append(Configuration.Source(.repository, path: path, file: file))
        var workspace = Workspace(
            root: root, configuration: Configuration(sources, home: configuration.home), own: own,
            surroundings: surroundings, personality: personality)
        workspace.waitsForLock = waitsForLock
        if workspace.format != format, let origin = workspace.configuration.origin(of: "cairn.format") {
            throw CairnError(
                .config, "cairn.format is set in '\(origin.path.printable)', so this workspace stays native",
                hint: "remove it: `cairn config --\(origin.level) --unset cairn.format`")
        }
        return workspace
    }

    /// Writes into `.dvc/config` that the workspace has a format.
    ///
    /// - Returns: false if it says so already.
    func writeMark(_ format: RepositoryFormat) throws -> Bool {
        let files = ConfigurationFiles(root: root, surroundings: surroundings)
        let written = try files.edit { edit in
            var file = edit.file(of: .repository)
            try format.mark(&file, id: own.repositoryID)
            try edit.put(file, at: .repository)
        }
        return !written.isEmpty
    }
}
