import CairnCore

/// The tables of a TOML text while it is read: which there are, how each came about, and so what may still be added to it.
struct TOMLTables {
    /// How a table came about.
    private enum Origin {
        /// It has not been written itself, only something below it.
        case implied
        /// By a header.
        case header
        /// By dots in front of `=`.
        case dots
    }

    private enum Entry {
        case value(YAMLValue)
        case table(Int)
        /// `[[name]]`, once or more.
        case tables([Int])
    }

    private struct Table {
        var origin: Origin
        var names: [String] = []
        var entries: [Entry] = []
        var places: [YAMLValue: Int] = [:]

        mutating func add(_ name: String, _ entry: Entry) {
            places[.string(name)] = entries.count
            names.append(name)
            entries.append(entry)
        }
    }

    /// The number of the table that the text itself is.
    static let root = 0

    private var tables = [Table(origin: .header)]

    /// What all tables say together.
    var value: YAMLValue { value(of: Self.root) }

    /// Opens the table of a header.
    ///
    /// - Parameter current: becomes the number of the table.
    /// - Returns: what is wrong with the header, or `nil`.
    mutating func open(_ keys: [String], isArray: Bool, current: inout Int) -> String? {
        var table = Self.root
        for (depth, key) in keys.enumerated() {
            let isLast = depth == keys.count - 1
            guard let place = tables[table].places[.string(key)] else {
                let new = add(isLast ? .header : .implied)
                tables[table].add(key, isLast && isArray ? .tables([new]) : .table(new))
                table = new
                continue
            }
            let name = Self.name(keys[...depth])
            switch tables[table].entries[place] {
            case .value: return "'\(name)' is there already, with a value"
            case .tables(let numbers):
                if isLast {
                    guard isArray else { return "'\(name)' is there already, as a list of tables" }
                    let new = add(.header)
                    tables[table].entries[place] = .tables(numbers + [new])
                    table = new
                } else {
                    table = numbers[numbers.count - 1]
                }
            case .table(let number):
                if isLast {
                    guard !isArray, tables[number].origin == .implied else {
                        return "the table '\(name)' is there already"
                    }
                    tables[number].origin = .header
                }
                table = number
            }
        }
        current = table
        return nil
    }

    /// Gives a key, with dots or without, a value.
    ///
    /// - Returns: what is wrong with the key, or `nil`.
    mutating func define(_ keys: [String], as value: YAMLValue, in start: Int) -> String? {
        var table = start
        for (depth, key) in keys.enumerated() {
            let isLast = depth == keys.count - 1
            guard let place = tables[table].places[.string(key)] else {
                if isLast {
                    tables[table].add(key, .value(value))
                } else {
                    let new = add(.dots)
                    tables[table].add(key, .table(new))
                    table = new
                }
                continue
            }
            let name = Self.name(keys[...depth])
            if isLast { return "the key '\(name)' is there twice" }
            guard case .table(let number) = tables[table].entries[place], tables[number].origin == .dots
            else {
                return "'\(name)' is there already, and nothing can be added to it here"
            }
            table = number
        }
        return nil
    }

    private mutating func add(_ origin: Origin) -> Int {
        tables.append(Table(origin: origin))
        return tables.count - 1
    }

    private func value(of number: Int) -> YAMLValue {
        let table = tables[number]
        var entries: [YAMLEntry] = []
        for (name, entry) in zip(table.names, table.entries) {
            let value: YAMLValue =
                switch entry {
                case .value(let value): value
                case .table(let number): self.value(of: number)
                case .tables(let numbers): .sequence(numbers.map { self.value(of: $0) })
                }
            entries.append(YAMLEntry(.string(name), value))
        }
        return .mapping(entries)
    }

    private static func name(_ keys: ArraySlice<String>) -> String {
        Array(keys.joined(separator: ".").utf8).printable
    }
}
