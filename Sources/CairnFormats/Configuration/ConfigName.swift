import CairnCore

/// The name of a section of a configuration file: `core`, or one with a name of its own, `remote "storage"`.
public struct ConfigSectionName: Sendable {
    /// The section, or the kind of the named section (`remote`, `machine`, `db`).
    public let group: String
    /// The name in quotes; `nil` for a section such as `core`.
    public let name: String?

    /// The kinds of sections that have names, in the order in which DVC writes them.
    public static let namedGroups = ["remote", "machine", "db"]

    /// A section without a name.
    public init(_ group: String) {
        self.group = group
        self.name = nil
    }

    /// A section with a name.
    public init(_ group: String, name: String) {
        self.group = group
        self.name = name
    }

    /// The section of a remote.
    public static func remote(_ name: String) -> ConfigSectionName { ConfigSectionName("remote", name: name) }

    /// Takes the text between the brackets of a section line apart.
    init(parsing text: String) {
        let lowered = text.lowercased()
        let scalars = Array(lowered.unicodeScalars).trimmed
        for group in Self.namedGroups where scalars.starts(with: group.unicodeScalars) {
            let rest = scalars[group.unicodeScalars.count...].drop { $0.isSpace }
            if rest.count >= 2 && rest.first == "\"" && rest.last == "\"" {
                self.init(group, name: String(rest.dropFirst().dropLast()))
                return
            }
        }
        self.init(lowered)
    }

    /// The text between the brackets of a section line.
    var text: String { name.map { "\(group) \"\($0)\"" } ?? group }

    /// The place of the section in a file: plain sections, then remotes, machines and databases.
    var rank: Int {
        name == nil ? 0 : 1 + (Self.namedGroups.firstIndex(of: group) ?? 0)
    }
}

extension ConfigSectionName: Hashable {
    // Names are compared as bytes: Swift calls texts equal that differ in their code points, files do not.
    public static func == (left: ConfigSectionName, right: ConfigSectionName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) { text.utf8.forEach { hasher.combine($0) } }
}

/// The name of an option with its section, as `config` takes it: `core.remote`, `remote.storage.url`.
public struct ConfigKey: Sendable {
    /// The section.
    public let section: ConfigSectionName
    /// The option in lower case.
    public let option: String

    /// Puts a name together.
    public init(_ section: ConfigSectionName, _ option: String) {
        self.section = section
        self.option = option
    }

    /// Reads `section.option`, `remote.<name>.option` or `db.<name>.option`, in any case.
    ///
    /// - Returns: `nil` for anything else; a name with a point in it cannot be written so.
    public init?(parsing text: String) {
        let parts = text.lowercased().unicodeScalars.split(separator: ".", omittingEmptySubsequences: false)
            .map { String($0) }
        switch parts.count {
        case 2: self.init(ConfigSectionName(parts[0]), parts[1])
        case 3 where parts[0] == "remote" || parts[0] == "db":
            self.init(ConfigSectionName(parts[0], name: parts[1]), parts[2])
        default: return nil
        }
    }

    /// The option in the form that `config` takes and lists.
    public var text: String {
        let name = section.name.map { ".\($0)" } ?? ""
        return "\(section.group)\(name).\(option)"
    }
}

extension ConfigKey: Hashable {
    public static func == (left: ConfigKey, right: ConfigKey) -> Bool {
        left.section == right.section && left.option.isSame(as: right.option)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(section)
        option.utf8.forEach { hasher.combine($0) }
    }
}

extension Unicode.Scalar {
    /// True for what the format takes for white space.
    var isSpace: Bool { PythonText.isWhiteSpace(value) }
}

extension Collection<Unicode.Scalar> {
    /// The characters without white space at either end.
    var trimmed: [Unicode.Scalar] {
        let start = drop { $0.isSpace }
        return start.reversed().drop { $0.isSpace }.reversed()
    }
}

extension String {
    /// Text of single code points.
    init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }

    /// Compares bytes, where `==` would call different code points equal.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
