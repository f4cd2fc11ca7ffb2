import CairnCore

/// Writes values as DVC writes them: block style, two blanks a level, lists at the column of their key, no document marks.
public struct YAMLEmitter {
    var writer: YAMLScalarWriter
    /// Keys from this many characters on are written with `?`.
    private static let longKey = 128

    init(column: Int = 0, newline: [UInt8] = [UInt8(ascii: "\n")]) {
        writer = YAMLScalarWriter(column: column, newline: newline)
    }

    /// The bytes of a whole file: the lines of a mapping or a list, or one line for anything else.
    public static func document(_ value: YAMLValue) -> [UInt8] {
        var emitter = YAMLEmitter()
        if value.isInline {
            if value.isNull { emitter.writer.write("null") } else { emitter.inline(value, indent: 0) }
        } else {
            emitter.block(value, indent: 0)
        }
        return emitter.writer.bytes + emitter.writer.newline
    }

    /// A value on one line, which reads back as the same value.
    static func flowLine(_ value: YAMLValue) -> [UInt8] {
        var emitter = YAMLEmitter()
        emitter.flow(value)
        return emitter.writer.bytes
    }

    /// A value on one line, for messages.
    static func line(_ value: YAMLValue) -> String {
        if case .string(let text) = value { return Array(text.utf8).printable }
        return String(decoding: flowLine(value), as: UTF8.self)
    }

    /// Writes the lines of a list or mapping that has content. The first starts where the cursor is; the last is not ended.
    mutating func block(_ value: YAMLValue, indent: Int) {
        switch value {
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                if index > 0 { writer.breakLine(indent: indent) }
                writer.write("- ")
                if item.isInline { inline(item, indent: indent + 2) } else { block(item, indent: indent + 2) }
            }
        case .mapping(let entries):
            for (index, entry) in entries.enumerated() {
                if index > 0 { writer.breakLine(indent: indent) }
                self.entry(entry, indent: indent)
            }
        default:
            inline(value, indent: indent)
        }
    }

    /// Writes a key, its colon and its value, with the key at `indent`, where the cursor is.
    mutating func entry(_ entry: YAMLEntry, indent: Int) {
        if Self.isLong(entry.key) {
            writer.write("? ")
            inline(entry.key, indent: indent + 2)
            writer.breakLine(indent: indent)
            writer.write(":")
            if entry.value.isNull { return }
            writer.write(" ")
            if entry.value.isInline {
                inline(entry.value, indent: indent + 2)
            } else {
                block(entry.value, indent: indent + 2)
            }
            return
        }
        switch entry.key {
        case .string(let text): writer.write(text: text, indent: nil, isKey: true)
        case .null: writer.write("null")
        default: writer.write(Self.plain(entry.key).unicodeScalars)
        }
        writer.write(":")
        afterColon(entry.value, indent: indent)
    }

    /// Writes what follows the colon of a key at `indent`.
    mutating func afterColon(_ value: YAMLValue, indent: Int) {
        if value.isNull { return }
        if value.isInline {
            writer.write(" ")
            return inline(value, indent: indent + 2)
        }
        let inner = if case .mapping = value { indent + 2 } else { indent }
        writer.breakLine(indent: inner)
        block(value, indent: inner)
    }

    /// Writes a scalar or an empty collection; long text goes on at `indent`.
    mutating func inline(_ value: YAMLValue, indent: Int) {
        switch value {
        case .string(let text): writer.write(text: text, indent: indent)
        case .sequence: writer.write("[]")
        case .mapping: writer.write("{}")
        default: writer.writePlain(Array(Self.plain(value).unicodeScalars), indent: indent)
        }
    }

    /// Writes a value on one line, in the style that stands inside brackets.
    mutating func flow(_ value: YAMLValue) {
        switch value {
        case .null: writer.write("null")
        case .string(let text): writer.write(text: text, indent: nil, isFlow: true, isKey: true)
        case .sequence(let items):
            writer.write("[")
            for (index, item) in items.enumerated() {
                if index > 0 { writer.write(", ") }
                flow(item)
            }
            writer.write("]")
        case .mapping(let entries):
            writer.write("{")
            for (index, entry) in entries.enumerated() {
                if index > 0 { writer.write(", ") }
                flow(entry)
            }
            writer.write("}")
        default: writer.write(Self.plain(value).unicodeScalars)
        }
    }

    /// Writes `key: value` as it stands between braces.
    mutating func flow(_ entry: YAMLEntry) {
        if Self.isLong(entry.key) { writer.write("? ") }
        flow(entry.key)
        writer.write(": ")
        flow(entry.value)
    }

    private static func isLong(_ key: YAMLValue) -> Bool {
        guard case .string(let text) = key else { return false }
        return text.unicodeScalars.count >= longKey
            || text.unicodeScalars.contains(where: YAMLScalarStyle.isBreak)
    }

    /// The spelling of what never needs quotes.
    static func plain(_ value: YAMLValue) -> String {
        switch value {
        case .bool(let bool): bool ? "true" : "false"
        case .int(let int): String(int)
        case .bigInt(let digits): digits
        case .date(let text): text
        case .float(let float):
            float.isFinite ? PythonJSON.text(of: float) : float.isNaN ? ".nan" : float < 0 ? "-.inf" : ".inf"
        default: ""
        }
    }
}
