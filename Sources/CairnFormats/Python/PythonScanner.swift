/// Cuts a Python text into tokens, with line ends and indentation as Python counts them.
struct PythonScanner {
    let text: ParameterText
    let bytes: [UInt8]
    var index = 0
    private var tokens: [PythonToken] = []
    /// The columns of the blocks that are open, with tabs counted as 8 and as 1.
    private var indents: [(Int, Int)] = [(0, 0)]
    private var brackets: [(open: UInt8, offset: Int)] = []

    /// Cuts a whole text.
    ///
    /// - Throws: `FormatsError` with line and column for texts and brackets without an end, signs that Python does not have,
    ///   numbers that are none, and lines whose indentation fits no block.
    static func tokens(of text: ParameterText) throws(FormatsError) -> [PythonToken] {
        var scanner = PythonScanner(text)
        return try scanner.run()
    }

    private init(_ text: ParameterText) {
        self.text = text
        bytes = text.bytes
    }

    private mutating func run() throws(FormatsError) -> [PythonToken] {
        var isLineStart = true
        while index < bytes.count {
            if isLineStart {
                isLineStart = false
                guard try startLine() else {
                    isLineStart = true
                    continue
                }
            }
            let byte = bytes[index]
            switch byte {
            case 32, 9, 12: index += 1
            case 10:
                if brackets.isEmpty {
                    add(.newline)
                    isLineStart = true
                }
                index += 1
            case UInt8(ascii: "#"): skipComment()
            case UInt8(ascii: "\\"):
                guard index + 1 < bytes.count, bytes[index + 1] == 10 else {
                    throw error(at: index, "nothing may follow a backslash on its line")
                }
                index += 2
            default: try token()
            }
        }
        if let open = brackets.last {
            throw error(at: open.offset, "this '\(Character(Unicode.Scalar(open.open)))' is never closed")
        }
        if let last = tokens.last, last.kind != .newline, last.kind != .dedent { add(.newline) }
        for _ in indents.dropFirst() { add(.dedent) }
        return tokens
    }

    /// Reads the indentation of a line.
    ///
    /// - Returns: false for a line without code, which is gone then.
    private mutating func startLine() throws(FormatsError) -> Bool {
        let start = index
        var (column, narrow) = (0, 0)
        /// Where a backslash stood that made the next line part of this one.
        var first: (Int, Int)?
        loop: while index < bytes.count {
            switch bytes[index] {
            case 32: (column, narrow) = (column + 1, narrow + 1)
            case 9: (column, narrow) = ((column / 8 + 1) * 8, narrow + 1)
            case 12: (column, narrow) = (0, 0)
            case UInt8(ascii: "\\") where index + 1 < bytes.count && bytes[index + 1] == 10:
                if first == nil { first = (column, narrow) }
                (column, narrow) = (0, 0)
                index += 1
            default: break loop
            }
            index += 1
        }
        if let first { (column, narrow) = first }
        guard index < bytes.count else { return false }
        if bytes[index] == UInt8(ascii: "#") { skipComment() }
        guard index < bytes.count else { return false }
        if bytes[index] == 10 {
            index += 1
            return false
        }
        let isMixed = { (open: (Int, Int)) in (column - open.0).signum() != (narrow - open.1).signum() }
        if let open = indents.last, isMixed(open) {
            throw error(at: start, "tabs and blanks are mixed in the indentation")
        }
        if column > indents[indents.count - 1].0 {
            indents.append((column, narrow))
            add(.indent)
        }
        while column < indents[indents.count - 1].0 {
            indents.removeLast()
            add(.dedent)
        }
        guard column == indents[indents.count - 1].0 else {
            throw error(at: index, "the indentation is that of no block above")
        }
        return true
    }

    private mutating func token() throws(FormatsError) {
        let start = index
        let byte = bytes[index]
        if Self.startsName(byte) {
            while index < bytes.count, Self.isInName(bytes[index]) { index += 1 }
            let name = String(decoding: bytes[start..<index], as: UTF8.self)
            if index < bytes.count, bytes[index] == 34 || bytes[index] == 39,
                let prefix = PythonStringPrefix(name)
            {
                tokens.append(PythonToken(kind: .string(try string(prefix, from: start)), offset: start))
            } else {
                tokens.append(PythonToken(kind: .name(name), offset: start))
            }
        } else if byte == 34 || byte == 39 {
            tokens.append(
                PythonToken(kind: .string(try string(PythonStringPrefix(), from: start)), offset: start))
        } else if Self.isDigit(byte)
            || (byte == 46 && index + 1 < bytes.count && Self.isDigit(bytes[index + 1]))
        {
            tokens.append(PythonToken(kind: .number(try number()), offset: start))
        } else {
            try mark()
        }
    }

    private mutating func mark() throws(FormatsError) {
        let start = index
        let rest = bytes[index...].prefix(3)
        let known = Self.marks.first { rest.starts(with: $0.utf8) }
        guard let mark = known ?? Self.single(bytes[index]) else {
            throw error(at: index, "this sign has no place in Python")
        }
        index += mark.utf8.count
        switch mark {
        case "(", "[", "{": brackets.append((bytes[start], start))
        case ")", "]", "}":
            let wanted: [UInt8: UInt8] = [41: 40, 93: 91, 125: 123]
            guard let open = brackets.popLast() else {
                throw error(at: start, "this '\(mark)' closes nothing")
            }
            guard wanted[bytes[start]] == open.open else {
                let line = SourceText.location(of: open.offset, in: bytes).line
                let sign = Character(Unicode.Scalar(open.open))
                throw error(at: start, "this '\(mark)' does not close the '\(sign)' of line \(line)")
            }
        default: break
        }
        tokens.append(PythonToken(kind: .mark(mark), offset: start))
    }

    private mutating func skipComment() {
        while index < bytes.count, bytes[index] != 10 { index += 1 }
    }

    private mutating func add(_ kind: PythonToken.Kind) {
        tokens.append(PythonToken(kind: kind, offset: index))
    }

    func error(at offset: Int, _ reason: String) -> FormatsError { text.error(at: offset, reason) }

    /// Marks of more than one sign, the longer before the shorter.
    private static let marks = [
        "**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=", "%=",
        "&=",
        "|=", "^=", "@=", "**", "//", "<<", ">>",
    ]

    private static func single(_ byte: UInt8) -> String? {
        "()[]{},:.;@=+-*/|&<>%~^".utf8.contains(byte) ? String(decoding: [byte], as: UTF8.self) : nil
    }

    static func startsName(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte >= 0x80
    }

    static func isInName(_ byte: UInt8) -> Bool { startsName(byte) || isDigit(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
