import CairnCore

/// A configuration file of DVC's dialect: sections with options, read and edited without losing what people
/// wrote around them.
///
/// Edits change only the lines they must, so comments and layout stay (DVC drops comments). What is new comes
/// out byte for byte as DVC writes it, and sections stand where DVC puts them: plain ones first, then
/// remotes, machines and databases.
public struct ConfigFile: Sendable {
    /// An option with the lines it came from.
    public struct Option: Sendable {
        /// The name in lower case.
        public let name: String
        /// The value.
        public fileprivate(set) var value: ConfigValue
        /// The line it starts on, from 1; 0 if it is new.
        public let line: Int
        /// Comments and empty lines in front.
        var leading: [String] = []
        /// The lines of the option itself, with their ends.
        var lines: [String]
        /// A comment behind the value, with the white space in front of it.
        var comment = ""
    }

    /// A section with its options, in the order of the file.
    public struct Section: Sendable {
        /// The name in lower case.
        public fileprivate(set) var name: ConfigSectionName
        /// The options.
        public internal(set) var options: [Option] = []
        /// The line it starts on, from 1; 0 if it is new.
        public let line: Int
        /// Comments and empty lines in front.
        var leading: [String] = []
        /// The section line, with its end.
        var header: String

        /// The value of an option.
        public subscript(_ option: String) -> ConfigValue? {
            options.first { $0.name.isSame(as: option) }?.value
        }
    }

    /// The sections in the order of the file.
    public internal(set) var sections: [Section] = []
    /// Options in front of the first section; DVC accepts none, but they are not a fault of the dialect.
    public internal(set) var topOptions: [Option] = []
    /// Comments and empty lines behind everything.
    var trailing: [String] = []
    /// The bytes as they were read, as long as nothing was changed.
    private var original: [UInt8]?

