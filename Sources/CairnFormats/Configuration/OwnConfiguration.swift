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

    /// What may be said of a remote.
    public enum RemoteOption: String, CaseIterable, Sendable {
        /// How objects are to lie there.
        case layout
        /// Bytes in a second, both ways together.
        case bandwidth
        /// Requests in a second.
        case requestsPerSecond = "requests_per_second"
        /// Requests at a time.
        case requestsAtATime = "requests_at_a_time"

        /// What is wrong with a value, as a clause that says what is expected; `nil` if nothing is.
        public func objection(to text: String) -> String? {
            switch self {
            case .layout: RemoteLayout(rawValue: text.lowercased()) == nil ? "'packed' or 'loose'" : nil
            case .bandwidth: ByteRate.bytes(text) == nil ? "a number of bytes, as 10MiB," : nil
            case .requestsPerSecond:
                Double(text).map { $0 > 0 && $0 <= 1e6 } == true ? nil : "a number above 0"
            case .requestsAtATime:
                Int(text).map { (1...10_000).contains($0) } == true ? nil : "a whole number above 0"
            }
        }
    }

    private static let resources = ConfigSectionName("resources")
    private static let hooks = ConfigSectionName("hooks")
    private static let identity = ConfigKey(ConfigSectionName("cairn"), "id")

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
                if key == Self.identity { continue }
                if section.name == Self.resources {
                    if Quantity.count(option.value.text) != nil { continue }
                    throw FormatsError(
                        file: name, at: place,
                        "'\(key.text)': a number, as 4 or 16G, is expected, not '\(option.value.text)'")
                }
                if section.name == Self.hooks, let known = HookOption(rawValue: option.name) {
                    if known.reaction(option.value.text) != nil { continue }
                    let choices = known.reactions.map { "'\($0.rawValue)'" }
                    throw FormatsError(
                        file: name, at: place,
                        "'\(key.text)': \(choices.dropLast().joined(separator: ", ")) or \(choices.last ?? "") is expected, not '\(option.value.text)'"
                    )
                }
                guard section.name.name != nil, section.name.group == "remote",
                    let known = RemoteOption(rawValue: option.name)
                else { throw FormatsError(file: name, at: place, "there is no option '\(key.text)'") }
                if let expected = known.objection(to: option.value.text) {
                    throw FormatsError(
                        file: name, at: place,
                        "'\(key.text)': \(expected) is expected, not '\(option.value.text)'")
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
        text(.layout, ofRemote: name).flatMap { RemoteLayout(rawValue: $0.lowercased()) }
    }

    /// What is said of a remote, as text that is known to make sense.
    public func text(_ option: RemoteOption, ofRemote name: String) -> String? {
        let key = ConfigKey(.remote(name), option.rawValue)
        return (local[key] ?? repository[key])?.text
    }

    /// How much there is of what stages share, by name.
    public var stageResources: [String: Int64] {
        var amounts: [String: Int64] = [:]
        for file in [repository, local] {
            for option in file[Self.resources]?.options ?? [] {
                amounts[option.name] = Quantity.count(option.value.text)
            }
        }
        return amounts
    }

    /// What a hook of git does.
    public func reaction(of option: HookOption) -> HookOption.Reaction {
        let key = ConfigKey(Self.hooks, option.rawValue)
        return (local[key] ?? repository[key]).flatMap { option.reaction($0.text) } ?? option.reactions[0]
    }

    /// What tells a repository of DVC's format from all others on a remote; `nil` as long as none was needed.
    public var repositoryID: String? { (local[Self.identity] ?? repository[Self.identity])?.text }
}

extension ConfigFile {
    /// Says something of a remote; `nil` to say nothing.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the name.
    public mutating func set(
        _ option: OwnConfiguration.RemoteOption, ofRemote name: String, to text: String?
    ) throws(FormatsError) {
        let key = ConfigKey(.remote(name), option.rawValue)
        if let text { return try set(key, to: text) }
        unset(key)
        if self[key.section]?.options.isEmpty == true { removeSection(key.section) }
    }

    /// Says what tells the repository from all others.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the text.
    public mutating func setRepositoryID(_ id: String) throws(FormatsError) {
        try set(ConfigKey(ConfigSectionName("cairn"), "id"), to: id)
    }
}
