/// What a YAML text says, without how it says it.
///
/// Texts compare by their UTF-8 bytes: Swift's own comparison calls two spellings of one letter equal, but they may name two files.
public enum YAMLValue: Sendable {
    /// Nothing.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number that fits into 64 bits.
    case int(Int64)
    /// A whole number that does not: decimal digits with an optional minus sign, no leading zeros.
    case bigInt(String)
    /// A number with a fraction, an infinity, or not a number.
    case float(Double)
    /// Text.
    case string(String)
    /// A date (`2020-01-01`) or a time (`2020-01-01 02:03:04`), spelled as Python's `isoformat` does with a blank.
    case date(String)
    /// A list.
    case sequence([YAMLValue])
    /// Keys and values in the order of the text.
    case mapping([YAMLEntry])

    /// Puts a mapping with text keys together.
    public static func mapping(_ entries: [(String, YAMLValue)]) -> YAMLValue {
        .mapping(entries.map { YAMLEntry(.string($0.0), $0.1) })
    }

    /// The text; `nil` for any other kind.
    public var text: String? { if case .string(let text) = self { text } else { nil } }
    /// The truth value; `nil` for any other kind.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    /// The whole number, if it fits into 64 bits; `nil` for any other kind.
    public var int: Int64? { if case .int(let int) = self { int } else { nil } }
    /// The items; `nil` for any other kind.
    public var items: [YAMLValue]? { if case .sequence(let items) = self { items } else { nil } }
    /// The entries; `nil` for any other kind.
    public var entries: [YAMLEntry]? { if case .mapping(let entries) = self { entries } else { nil } }
    /// True for nothing.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The value of a text key; `nil` if this is not a mapping or has no such key. Looks at the entries one by one.
    public subscript(key: String) -> YAMLValue? {
        entries?.first { $0.key.text.map { $0.hasSameBytes(as: key) } ?? false }?.value
    }

    /// True for what Python takes for false.
    package var isNothing: Bool {
        switch self {
        case .null: true
        case .bool(let bool): !bool
        case .int(let int): int == 0
        case .float(let float): float == 0
        case .string(let text): text.isEmpty
        case .sequence(let items): items.isEmpty
        case .mapping(let entries): entries.isEmpty
        case .bigInt, .date: false
        }
    }

    /// True for what has no line of its own in block style: scalars, and lists and mappings without content.
    var isInline: Bool {
        switch self {
        case .sequence(let items): items.isEmpty
        case .mapping(let entries): entries.isEmpty
        default: true
        }
    }

    /// Equal but for the order of keys, which has no meaning.
    public func isEquivalent(to other: YAMLValue) -> Bool {
        switch (self, other) {
        case (.sequence(let left), .sequence(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.mapping(let left), .mapping(let right)):
            guard left.count == right.count else { return false }
            var sameOrder = true
            for (one, two) in zip(left, right) {
                guard one.key == two.key else {
                    sameOrder = false
                    break
                }
                guard one.value.isEquivalent(to: two.value) else { return false }
            }
            if sameOrder { return true }
            let byKey = Dictionary(right.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            return left.allSatisfy { entry in
                byKey[entry.key].map { entry.value.isEquivalent(to: $0) } ?? false
            }
        default:
            return self == other
        }
    }
}

/// One key with its value.
public struct YAMLEntry: Hashable, Sendable {
    /// The key, nearly always text.
    public var key: YAMLValue
    /// The value.
    public var value: YAMLValue

    /// Puts an entry together.
    public init(_ key: YAMLValue, _ value: YAMLValue) {
        self.key = key
        self.value = value
    }
}

extension YAMLValue: Hashable {
    /// Equal kinds and contents, keys in the same order; texts by bytes, and a float that is not a number equals itself.
    public static func == (left: YAMLValue, right: YAMLValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right || (left.isNaN && right.isNaN)
        case (.bigInt(let left), .bigInt(let right)): left.hasSameBytes(as: right)
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.date(let left), .date(let right)): left.hasSameBytes(as: right)
        case (.sequence(let left), .sequence(let right)): left == right
        case (.mapping(let left), .mapping(let right)): left == right
        default: false
        }
    }

    /// Feeds the kind's content; texts by bytes.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let bool): hasher.combine(bool)
        case .int(let int): hasher.combine(int)
        case .float(let float): hasher.combine(float.isNaN ? 0 : float)
        case .bigInt(let text), .string(let text), .date(let text):
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .sequence(let items): hasher.combine(items)
        case .mapping(let entries): hasher.combine(entries)
        }
    }
}

extension YAMLValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// Text.
    public init(stringLiteral text: String) { self = .string(text) }
    /// True or false.
    public init(booleanLiteral bool: Bool) { self = .bool(bool) }
    /// A whole number.
    public init(integerLiteral int: Int64) { self = .int(int) }
}

extension String {
    /// True if both are the same bytes; `==` would also take canonically equivalent text for equal.
    func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (left, right) = (self, other)
        return left.withUTF8 { one in right.withUTF8 { two in one.elementsEqual(two) } }
    }
}
