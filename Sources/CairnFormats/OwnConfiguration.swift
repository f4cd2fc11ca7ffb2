/// How objects lie on a remote.
public enum RemoteLayout: String, CaseIterable, Sendable {
    /// As chunks in packs, with an index.
    case packed
    /// Each as a file of its own, where DVC has it too.
    case loose
}

/// cairn's own settings, which DVC would refuse in its files: `.dvc/cairn.config`, and `.dvc/cairn.config.local` above it.
///
/// It is a value: nothing is read from disk here. docs/formats/config.md says what may stand there.
public struct OwnConfiguration: Sendable {
    /// Which of the two files, the weaker one first.
    public enum Level: CaseIterable, Sendable {
        /// In git with the repository.
        case repository
        /// Beside it, not in git.
        case local
    }

    private static let identity = ConfigKey(ConfigSectionName("cairn"), "id")
    private static let layout = "layout"

    private var repository = ConfigFile()
    private var local = ConfigFile()

    /// Creates settings that say nothing.
    public init() {}

    /// The file of a level.
    public subscript(_ level: Level) -> ConfigFile {
        switch level {
        case .repository: repository
        case .local: local
        }
    }

    /// Takes in the file of a level.
    ///
    /// - Parameter name: what people call the file; it goes into errors.
    /// - Throws: `FormatsError` for a section, an option or a value that is not known.
    public mutating func put(_ file: ConfigFile, at level: Level, name: String) throws(FormatsError) {
        for section in file.sections {
            for option in section.options {
                let place = SourceLocation(line: option.line, column: 1)
                let key = ConfigKey(section.name, option.name)
                let isLayout =
                    section.name.name != nil && section.name.group == "remote" && option.name == Self.layout
                guard isLayout || key == Self.identity else {
                    throw FormatsError(file: name, at: place, "there is no option '\(key.text)'")
                }
                if isLayout, RemoteLayout(option.value) == nil {
                    throw FormatsError(
                        file: name, at: place,
                        "'\(key.text)': 'packed' or 'loose' is expected, not '\(option.value.text)'")
                }
            }
        }
        switch level {
        case .repository: repository = file
        case .local: local = file
        }
    }

    /// How objects are to lie on a remote; `nil` if nothing is said.
    public func layout(ofRemote name: String) -> RemoteLayout? {
        let key = ConfigKey(.remote(name), Self.layout)
        return (local[key] ?? repository[key]).flatMap { RemoteLayout($0) }
    }

    /// What tells a repository of DVC's format from all others on a remote; `nil` as long as none was needed.
    public var repositoryID: String? { (local[Self.identity] ?? repository[Self.identity])?.text }
}

extension ConfigFile {
    /// Says how objects are to lie on a remote; `nil` to say nothing.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the name.
    public mutating func setLayout(_ layout: RemoteLayout?, ofRemote name: String) throws(FormatsError) {
        if let layout {
            try set(ConfigKey(.remote(name), "layout"), to: layout.rawValue)
        } else {
            removeSection(.remote(name))
        }
    }

    /// Says what tells the repository from all others.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the text.
    public mutating func setRepositoryID(_ id: String) throws(FormatsError) {
        try set(ConfigKey(ConfigSectionName("cairn"), "id"), to: id)
    }
}

extension RemoteLayout {
    fileprivate init?(_ value: ConfigValue) { self.init(rawValue: value.text.lowercased()) }
}
