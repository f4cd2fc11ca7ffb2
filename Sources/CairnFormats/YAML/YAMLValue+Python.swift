import CairnCore

extension YAMLValue {
    /// The value as Python prints it: `True`, `None`, `1e-05`, `[1, 'a']`, texts as they are.
    public var pythonText: String {
        switch self {
        case .string(let text), .date(let text): text
        default: pythonRepresentation
        }
    }

    /// The value as Python shows it in a list: as `pythonText`, with texts in quotes.
    public var pythonRepresentation: String {
        switch self {
        case .null: return "None"
        case .bool(let bool): return bool ? "True" : "False"
        case .int(let int): return String(int)
        case .bigInt(let digits): return digits
        case .float(let float):
            if float.isNaN { return "nan" }
            return float.isInfinite ? (float < 0 ? "-inf" : "inf") : PythonJSON.text(of: float)
        case .string(let text): return Self.quoted(text)
        case .date(let text): return Self.date(text)
        case .sequence(let items):
            return "[" + items.map(\.pythonRepresentation).joined(separator: ", ") + "]"
        case .mapping(let entries):
            let parts = entries.map { "\($0.key.pythonRepresentation): \($0.value.pythonRepresentation)" }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }

    /// True for values that Python calls equal: numbers and truth values by what they amount to.
    public func equalsInPython(_ other: YAMLValue) -> Bool {
        switch (number, other.number) {
        case (.int(let left)?, .int(let right)?): return left == right
        case (.float(let left)?, .float(let right)?): return left == right
        case (.int(let whole)?, .float(let float)?), (.float(let float)?, .int(let whole)?):
            // Compared exactly: not every whole number is a floating-point number.
            return Int64(exactly: float) == whole
        case (.some, _), (_, .some): return false
        default: break
        }
        switch (self, other) {
        case (.sequence(let left), .sequence(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.equalsInPython($1) }
        case (.mapping(let left), .mapping(let right)):
            guard left.count == right.count else { return false }
            let byKey = Dictionary(right.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            return left.allSatisfy { entry in byKey[entry.key]?.equalsInPython(entry.value) ?? false }
        default: return self == other
        }
    }

    /// The value as a number, which truth values are in Python.
    private var number: YAMLValue? {
        switch self {
        case .bool(let bool): .int(bool ? 1 : 0)
        case .int, .float: self
        default: nil
        }
    }

    private static func date(_ text: String) -> String {
        let parts = text.utf8.split { !(48...57).contains($0) }.map { String(Substring($0)) }
        let numbers = parts.map { String(Int($0) ?? 0) }.joined(separator: ", ")
        return parts.count == 3 ? "datetime.date(\(numbers))" : "datetime.datetime(\(numbers))"
    }

    /// Text in single quotes; in double ones if it has single quotes and no double ones.
    private static func quoted(_ text: String) -> String {
        let usesDouble = text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\""))
        let quote: Unicode.Scalar = usesDouble ? "\"" : "'"
        var result = String.UnicodeScalarView([quote])
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result.append(contentsOf: ["\\", scalar])
            case "\n": result.append(contentsOf: ["\\", "n"])
            case "\r": result.append(contentsOf: ["\\", "r"])
            case "\t": result.append(contentsOf: ["\\", "t"])
            default:
                if isPrintable(scalar) {
                    result.append(scalar)
                } else {
                    result.append(contentsOf: escape(scalar).unicodeScalars)
                }
            }
        }
        result.append(quote)
        return String(result)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        return "\\\(letter)" + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
