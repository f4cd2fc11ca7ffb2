/// Reads a literal from the tokens of an expression.
struct PythonLiteral {
    private let tokens: [PythonToken]
    private var index = 0

    init(_ tokens: ArraySlice<PythonToken>) { self.tokens = Array(tokens) }

    /// The value of the whole expression, which may be a tuple without parentheses.
    ///
    /// - Returns: `nil` if it is not a literal, or one that parameters cannot hold: bytes, complex numbers, `...`, keys that are lists.
    mutating func wholeValue() -> YAMLValue? {
        guard let first = value(depth: 0) else { return nil }
        if index == tokens.count { return first }
        var items = [first]
        while take(",") {
            if index == tokens.count { break }
            guard let item = value(depth: 0) else { return nil }
            items.append(item)
        }
        return index == tokens.count ? .sequence(items) : nil
    }

    private mutating func take(_ mark: String) -> Bool {
        guard index < tokens.count, tokens[index].isMark(mark) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) -> YAMLValue? {
        guard depth <= YAMLParser.maximumDepth, index < tokens.count else { return nil }
        let token = tokens[index]
        switch token.kind {
        case .number(let number):
            index += 1
            return number
        case .string: return string()
        case .name(let name): return word(name)
        case .mark("+"), .mark("-"): return signed(depth: depth)
        case .mark("("):
            index += 1
            return group(depth: depth)
        case .mark("["):
            index += 1
            return items(until: "]", depth: depth).map { .sequence($0) }
        case .mark("{"):
            index += 1
            return braces(depth: depth)
        default: return nil
        }
    }

    private mutating func word(_ name: String) -> YAMLValue? {
        index += 1
        switch name {
        case "True": return true
        case "False": return false
        case "None": return .null
        case "set":
            guard take("("), take(")") else { return nil }
            return .sequence([])
        default: return nil
        }
    }

    /// Texts that stand side by side are one.
    private mutating func string() -> YAMLValue? {
        var result = ""
        while index < tokens.count, case .string(let part) = tokens[index].kind {
            guard let part else { return nil }
            result += part
            index += 1
        }
        return .string(result)
    }

    /// A number behind one sign, in parentheses or not.
    private mutating func signed(depth: Int) -> YAMLValue? {
        let isNegative = tokens[index].isMark("-")
        index += 1
        var count = 0
        while take("(") { count += 1 }
        guard index < tokens.count, case .number(let number) = tokens[index].kind, let number else {
            return nil
        }
        index += 1
        for _ in 0..<count where !take(")") { return nil }
        guard isNegative else { return number }
        switch number {
        case .float(let float): return .float(-float)
        case .int(let int): return .int(-int)
        case .bigInt(let digits): return YAMLNumber.int(Array("-\(digits)".utf8))
        default: return nil
        }
    }

    /// What stands between `(` and `)`: a tuple if there is a comma or nothing.
    private mutating func group(depth: Int) -> YAMLValue? {
        if take(")") { return .sequence([]) }
        guard let first = value(depth: depth + 1) else { return nil }
        if take(")") { return first }
        return items(after: first, until: ")", depth: depth).map { .sequence($0) }
    }

    private mutating func items(until end: String, depth: Int) -> [YAMLValue]? {
        if take(end) { return [] }
        // Each piece is read once: reading again what is nested would take time without bounds.
        guard let first = value(depth: depth + 1) else { return nil }
        return items(after: first, until: end, depth: depth)
    }

    private mutating func items(after first: YAMLValue, until end: String, depth: Int) -> [YAMLValue]? {
        var items = [first]
        while !take(end) {
            guard take(",") else { return nil }
            if take(end) { break }
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
        }
        return items
    }

    /// A dictionary, or a set, of which each value counts once.
    private mutating func braces(depth: Int) -> YAMLValue? {
        if take("}") { return .mapping([YAMLEntry]()) }
        guard let first = value(depth: depth + 1), first.isPythonKey else { return nil }
        var entries = OrderedEntries()
        guard take(":") else {
            guard let all = items(after: first, until: "}", depth: depth), all.allSatisfy(\.isPythonKey)
            else {
                return nil
            }
            for item in all { entries.set(item, to: .null) }
            return .sequence(entries.entries.map(\.key))
        }
        var key = first
        while let value = value(depth: depth + 1) {
            entries.set(key, to: value)
            if take("}") { return .mapping(entries.entries) }
            guard take(",") else { return nil }
            if take("}") { return .mapping(entries.entries) }
            guard let next = self.value(depth: depth + 1), next.isPythonKey, take(":") else { return nil }
            key = next
        }
        return nil
    }
}

extension YAMLValue {
    /// True for what can be a key.
    fileprivate var isPythonKey: Bool {
        switch self {
        case .sequence, .mapping: false
        default: true
        }
    }
}
