/// The text of a `.gitignore` file, edited as DVC edits it: one entry per output, in the folder of the output.
///
/// Pure: nothing is read or written. Lines that are not ours keep their bytes.
public enum GitIgnoreFile {
    /// Appends the entry of a name, after a line end where the last line has none.
    ///
    /// - Parameters:
    ///   - name: A file or folder in the folder of the `.gitignore`: no slash.
    ///   - text: The file as it is; `nil` when there is none.
    /// - Returns: The whole new text; the old one when it has the entry already.
    public static func adding(entryFor name: [UInt8], to text: [UInt8]?) -> [UInt8] {
        adding(entriesFor: [name], to: text)
    }

    /// Appends the entries of several names, as `adding(entryFor:to:)` does it one after the other.
    ///
    /// - Returns: The whole new text; the old one when it has all entries already, which is empty for `nil` and no name.
    public static func adding(entriesFor names: [[UInt8]], to text: [UInt8]?) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        var result = text ?? []
        // The line must be complete to be the same: only then a second one adds nothing.
        var lines = Set(result.split(separator: newline, omittingEmptySubsequences: false).dropLast())
        for name in names {
            let entry = entry(for: name)
            guard !lines.contains(entry[...]) else { continue }
            if let last = result.last, last != newline {
                lines.insert(result[(result.lastIndex(of: newline).map { $0 + 1 } ?? 0)...])
                result.append(newline)
            }
            lines.insert(entry[...])
            result += entry + [newline]
        }
        return result
    }

    /// Drops every line that is the entry of a name, with or without spaces around it.
    ///
    /// DVC drops only the spelling without backslashes, so that entries with escaped characters stay for ever; we drop both.
    ///
    /// - Returns: `nil` when no line remains: the file is to be deleted.
    public static func removing(entryFor name: [UInt8], from text: [UInt8]) -> [UInt8]? {
        let plain = [UInt8(ascii: "/")] + name
        let entries = [plain, entry(for: name), dvcEntry(for: name)].map { strip($0[...]) }
        var result: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            if !entries.contains(strip(rest[..<end])) { result += rest[..<end] }
            rest = rest[end...]
        }
        return result.isEmpty ? nil : result
    }

    /// The line, without its end, that makes git ignore exactly this name in the folder of the file.
    ///
    /// The characters that DVC escapes are escaped as DVC does it. Beyond that, what git would read as something else: a
    /// backslash, spaces at the end, and line ends, which no pattern can hold and for which any control character stands.
    public static func entry(for name: [UInt8]) -> [UInt8] {
        let spaces = name.reversed().prefix { $0 == UInt8(ascii: " ") }.count
        var line = [UInt8(ascii: "/")]
        for (index, byte) in name.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): line += "[[:cntrl:]]".utf8
            case UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: " ") where index >= name.count - spaces: line += [UInt8(ascii: "\\"), byte]
            default: line += escaped(byte)
            }
        }
        return line
    }

    /// The line as DVC writes it.
    private static func dvcEntry(for name: [UInt8]) -> [UInt8] { [UInt8(ascii: "/")] + name.flatMap(escaped) }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        "[]!*#?".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
    }

    private static func strip(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
        let start = line.drop(while: isSpace)
        return start.dropLast(start.reversed().prefix(while: isSpace).count)
    }
}
