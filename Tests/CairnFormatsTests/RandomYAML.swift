@testable import CairnFormats

/// Writes random documents as people might: any style, indentation and comments, but always of a known value.
struct RandomYAML {
    var numbers: SeededNumbers
    private var comments = 0
    private(set) var text = ""

    init(seed: Int) { numbers = SeededNumbers(seed: seed) }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }

    mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &numbers)] }

    mutating func scalar() -> YAMLValue {
        switch Int.random(in: 0..<14, using: &numbers) {
        case 0: .null
        case 1: .bool(chance(50))
        case 2: .int(Int64.random(in: -100...100_000, using: &numbers))
        case 3: .float(Double(Int.random(in: -9999...9999, using: &numbers)) / 64)
        case 4: .date("2020-01-02")
        case 5:
            .string(
                pick([
                    "", " lead", "true", "1e5", "# no", "it's", "a: b", "- x", "x #y", "'q'", "\"", "é",
                    "日本 x", "~", "?x", "[", "a,b", "x:y",
                ]))
        case 6:
            .string(
                (0..<Int.random(in: 1..<40, using: &numbers)).map { _ in
                    pick(["word", "it's", "x:", "\"q\"", "--lr=1", "é"])
                }.joined(separator: pick([" ", "  ", "\n"])))
        default:
            .string(pick(["a.txt", "data/x", "b0f24e3d11bfe3d31529d1b9f2745cfd", "md5", "plain words here"]))
        }
    }

    mutating func key(_ index: Int) -> YAMLValue {
        .string(
            pick(["path", "md5", "size", "key with blank", "é", "a: b", "1", "true"])
                + (chance(80) ? String(index) : " x\(index)"))
    }

    mutating func value(depth: Int) -> YAMLValue {
        let kind = Int.random(in: 0..<10, using: &numbers)
        if depth == 0 || kind < 4 { return scalar() }
        let count = Int.random(in: chance(15) ? 0..<1 : 1..<4, using: &numbers)
        if kind < 6 { return .sequence((0..<count).map { _ in value(depth: depth - 1) }) }
        return mapping(count, depth: depth)
    }

    mutating func mapping(_ count: Int, depth: Int) -> YAMLValue {
        .mapping((0..<count).map { YAMLEntry(key($0), value(depth: depth - 1)) })
    }

    /// Writes a document; comments are `#c1`, `#c2`, and so on.
    mutating func document(_ value: YAMLValue) -> [UInt8] {
        text = ""
        commentLines(0)
        write(lines: value, indent: 0, first: true)
        commentLines(0)
        if chance(20), text.hasSuffix("\n") { text.removeLast() }
        var bytes = Array(text.utf8)
        if chance(25) { bytes = bytes.flatMap { $0 == 10 ? [13, 10] : [$0] } }
        return bytes
    }

    private mutating func comment() -> String {
        comments += 1
        return "#c\(comments)."
    }

    private mutating func commentLines(_ indent: Int) {
        while chance(15) {
            text += chance(30) ? "\n" : String(repeating: " ", count: indent) + comment() + "\n"
        }
    }

    private mutating func endLine() { text += (chance(25) ? pick([" ", "   "]) + comment() : "") + "\n" }

    private mutating func write(lines value: YAMLValue, indent: Int, first: Bool) {
        let pad = String(repeating: " ", count: indent)
        switch value {
        case .mapping(let entries) where !entries.isEmpty:
            for (index, entry) in entries.enumerated() {
                if index > 0 || first {
                    commentLines(indent)
                    text += pad
                }
                if chance(5) {
                    text += "? " + flow(entry.key) + "\n" + pad + ":"
                } else {
                    text += flow(entry.key) + ":"
                }
                write(after: entry.value, indent: indent, isItem: false)
            }
        case .sequence(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() {
                if index > 0 || first {
                    commentLines(indent)
                    text += pad
                }
                text += "-"
                write(after: item, indent: indent, isItem: true)
            }
        default:
            text += pad + flow(value)
            endLine()
        }
    }

    private mutating func write(after value: YAMLValue, indent: Int, isItem: Bool) {
        if value.isInline || chance(15) {
            if value.isNull, chance(50) { return endLine() }
            if case .string(let words) = value, chance(25), writeBlock(words, indent: indent + 2) { return }
            text += " " + flow(value)
            return endLine()
        }
        if isItem, chance(80) {
            text += " "
            return write(lines: value, indent: indent + 2, first: false)
        }
        endLine()
        let isList = if case .sequence = value { true } else { false }
        write(
            lines: value, indent: indent + (isList && !isItem && chance(70) ? 0 : pick([2, 2, 3, 4])),
            first: true)
    }

    private mutating func writeBlock(_ words: String, indent: Int) -> Bool {
        guard !words.isEmpty, words.utf8.first != 32, words.utf8.last != 32,
            words.utf8.allSatisfy({ $0 != 13 && $0 != 9 })
        else { return false }
        text += " |-"
        endLine()
        let pad = String(repeating: " ", count: indent)
        text +=
            words.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : pad + $0 }
            .joined(separator: "\n") + "\n"
        return true
    }

    private mutating func flow(_ value: YAMLValue) -> String {
        switch value {
        case .string(let text) where chance(30) && !text.contains("\n"):
            return "'" + text.replacing("'", with: "''") + "'"
        case .sequence(let items) where !items.isEmpty:
            return "[" + items.map { flow($0) }.joined(separator: pick([", ", ","])) + pick(["", ",", " "])
                + "]"
        case .mapping(let entries) where !entries.isEmpty:
            return "{" + entries.map { flow($0.key) + ": " + flow($0.value) }.joined(separator: ", ")
                + pick(["", " ", " ,"]) + "}"
        default:
            var emitter = YAMLEmitter()
            emitter.flow(value)
            return String(decoding: emitter.writer.bytes, as: UTF8.self)
        }
    }
}
