/// One pass over the lines of a configuration file.
struct ConfigParser {
    private let name: String
    private let lines: [[Unicode.Scalar]]
    private var index = 0
    private var leading: [String] = []
    private var file = ConfigFile()
    private var sections: Set<ConfigSectionName> = []
    private var keys: Set<ConfigKey> = []

    init(_ text: String, name: String) {
        self.name = name
        lines = Self.lines(of: text)
    }

    mutating func parse() throws(FormatsError) -> ConfigFile {
        while index < lines.count {
            let content = Self.content(of: lines[index])
            switch ConfigLine(content) {
            case .blank: leading.append(String(lines[index]))
            case .section(let section, let depth): try add(section, depth)
            case .option(let key, let value): try add(key, value)
            case .unbalanced: throw fault("Cannot compute the section depth")
            case .invalid:
                throw fault("Invalid line (\(Self.shown(content))) (matched as neither section nor keyword)")
            }
            index += 1
        }
        file.trailing = leading
        return file
    }

    private mutating func add(_ text: [Unicode.Scalar], _ depth: Int) throws(FormatsError) {
        guard depth == 1 else { throw fault("Section too nested") }
        let section = ConfigSectionName(parsing: String(text))
        guard sections.insert(section).inserted else { throw fault("Duplicate section name") }
        file.sections.append(
            ConfigFile.Section(
                name: section, line: index + 1, leading: leading, header: String(lines[index])))
        leading = []
    }

    private mutating func add(_ key: String, _ text: ArraySlice<Unicode.Scalar>) throws(FormatsError) {
        let start = index
        let (value, comment) = try value(text)
        let name = key.lowercased()
        let section = file.sections.last?.name ?? ConfigSectionName("")
        guard keys.insert(ConfigKey(section, name)).inserted else {
            throw fault("Duplicate keyword name", line: start)
        }
        guard !value.isInterpolated else {
            throw fault("the value of '\(name)' has %(name)s in it, write the value out", line: start)
        }
        let option = ConfigFile.Option(
            name: name, value: value, line: start + 1, leading: leading,
            lines: lines[start...index].map { String($0) }, comment: comment)
        leading = []
        if file.sections.isEmpty {
            file.topOptions.append(option)
        } else {
            file.sections[file.sections.count - 1].options.append(option)
        }
    }

    /// Reads a value and takes the lines that belong to it; leaves `index` at the last of them.
    private mutating func value(
        _ text: ArraySlice<Unicode.Scalar>
    ) throws(FormatsError) -> (ConfigValue, comment: String) {
        for quote in ["'''", "\"\"\""] where text.starts(with: quote.unicodeScalars) {
            return try longValue(text.dropFirst(3), Array(quote.unicodeScalars))
        }
        guard let (value, end) = ConfigValue.parsing(text) else { throw fault("Parse error in value") }
        return (value, Self.comment(text[end...]))
    }

    /// Reads a value in triple quotes.
    private mutating func longValue(
        _ first: ArraySlice<Unicode.Scalar>, _ quote: [Unicode.Scalar]
    ) throws(FormatsError) -> (ConfigValue, comment: String) {
        let start = index
        var rest = first
        var value: [Unicode.Scalar] = []
        while true {
            // The first line may have quotes in its text as long as they do not end the line.
            var search = rest.startIndex
            while let end = Self.index(of: quote, in: rest[search...]) {
                if ConfigLine.isRest(rest[(end + 3)...]) {
                    value += rest[..<end]
                    return (.text(String(value)), Self.comment(rest[(end + 3)...]))
                }
                search = end + 1
            }
            guard search == rest.startIndex, index + 1 < lines.count else {
                throw fault("Parse error in multiline value", line: start)
            }
            value += rest + ["\n"]
            index += 1
            rest = Self.content(of: lines[index])[...]
        }
    }

    private func fault(_ reason: String, line: Int? = nil) -> FormatsError {
        FormatsError(file: name, at: SourceLocation(line: (line ?? index) + 1, column: 1), reason)
    }

    private static func index(of part: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>) -> Int? {
        text.indices.first { text[$0...].starts(with: part) }
    }

    /// A comment with the white space in front of it; empty if there is only white space.
    private static func comment(_ rest: ArraySlice<Unicode.Scalar>) -> String {
        rest.contains("#") ? String(rest) : ""
    }

    /// The lines with their ends.
    private static func lines(of text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n" && previous == "\r" && line.isEmpty {
                lines[lines.count - 1].append(scalar)
            } else {
                line.append(scalar)
                if ConfigLine.endsLine(scalar) {
                    lines.append(line)
                    line = []
                }
            }
            previous = scalar
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    private static func content(of line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var line = line
        while line.last == "\n" || line.last == "\r" { line.removeLast() }
        return line
    }

    /// A line as Python shows it in quotes; what stands behind the name of a secret option is left out.
    private static func shown(_ line: [Unicode.Scalar]) -> String {
        var text = line
        let lowered = line.map {
            (0x41...0x5A).contains($0.value) ? Unicode.Scalar(UInt8($0.value) + 32) : $0
        }
        for secret in ConfigSchema.secretNames {
            let name = Array(secret.unicodeScalars)
            guard let start = index(of: name, in: lowered[...]) else { continue }
            text = Array(text.prefix(start + name.count)) + ["…"]
        }
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = quote
        for scalar in text {
            switch scalar {
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + quote
    }
}

extension ConfigValue {
    /// True if reading would replace a part of it by another option's value.
    var isInterpolated: Bool {
        switch self {
        case .text(let text): ConfigQuoting.hasInterpolation(text)
        case .list(let items): items.contains(where: ConfigQuoting.hasInterpolation)
        }
    }
}
