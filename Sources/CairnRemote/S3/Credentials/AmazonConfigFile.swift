/// A file of settings as Amazon's programs keep them: `~/.aws/credentials`, `~/.aws/config`.
///
/// Sections in brackets, `name = value` or `name: value`; names in any case; lines that begin with `#` or `;` are comments; what is indented
/// goes on with the line before, and below a name without a value it is a list of names and values of its own. Where something
/// is said twice the later counts. This is how Python's configparser reads them for Amazon's own programs.
struct AmazonConfigFile: Hashable, Sendable {
    /// What stands behind a name.
    enum Value: Hashable, Sendable {
        case text(String)
        case nested([String: String])
    }

    /// Why a file cannot be read.
    struct Fault: Error, Hashable {
        /// The line, from 1.
        let line: Int
        /// What is wrong there, without anything of what it says.
        let reason: String
    }

    /// The names and values of each section.
    private(set) var sections: [String: [String: Value]] = [:]

    /// A file with nothing in it.
    init() {}

    /// Reads a file.
    ///
    /// - Throws: `Fault` at the first line that makes no sense.
    init(parsing bytes: [UInt8]) throws(Fault) {
        var reader = Reader()
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) { try reader.take(line) }
        reader.finishOption()
        sections = reader.sections
    }
}

/// Reads a file line by line.
private struct Reader {
    /// A name whose value may go on.
    private struct Option {
        let name: String
        let indent: Int
        var text: String
        var nested: [String: String] = [:]
    }

    var sections: [String: [String: AmazonConfigFile.Value]] = [:]
    private var line = 0
    private var section: String?
    private var option: Option?

    init() {}

    mutating func take(_ bytes: ArraySlice<UInt8>) throws(AmazonConfigFile.Fault) {
        line += 1
        guard let whole = String(validating: bytes, as: UTF8.self) else { throw fault("is not UTF-8") }
        let text = Self.trimmed(whole.utf8)
        guard let first = text.utf8.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else {
            return
        }
        let indent = whole.utf8.prefix { Self.isSpace($0) }.count
        if let least = option?.indent, indent > least { return try goOn(text) }
        finishOption()
        if first == UInt8(ascii: "["), let end = text.utf8.lastIndex(of: UInt8(ascii: "]")) {
            let name = String(text[text.utf8.index(after: text.startIndex)..<end])
            section = name
            sections[name, default: [:]].reserveCapacity(4)
            return
        }
        guard section != nil else { throw fault("stands before the first section") }
        guard let (name, value) = Self.pair(text, at: "=:") else {
            throw fault("is neither a section nor `name = value`")
        }
        option = Option(name: name, indent: indent, text: value)
    }

    /// Takes an indented line.
    private mutating func goOn(_ text: String) throws(AmazonConfigFile.Fault) {
        guard option?.text.isEmpty == true else {
            option?.text.append("\n" + text)
            return
        }
        guard let (name, value) = Self.pair(text, at: "=") else {
            throw fault("is indented and no `name = value`")
        }
        option?.nested[name] = value
    }

    /// Keeps what was said of a name.
    mutating func finishOption() {
        guard let option, let section else { return }
        sections[section, default: [:]][option.name] =
            option.nested.isEmpty ? .text(option.text) : .nested(option.nested)
        self.option = nil
    }

    private func fault(_ reason: String) -> AmazonConfigFile.Fault {
        AmazonConfigFile.Fault(line: line, reason: reason)
    }

    private static func pair(_ text: String, at marks: String) -> (name: String, value: String)? {
        guard let mark = text.utf8.firstIndex(where: { marks.utf8.contains($0) }) else { return nil }
        let name = trimmed(text.utf8[..<mark]).lowercased()
        return name.isEmpty ? nil : (name, trimmed(text.utf8[text.utf8.index(after: mark)...]))
    }

    private static func trimmed(_ text: some BidirectionalCollection<UInt8>) -> String {
        let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
        let end = text.lastIndex { !isSpace($0) }.map { text.index(after: $0) } ?? start
        return String(decoding: text[start..<end], as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
