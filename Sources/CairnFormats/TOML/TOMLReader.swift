/// Reads TOML 1.1 (which DVC reads as well: line ends in inline tables, times without seconds) with the keys in the order of the file.
///
/// The order in which keys are first named, in headers or before `=`, is the order of the value: it ends up in locks.
struct TOMLReader {
    private var scanner: TOMLScanner
    private var tables = TOMLTables()
    /// The table that pairs go into.
    private var current = TOMLTables.root

    /// Reads a whole text.
    ///
    /// - Throws: `FormatsError` with line and column for what is not TOML, names something twice, or is nested more than 100 deep.
    static func read(_ text: ParameterText) throws(FormatsError) -> YAMLValue {
        var reader = TOMLReader(scanner: TOMLScanner(text))
        try reader.run()
        return reader.tables.value
    }

    private init(scanner: TOMLScanner) { self.scanner = scanner }

    private mutating func run() throws(FormatsError) {
        while true {
            scanner.skipBlanks()
            switch scanner.next {
            case nil: return
            case 10: scanner.advance()
            case UInt8(ascii: "#"): try scanner.skipComment()
            case UInt8(ascii: "["):
                try header()
                try scanner.endLine()
            default:
                let start = scanner.index
                let keys = try self.keys()
                try scanner.expect("=", "'=' is missing after the key")
                scanner.skipBlanks()
                let value = try self.value(depth: keys.count)
                try define(keys, as: value, in: current, at: start)
                try scanner.endLine()
            }
        }
    }

    /// Takes `[a.b]` or `[[a.b]]`.
    private mutating func header() throws(FormatsError) {
        let start = scanner.index
        scanner.advance()
        let isArray = scanner.take("[")
        let keys = try self.keys()
        try scanner.expect("]", "']' is missing after the name of the table")
        if isArray, !scanner.take("]") { throw scanner.error("a second ']' is missing") }
        guard keys.count <= YAMLParser.maximumDepth else { throw tooDeep(at: start) }
        if let fault = tables.open(keys, isArray: isArray, current: &current) {
            throw scanner.error(fault, at: start)
        }
    }

    /// Takes names with dots between them, and the blanks around them.
    private mutating func keys() throws(FormatsError) -> [String] {
        var keys: [String] = []
        repeat {
            scanner.skipBlanks()
            keys.append(try scanner.key())
            scanner.skipBlanks()
        } while scanner.take(".")
        return keys
    }

    private mutating func value(depth: Int) throws(FormatsError) -> YAMLValue {
        guard depth <= YAMLParser.maximumDepth else { throw tooDeep(at: scanner.index) }
        switch scanner.next {
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "{"): return try inlineTable(depth: depth)
        default: return try scanner.scalar()
        }
    }

    private mutating func array(depth: Int) throws(FormatsError) -> YAMLValue {
        let start = scanner.index
        scanner.advance()
        var items: [YAMLValue] = []
        while true {
            try scanner.skipLines()
            if scanner.take("]") { return .sequence(items) }
            if scanner.next == nil { break }
            items.append(try value(depth: depth + 1))
            try scanner.skipLines()
            if scanner.take("]") { return .sequence(items) }
            if scanner.next == nil { break }
            guard scanner.take(",") else { throw scanner.error("',' or ']' is missing") }
        }
        throw scanner.error("the list has no end", at: start)
    }

    private mutating func inlineTable(depth: Int) throws(FormatsError) -> YAMLValue {
        let start = scanner.index
        scanner.advance()
        var inner = TOMLTables()
        while true {
            try scanner.skipLines()
            if scanner.take("}") { return inner.value }
            if scanner.next == nil { break }
            let place = scanner.index
            let keys = try self.keys()
            try scanner.expect("=", "'=' is missing after the key")
            scanner.skipBlanks()
            let value = try self.value(depth: depth + keys.count)
            if let fault = inner.define(keys, as: value, in: TOMLTables.root) {
                throw scanner.error(fault, at: place)
            }
            try scanner.skipLines()
            if scanner.take("}") { return inner.value }
            if scanner.next == nil { break }
            guard scanner.take(",") else { throw scanner.error("',' or '}' is missing") }
        }
        throw scanner.error("the table has no end", at: start)
    }

    private mutating func define(
        _ keys: [String], as value: YAMLValue, in table: Int, at start: Int
    ) throws(FormatsError) {
        if let fault = tables.define(keys, as: value, in: table) { throw scanner.error(fault, at: start) }
    }

    private func tooDeep(at offset: Int) -> FormatsError {
        scanner.error("lists and tables are nested more than \(YAMLParser.maximumDepth) deep", at: offset)
    }
}
