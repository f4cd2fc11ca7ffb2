import CairnCore
import CairnFormats

/// What a value has to be: `accuracy > 0.85`, `eval.json:loss.total <= 0.1`, `accuracy >= HEAD~1:accuracy - 0.01`.
struct MetricCondition {
    /// How two values are compared.
    enum Comparison: String, CaseIterable {
        // Longer ones first: `>=` begins with `>`.
        case atLeast = ">="
        case atMost = "<="
        case equal = "=="
        case notEqual = "!="
        case more = ">"
        case less = "<"

        /// True if texts and truth values can be compared so, too.
        var isEquality: Bool { self == .equal || self == .notEqual }
    }

    /// A value by its name.
    struct Reference {
        /// The file, as typed; `nil` for the one file of metrics that has the key.
        let file: String?
        /// The dotted key.
        let key: String
    }

    /// What a value is compared with.
    enum Limit {
        /// A number, truth value or text.
        case value(YAMLValue)
        /// A value of a revision with something added to it.
        case revision(String, Reference, plus: Double)
    }

    /// The value that is looked at.
    let subject: Reference
    /// How it is compared.
    let comparison: Comparison
    /// What it is compared with.
    let limit: Limit

    /// Takes a condition apart.
    ///
    /// - Throws: `CairnError` of kind `usage` that says what is wrong with it.
    init(parsing text: String) throws(CairnError) {
        let bytes = Array(text.utf8)
        guard let (place, comparison) = Self.comparison(in: bytes) else {
            throw Self.wrong(text, "has none of > >= < <= == != in it")
        }
        let subject = Self.trimmed(bytes[..<place])
        let rest = Self.trimmed(bytes[(place + comparison.rawValue.utf8.count)...])
        guard !subject.isEmpty else {
            throw Self.wrong(text, "has no key in front of '\(comparison.rawValue)'")
        }
        guard !rest.isEmpty else { throw Self.wrong(text, "has nothing behind '\(comparison.rawValue)'") }
        guard rest.first != UInt8(ascii: "=") else { throw Self.wrong(text, "has one '=' too many") }
        self.subject = try Self.reference(subject, in: text)
        self.comparison = comparison
        limit = try Self.limit(rest, in: text)
        if case .value(let value) = limit, !value.isNumber, !comparison.isEquality {
            throw Self.wrong(text, "compares with \(value.kind): that can only be == or !=")
        }
    }

    /// The first comparison that is not inside of quotes.
    private static func comparison(in bytes: [UInt8]) -> (place: Int, Comparison)? {
        for place in bytes.indices {
            if bytes[place] == UInt8(ascii: "\"") { return nil }
            for comparison in Comparison.allCases where bytes[place...].starts(with: comparison.rawValue.utf8)
            {
                return (place, comparison)
            }
        }
        return nil
    }

    private static func limit(_ bytes: [UInt8], in text: String) throws(CairnError) -> Limit {
        let word = String(decoding: bytes, as: UTF8.self)
        if bytes.first == UInt8(ascii: "\"") {
            guard bytes.count > 1, bytes.last == UInt8(ascii: "\""),
                !bytes[1..<(bytes.count - 1)].contains(UInt8(ascii: "\""))
            else {
                throw wrong(text, "has a text whose quotes do not close")
            }
            return .value(.string(String(decoding: bytes[1..<(bytes.count - 1)], as: UTF8.self)))
        }
        switch word {
        case "true", "True": return .value(true)
        case "false", "False": return .value(false)
        default: break
        }
        if let number = number(word) { return .value(number) }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw wrong(
                text,
                "compares with '\(bytes.printable)', which is neither a number, true, false, \"text\" nor REVISION:KEY"
            )
        }
        var (key, plus) = (Array(bytes[(colon + 1)...]), 0.0)
        // A tolerance stands apart: `HEAD:a-b` is a key with a dash in it.
        for (sign, factor) in [(" + ", 1.0), (" - ", -1.0)] {
            guard let place = key.lastRange(of: Array(sign.utf8)) else { continue }
            let amount = String(decoding: trimmed(key[place.upperBound...]), as: UTF8.self)
            guard let value = Double(amount), value.isFinite else {
                throw wrong(text, "has '\(Array(amount.utf8).printable)' where a number has to be")
            }
            key = trimmed(key[..<place.lowerBound])
            plus = factor * value
            break
        }
        return .revision(
            String(decoding: bytes[..<colon], as: UTF8.self), try reference(key, in: text), plus: plus)
    }

    private static func reference(_ bytes: [UInt8], in text: String) throws(CairnError) -> Reference {
        guard !bytes.contains(UInt8(ascii: "\"")) else { throw wrong(text, "has quotes around a key") }
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else {
            return Reference(file: nil, key: String(decoding: bytes, as: UTF8.self))
        }
        let (file, key) = (bytes[..<colon], bytes[(colon + 1)...])
        guard !file.isEmpty, !key.isEmpty else { throw wrong(text, "has nothing on one side of ':'") }
        return Reference(
            file: String(decoding: file, as: UTF8.self), key: String(decoding: key, as: UTF8.self))
    }

    private static func number(_ word: String) -> YAMLValue? {
        guard let first = word.utf8.first, (48...57).contains(first) || "+-.".utf8.contains(first) else {
            return nil
        }
        if let int = Int64(word) { return .int(int) }
        return Double(word).flatMap { $0.isNaN ? nil : .float($0) }
    }

    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        let start = bytes.firstIndex { $0 != 32 && $0 != 9 } ?? bytes.endIndex
        let end = bytes.lastIndex { $0 != 32 && $0 != 9 }.map { bytes.index(after: $0) } ?? start
        return Array(bytes[start..<end])
    }

    private static func wrong(_ text: String, _ what: String) -> CairnError {
        CairnError(
            .usage, "the condition '\(Array(text.utf8).printable)' \(what)",
            hint: "write it like 'accuracy > 0.85' or 'eval.json:loss <= HEAD~1:eval.json:loss + 0.01'")
    }
}

extension YAMLValue {
    /// True for whole numbers and numbers with a fraction.
    var isNumber: Bool {
        switch self {
        case .int, .float: true
        default: false
        }
    }

    /// The kind of a metric, for messages.
    var kind: String {
        switch self {
        case .bool: "true or false"
        case .int, .float, .bigInt: "a number"
        case .mapping: "several values"
        default: "text"
        }
    }
}

extension Array where Element == UInt8 {
    /// The last place where other bytes stand.
    fileprivate func lastRange(of other: [UInt8]) -> Range<Int>? {
        guard !other.isEmpty, count >= other.count else { return nil }
        return (0...(count - other.count)).last { self[$0...].starts(with: other) }.map {
            $0..<($0 + other.count)
        }
    }
}
