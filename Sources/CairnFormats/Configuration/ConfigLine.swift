/// One line of a configuration file, taken apart.
enum ConfigLine {
    /// Nothing, or a comment.
    case blank
    /// `[name]`, with the depth of its brackets.
    case section(name: [Unicode.Scalar], depth: Int)
    /// `key = value`; the value may go on in the following lines.
    case option(key: String, value: ArraySlice<Unicode.Scalar>)
    /// A section line whose brackets do not match.
    case unbalanced
    /// Anything else.
    case invalid

    init(_ line: [Unicode.Scalar]) {
        guard let first = line.first(where: { !$0.isSpace }), first != "#" else {
            self = .blank
            return
        }
        self = Self.section(line) ?? Self.option(line) ?? .invalid
    }

    /// True for the characters at which the reference reader splits lines.
    static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// True if nothing but white space, or a comment behind it, is left of a line.
    static func isRest(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
        let next = rest.first { !$0.isSpace }
        return next == nil || next == "#"
    }

    /// Text without the quotes around it, if it has the same ones at both ends.
    static func unquoted(_ text: some BidirectionalCollection<Unicode.Scalar>) -> [Unicode.Scalar] {
        guard text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'" else {
            return Array(text)
        }
        return Array(text.dropFirst().dropLast())
    }

    private static func section(_ line: [Unicode.Scalar]) -> ConfigLine? {
        var rest = line.drop { $0.isSpace }
        var depth = 0
        while let next = rest.first, next == "[" || (depth > 0 && next.isSpace) {
            if next == "[" { depth += 1 }
            rest = rest.dropFirst()
        }
        guard depth > 0, let first = rest.first, first != "]" || rest.count > 1 else { return nil }
        let isQuoted = first == "\"" || first == "'"
        var index = rest.startIndex + 1
        while index < rest.endIndex {
            if isQuoted {
                guard let quote = rest[index...].firstIndex(of: first) else { return nil }
                index = quote + 1
            }
            let (closing, end, next) = brackets(rest, from: index)
            if closing > 0 && isRest(rest[end...]) {
                let name = unquoted(rest[rest.startIndex..<index])
                guard name.contains(where: { !$0.isSpace }) else { return nil }
                return closing == depth ? .section(name: name, depth: depth) : .unbalanced
            }
            // Brackets and spaces that were passed over belong to the name: none of them can end it.
            if !isQuoted { index = max(next, index + 1) }
        }
        return nil
    }

    /// Counts closing brackets with white space in front of them; `next` is behind white space that follows.
    private static func brackets(
        _ line: ArraySlice<Unicode.Scalar>, from start: Int
    ) -> (count: Int, end: Int, next: Int) {
        var count = 0
        var end = start
        var index = start
        while index < line.endIndex, line[index] == "]" || line[index].isSpace {
            if line[index] == "]" {
                count += 1
                end = index + 1
            }
            index += 1
        }
        return (count, end, index)
    }

    private static func option(_ line: [Unicode.Scalar]) -> ConfigLine? {
        let rest = line.drop { $0.isSpace }
        guard let first = rest.first else { return nil }
        var key: ArraySlice<Unicode.Scalar>?
        if first == "\"" || first == "'" {
            var end = rest.startIndex + 1
            while key == nil, let quote = rest[end...].firstIndex(of: first) {
                end = quote + 1
                if rest[end...].first(where: { !$0.isSpace }) == "=" { key = rest[..<end] }
            }
        } else if first != "=" {
            key = rest.firstIndex(of: "=").map { rest[..<$0] }
        }
        if key == nil, rest.startIndex > 0, let mark = rest.firstIndex(of: "=") {
            // A quirk of the reference: indentation may be the first character of a name that could not start
            // otherwise.
            let name = line[(rest.startIndex - 1)..<mark]
            let end = name.lastIndex { !$0.isSpace } ?? name.startIndex
            let value = line[(mark + 1)...].drop { $0.isSpace }
            return .option(key: String(line[name.startIndex...end]), value: value)
        }
        guard let key, let mark = rest[key.endIndex...].firstIndex(of: "=") else { return nil }
        let value = rest[(mark + 1)...].drop { $0.isSpace }
        return .option(key: String(unquoted(key.trimmed)), value: value)
    }
}

extension ConfigValue {
    /// Reads what stands behind `=` on one line.
    ///
    /// - Returns: the value and where the comment behind it begins, or `nil` if quotes or commas are wrong.
    static func parsing(_ text: ArraySlice<Unicode.Scalar>) -> (value: ConfigValue, end: Int)? {
        var rest = text
        var items: [String] = []
        if rest.first == ",", ConfigLine.isRest(rest.dropFirst()) { return (.list([]), rest.startIndex + 1) }
        while let (item, end) = listItem(rest) {
            items.append(String(ConfigLine.unquoted(item)))
            rest = rest[end...].drop { $0.isSpace }
        }
        guard let (last, end) = lastItem(rest) else { return nil }
        if items.isEmpty { return (.text(String(ConfigLine.unquoted(last))), end) }
        if !last.isEmpty { items.append(String(ConfigLine.unquoted(last))) }
        return (.list(items), end)
    }

    /// An item with a comma behind it, and the index behind the comma.
    private static func listItem(
        _ text: ArraySlice<Unicode.Scalar>
    ) -> (ArraySlice<Unicode.Scalar>, Int)? {
        guard let first = text.first, first != ",", first != "#" else { return nil }
        if first == "\"" || first == "'" {
            var end = text.startIndex + 1
            while let quote = text[end...].firstIndex(of: first) {
                end = quote + 1
                if let next = text[end...].firstIndex(where: { !$0.isSpace }), text[next] == "," {
                    return (text[..<end], next + 1)
                }
            }
            return nil
        }
        guard let stop = text.firstIndex(where: { $0 == "," || $0 == "#" }), text[stop] == "," else {
            return nil
        }
        return (text[..<(text.startIndex + text[..<stop].trimmed.count)], stop + 1)
    }

    /// The item at the end of a line, and the index behind it.
    private static func lastItem(
        _ text: ArraySlice<Unicode.Scalar>
    ) -> (ArraySlice<Unicode.Scalar>, Int)? {
        guard let first = text.first, first != "#" else { return (text.prefix(0), text.startIndex) }
        if first == "\"" || first == "'" {
            var end = text.startIndex + 1
            while let quote = text[end...].firstIndex(of: first) {
                end = quote + 1
                if ConfigLine.isRest(text[end...]) { return (text[..<end], end) }
            }
            return nil
        }
        guard first != "," else { return nil }
        let stop = text.firstIndex { $0 == "#" || $0 == "," } ?? text.endIndex
        guard stop == text.endIndex || text[stop] == "#" else { return nil }
        let item = text[..<(text.startIndex + text[..<stop].trimmed.count)]
        return (item, item.endIndex)
    }
}
