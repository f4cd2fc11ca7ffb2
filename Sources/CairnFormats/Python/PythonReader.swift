/// Reads what a Python module assigns without running it: literals given to names of the module and of its classes, and to
/// attributes of `self` in `__init__`.
///
/// Everything else is passed over, as DVC does. The syntax is checked as far as tokens, brackets, indentation and the order of
/// operands go; a module that Python itself refuses for another reason may be read.
struct PythonReader {
    private let text: ParameterText
    private let tokens: [PythonToken]
    private var index = 0

    /// Reads a whole text.
    ///
    /// - Throws: `FormatsError` with line and column for what is not Python, or is nested more than 100 deep.
    static func read(_ text: ParameterText) throws(FormatsError) -> YAMLValue {
        var reader = PythonReader(text: text, tokens: try PythonScanner.tokens(of: text))
        var entries = OrderedEntries()
        try reader.block(into: &entries, scope: .module, depth: 0)
        return .mapping(entries.entries)
    }

    private init(text: ParameterText, tokens: [PythonToken]) {
        self.text = text
        self.tokens = tokens
    }

    /// Whose assignments are taken.
    private enum Scope {
        /// Names, and attributes of `self`.
        case module
        /// Attributes of `self` only.
        case initializer
        /// None.
        case ignored
    }

    private func error(at offset: Int, _ reason: String) -> FormatsError { text.error(at: offset, reason) }

    /// Reads lines until the block ends that the first is in.
    private mutating func block(
        into entries: inout OrderedEntries, scope: Scope, depth: Int
    ) throws(FormatsError) {
        guard depth <= YAMLParser.maximumDepth else {
            throw error(
                at: tokens[index].offset, "blocks are nested more than \(YAMLParser.maximumDepth) deep")
        }
        while index < tokens.count {
            switch tokens[index].kind {
            case .dedent: return
            case .indent: throw error(at: tokens[index].offset, "this line is indented for no reason")
            case .newline: index += 1
            default: try line(into: &entries, scope: scope, depth: depth)
            }
        }
    }

    /// Reads a logical line, with the block below it if it has one.
    private mutating func line(
        into entries: inout OrderedEntries, scope: Scope, depth: Int
    ) throws(FormatsError) {
        let end = tokens[index...].firstIndex { $0.kind == .newline } ?? tokens.count
        let line = tokens[index..<end]
        index = min(end + 1, tokens.count)
        try checkOperands(line)
        let hasBlock = index < tokens.count && tokens[index].kind == .indent
        if hasBlock || line.last?.isMark(":") == true {
            guard line.last?.isMark(":") == true else {
                throw error(at: tokens[index].offset, "this line is indented for no reason")
            }
            guard hasBlock else {
                throw error(at: line[line.startIndex].offset, "an indented block is missing after this line")
            }
            index += 1
            try inner(of: line, into: &entries, scope: scope) { (reader, inner, scope) throws(FormatsError) in
                try reader.block(into: &inner, scope: scope, depth: depth + 1)
            }
            index += 1
            return
        }
        if let colon = try headerEnd(line) {
            let rest = line[(colon + 1)...]
            return try inner(of: line[...colon], into: &entries, scope: scope) {
                (reader, inner, scope) throws(FormatsError) in
                try reader.statements(rest, into: &inner, scope: scope)
            }
        }
        try statements(line, into: &entries, scope: scope)
    }

    /// Reads the block of a line in the scope that the line gives it.
    private mutating func inner(
        of header: ArraySlice<PythonToken>, into entries: inout OrderedEntries, scope: Scope,
        _ read: (inout PythonReader, inout OrderedEntries, Scope) throws(FormatsError) -> Void
    ) throws(FormatsError) {
        let first = header[header.startIndex]
        let second = header.dropFirst().first
        let keyword = first.name
        if keyword == "class" || keyword == "def" {
            guard let second, let name = second.name, !second.isKeyword else {
                throw error(at: (second ?? first).offset, "a name is missing after '\(keyword ?? "")'")
            }
            if keyword == "class", scope != .ignored {
                var inner = OrderedEntries()
                try read(&self, &inner, .module)
                return entries.set(.string(name), to: .mapping(inner.entries))
            }
            if name == "__init__", scope != .ignored { return try read(&self, &entries, .initializer) }
        }
        var ignored = OrderedEntries()
        try read(&self, &ignored, .ignored)
    }

    /// Where the colon stands that ends the header of `class A: x = 1` or `def f(): pass`; `nil` for any other line.
    private func headerEnd(_ line: ArraySlice<PythonToken>) throws(FormatsError) -> Int? {
        let start = line[line.startIndex]
        guard start.name == "class" || start.name == "def" else { return nil }
        guard let colon = topLevel(":", in: line) else {
            throw error(at: start.offset, "':' is missing at the end of this line")
        }
        return colon
    }

    /// Reads statements with `;` between them.
    private mutating func statements(
        _ line: ArraySlice<PythonToken>, into entries: inout OrderedEntries, scope: Scope
    ) throws(FormatsError) {
        for statement in line.split(whereSeparator: { $0.isMark(";") }) where scope != .ignored {
            try assign(statement, into: &entries, scope: scope)
        }
    }

    /// Takes the value of a statement if it assigns a literal to one target.
    private func assign(
        _ statement: ArraySlice<PythonToken>, into entries: inout OrderedEntries, scope: Scope
    ) throws(FormatsError) {
        guard let equals = topLevel("=", in: statement) else { return }
        var target = statement[..<equals]
        let value = statement[(equals + 1)...]
        guard !value.isEmpty else {
            throw error(at: statement[equals].offset, "a value is missing after '='")
        }
        guard !target.isEmpty else {
            throw error(at: statement[equals].offset, "a name is missing before '='")
        }
        if let colon = topLevel(":", in: target) { target = target[..<colon] }
        while target.count > 2, target.first?.isMark("(") == true, target.last?.isMark(")") == true {
            target = target.dropFirst().dropLast()
        }
        guard let name = try name(of: target, scope: scope) else { return }
        var literal = PythonLiteral(value)
        if let value = literal.wholeValue() { entries.set(.string(name), to: value) }
    }

    /// The name that a target gives its value to; `nil` for targets that are passed over.
    private func name(of target: ArraySlice<PythonToken>, scope: Scope) throws(FormatsError) -> String? {
        let parts = Array(target)
        if parts.count == 1, let name = parts[0].name {
            if parts[0].isKeyword || ["True", "False", "None"].contains(name) {
                throw error(at: parts[0].offset, "'\(name)' is a word of Python, not a name")
            }
            return scope == .module ? name : nil
        }
        guard parts.count == 3, parts[0].name == "self", parts[1].isMark(".") else { return nil }
        return parts[2].name
    }

    /// The first place of a mark outside of brackets.
    private func topLevel(_ mark: String, in line: ArraySlice<PythonToken>) -> Int? {
        var depth = 0
        for index in line.indices {
            guard case .mark(let text) = line[index].kind else { continue }
            switch text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case mark where depth == 0: return index
            default: break
            }
        }
        return nil
    }

    /// Refuses two operands without an operator between them.
    private func checkOperands(_ line: ArraySlice<PythonToken>) throws(FormatsError) {
        // `match x:`, `case y:` and `type X = int` begin with words that are names elsewhere.
        if let first = line.first?.name, ["match", "case", "type"].contains(first) { return }
        for (left, right) in zip(line, line.dropFirst()) where left.endsOperand && right.startsOperand {
            if case .string = left.kind, case .string = right.kind { continue }
            throw error(at: right.offset, "an operator or a comma is missing before this")
        }
    }
}
