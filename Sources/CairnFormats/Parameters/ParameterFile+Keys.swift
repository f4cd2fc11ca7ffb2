extension ParameterFile {
    /// The value of a dotted key (`train.layers.0`), found as DVC finds the keys that a stage names.
    ///
    /// A number picks an item of a list, from its end if it is negative. Each part may be a pattern (`*`, `?`, `[abc]`, `[!abc]`;
    /// `**` stands for any number of parts), if that matches one value only.
    ///
    /// - Returns: `nil` if there is none, or more than one. Keys that have a dot in their own name cannot be reached.
    public func value(at key: String) -> YAMLValue? {
        if key.isEmpty { return value }
        let bytes = key.utf8.drop { $0 == UInt8(ascii: ".") }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(
            KeyPart.init)
        guard parts.count(where: \.isAnything) < 2 else { return nil }
        var found: [YAMLValue] = []
        Self.collect(value, parts[...], into: &found)
        return found.count == 1 ? found[0] : nil
    }

    private static func collect(
        _ value: YAMLValue, _ parts: ArraySlice<KeyPart>, into found: inout [YAMLValue]
    ) {
        guard found.count < 2 else { return }
        guard let part = parts.first else { return found.append(value) }
        let rest = parts.dropFirst()
        if part.isAnything {
            collect(value, rest, into: &found)
            forEachChild(of: value) { collect($0, parts, into: &found) }
            return
        }
        switch value {
        case .sequence(let items):
            for (index, item) in items.enumerated() where part.matches(index, of: items.count) {
                collect(item, rest, into: &found)
            }
        case .mapping(let entries):
            for entry in entries where part.matches(entry.key) { collect(entry.value, rest, into: &found) }
        default: break
        }
    }

    private static func forEachChild(of value: YAMLValue, _ body: (YAMLValue) -> Void) {
        value.items?.forEach(body)
        value.entries?.forEach { body($0.value) }
    }
}

/// One part of a dotted key.
private struct KeyPart {
    private let text: String
    private let pattern: [Unicode.Scalar]
    private let isPattern: Bool
    private let number: Int64?

    init(_ part: Substring.UTF8View) {
        text = String(Substring(part))
        pattern = Array(text.unicodeScalars)
        isPattern = part.contains { "*?[".utf8.contains($0) }
        number = Int64(text)
    }

    /// True for `**`.
    var isAnything: Bool { text == "**" }

    func matches(_ index: Int, of count: Int) -> Bool {
        if let number { return number == Int64(index) || number + Int64(count) == Int64(index) }
        return isPattern && NamePattern.matches(Array(String(index).unicodeScalars), pattern)
    }

    func matches(_ key: YAMLValue) -> Bool {
        switch key {
        case .string(let name):
            if name.hasSameBytes(as: text) { return true }
            return isPattern && NamePattern.matches(Array(name.unicodeScalars), pattern)
        case .int(let int): return number == int
        case .bool(let bool): return number == (bool ? 1 : 0)
        default: return false
        }
    }
}

/// Shell patterns over a name, in which `*` also matches `/` and dots.
enum NamePattern {
    /// Tells whether the whole name matches. The time is bounded by the product of the lengths.
    static func matches(_ name: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
        var (place, index) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < name.count {
            if place < pattern.count, pattern[place] == "*" {
                place += 1
                star = (place, index)
            } else if let length = one(name[index], pattern, at: place) {
                place += length
                index += 1
            } else if let last = star {
                (place, index) = (last.place, last.index + 1)
                star = (place, index)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    /// The length of the piece of the pattern that matches one character; `nil` if it does not.
    private static func one(_ scalar: Unicode.Scalar, _ pattern: [Unicode.Scalar], at place: Int) -> Int? {
        guard place < pattern.count else { return nil }
        switch pattern[place] {
        case "?": return 1
        case "[": return set(scalar, pattern, at: place)
        default: return pattern[place] == scalar ? 1 : nil
        }
    }

    /// The length of a set if the character is in it; a bracket that does not close stands for itself.
    private static func set(_ scalar: Unicode.Scalar, _ pattern: [Unicode.Scalar], at place: Int) -> Int? {
        var start = place + 1
        let isNegated = start < pattern.count && pattern[start] == "!"
        if isNegated { start += 1 }
        // A bracket right at the start is one of the set.
        guard let end = pattern[min(start + 1, pattern.count)...].firstIndex(of: "]") else {
            return scalar == "[" ? 1 : nil
        }
        var index = start
        var isIn = false
        while index < end {
            if index + 2 < end, pattern[index + 1] == "-" {
                if pattern[index] <= scalar, scalar <= pattern[index + 2] { isIn = true }
                index += 3
            } else {
                if pattern[index] == scalar { isIn = true }
                index += 1
            }
        }
        return isIn != isNegated ? end + 1 - place : nil
    }
}