    /// Creates an empty file.
    public init() {}

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: the file, UTF-8.
    ///   - name: what people call the file; it goes into errors.
    /// - Throws: `FormatsError` with the line and the reason, worded as DVC words it: `reason` and " at line
    ///   N." make its sentence.
    public init(parsing bytes: [UInt8], name: String = "") throws(FormatsError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatsError(file: name, "not UTF-8")
        }
        var parser = ConfigParser(text, name: name)
        self = try parser.parse()
        // The empty line of a file that lost its last section is none that somebody wrote.
        if sections.isEmpty && topOptions.isEmpty && bytes == [UInt8(ascii: "\n")] { trailing = [] }
        original = bytes
    }

    /// The bytes of the file: those that were read if nothing was changed.
    public var serialized: [UInt8] {
        if let original { return original }
        var output = ""
        func append(_ lines: [String]) {
            for line in lines {
                output += line
                if let last = line.unicodeScalars.last, !ConfigLine.endsLine(last) { output += "\n" }
            }
        }
        for option in topOptions { append(option.leading + option.lines) }
        for section in sections {
            append(section.leading + [section.header])
            for option in section.options { append(option.leading + option.lines) }
        }
        append(trailing)
        return output.isEmpty ? [UInt8(ascii: "\n")] : Array(output.utf8)
    }

    /// A section.
    public subscript(_ name: ConfigSectionName) -> Section? { sections.first { $0.name == name } }

    /// An option's value.
    public subscript(_ key: ConfigKey) -> ConfigValue? { self[key.section]?[key.option] }

    /// Sets an option, adding it and its section if there is none.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the value or the name.
    public mutating func set(_ key: ConfigKey, to value: ConfigValue) throws(FormatsError) {
        if self[key] == value { return }
        guard let rendered = value.rendered, let name = ConfigQuoting.quoted(key.option, allowsLines: false),
            ConfigQuoting.quoted(key.section.text, allowsLines: false) != nil
        else { throw FormatsError("the value of '\(key.text)' cannot be safely quoted") }
        changed()
        let section = position(of: key.section) ?? insert(key.section)
        let index = sections[section].options.firstIndex { $0.name.isSame(as: key.option) }
        let comment = index.map { sections[section].options[$0].comment } ?? ""
        let line = "    \(name) = \(rendered)\(comment)\n"
        if let index {
            sections[section].options[index].value = value
            sections[section].options[index].lines = [line]
        } else {
            sections[section].options.append(
                Option(name: key.option, value: value, line: 0, lines: [line]))
        }
        putInOrder()
    }

    /// Sets an option to a text.
    ///
    /// - Throws: `FormatsError` if the format cannot hold the text.
    public mutating func set(_ key: ConfigKey, to text: String) throws(FormatsError) {
        try set(key, to: .text(text))
    }

    /// Removes an option; a plain section that loses its last option goes with it.
    ///
    /// - Returns: false if there was no such option.
    @discardableResult
    public mutating func unset(_ key: ConfigKey) -> Bool {
        guard let section = position(of: key.section),
            let index = sections[section].options.firstIndex(where: { $0.name.isSame(as: key.option) })
        else { return false }
        changed()
        let removed = sections[section].options.remove(at: index)
        if index < sections[section].options.count {
            sections[section].options[index].leading.insert(contentsOf: removed.leading, at: 0)
        } else {
            giveToNext(removed.leading, after: section)
        }
        if sections[section].options.isEmpty && key.section.name == nil { remove(at: section) }
        putInOrder()
        return true
    }

    /// Removes a section with its options.
    ///
    /// - Returns: false if there was no such section.
    @discardableResult
    public mutating func removeSection(_ name: ConfigSectionName) -> Bool {
        guard let section = position(of: name) else { return false }
        changed()
        remove(at: section)
        putInOrder()
        return true
    }

    /// Gives a section another name and moves it behind the others of its kind, as DVC does.
    ///
    /// - Returns: false if there is no such section, or already one of the new name.
    /// - Throws: `FormatsError` if the format cannot hold the new name.
    @discardableResult
    public mutating func renameSection(
        _ name: ConfigSectionName, to newName: ConfigSectionName
    ) throws(FormatsError) -> Bool {
        guard let index = position(of: name), position(of: newName) == nil else { return false }
        let header = try Self.header(of: newName)
        changed()
        var section = sections.remove(at: index)
        section.name = newName
        section.header = header
        sections.append(section)
        putInOrder()
        return true
    }

    private mutating func changed() { original = nil }

    private func position(of name: ConfigSectionName) -> Int? { sections.firstIndex { $0.name == name } }

    private mutating func insert(_ name: ConfigSectionName) -> Int {
        let end = sections.lastIndex { $0.name.rank <= name.rank }.map { $0 + 1 } ?? 0
        let header = (try? Self.header(of: name)) ?? ""  // the caller has seen that the name can be quoted
        sections.insert(Section(name: name, line: 0, header: header), at: end)
        return end
    }

    private mutating func remove(at index: Int) {
        let section = sections.remove(at: index)
        giveToNext(section.leading, after: index - 1)
    }

    /// Hands comments whose option or section went away to what follows them.
    private mutating func giveToNext(_ lines: [String], after index: Int) {
        if index + 1 < sections.count {
            sections[index + 1].leading.insert(contentsOf: lines, at: 0)
        } else {
            trailing.insert(contentsOf: lines, at: 0)
        }
    }

    /// Moves named sections behind plain ones, keeping the order among equals.
    private mutating func putInOrder() {
        guard zip(sections, sections.dropFirst()).contains(where: { $0.name.rank > $1.name.rank }) else {
            return
        }
        let ordered = sections.enumerated().sorted {
            ($0.element.name.rank, $0.offset) < ($1.element.name.rank, $1.offset)
        }
        sections = ordered.map(\.element)
    }

    private static func header(of name: ConfigSectionName) throws(FormatsError) -> String {
        guard let quoted = ConfigQuoting.quoted(name.text, allowsLines: false) else {
            throw FormatsError("the section name '\(name.text)' cannot be safely quoted")
        }
        return "[\(quoted)]\n"
    }
}
