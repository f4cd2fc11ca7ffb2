import Testing

@testable import CairnFormats

/// A random change of a value, with the path it happens at.
private struct RandomEdit {
    var path: [YAMLValue] = []
    var new: YAMLValue?

    init(in value: YAMLValue, _ random: inout RandomYAML) {
        var here = value
        while true {
            if random.chance(25), !path.isEmpty { break }
            if case .mapping(let entries) = here, !entries.isEmpty {
                if random.chance(25) {
                    path.append(.string("new key"))
                    new = random.value(depth: 2)
                    return
                }
                let entry = random.pick(entries)
                path.append(entry.key)
                here = entry.value
            } else if case .sequence(let items) = here, !items.isEmpty {
                let index = Int.random(in: 0..<items.count, using: &random.numbers)
                path.append(.int(Int64(index)))
                here = items[index]
            } else {
                break
            }
        }
        new = random.chance(30) ? nil : random.chance(50) ? random.scalar() : random.value(depth: 2)
    }
}

@Suite struct YAMLEditingTests {
    @Test("a random document reads back as its value", arguments: 0..<400)
    func reads(seed: Int) throws {
        var random = RandomYAML(seed: seed)
        let value = random.mapping(3, depth: 3)
        let bytes = random.document(value)
        let document = try YAMLDocument(parsing: bytes, file: "x")
        #expect(document.value == value, "\(text(bytes))")
    }

    @Test("a random change reads back as meant, and comments outside of it stay", arguments: 0..<1200)
    func edits(seed: Int) throws {
        var random = RandomYAML(seed: seed)
        let value = random.mapping(3, depth: 3)
        let bytes = random.document(value)
        var document = try YAMLDocument(parsing: bytes, file: "x")
        let edit = RandomEdit(in: value, &random)
        let before = document
        do {
            if let new = edit.new {
                try document.set(edit.path, to: new)
            } else {
                try document.remove(edit.path)
            }
        } catch {
            Issue.record("\(error.reason)\n\(edit)\n\(text(bytes))")
            return
        }
        #expect(try YAMLDocument(parsing: document.bytes, file: "x").value.isEquivalent(to: document.value))
        let touched = lines(touchedBy: edit, in: before)
        for (offset, name) in comments(in: bytes) where !touched.contains(offset) {
            #expect(
                comments(in: document.bytes).contains { $0.1 == name },
                "\(name) \(edit)\n\(text(bytes))\n---\n\(text(document.bytes))")
        }
        let isCRLF = text(bytes).utf8.contains(13)
        if isCRLF {
            #expect(
                !text(document.bytes).unicodeScalars.split(separator: "\n").dropLast().contains {
                    $0.last != "\r"
                })
        }
    }

    private func comments(in bytes: [UInt8]) -> [(Int, String)] {
        bytes.indices.compactMap { index in
            guard bytes[index] == 35, index + 1 < bytes.count, bytes[index + 1] == 99 else { return nil }
            return (index, text(Array(bytes[index...].prefix { $0 != 46 })))
        }
    }

    /// The lines of what goes: everything of a removed or replaced collection.
    private func lines(touchedBy edit: RandomEdit, in document: YAMLDocument) -> Range<Int> {
        guard var node = document.root else { return 0..<0 }
        var range = 0..<0
        for (depth, key) in edit.path.enumerated() {
            let isLast = depth == edit.path.count - 1
            if let pair = node.pairs?.first(where: { $0.keyValue == key }) {
                range = document.source.entryStart(of: pair.key)..<document.source.entryEnd(of: pair)
                // The last key of a mapping takes the mapping along.
                if isLast, edit.new == nil, node.pairs?.count == 1 { range = node.range }
                node = pair.value
            } else if case .int(let index) = key, let items = node.items {
                range = isLast && edit.new == nil ? node.range : items[Int(index)].range
                node = items[Int(index)]
            } else {
                return 0..<0
            }
        }
        if case .scalar = node.content, edit.new != nil { return 0..<0 }
        return document.source.lineStart(
            of: range.lowerBound)..<document.source.nextLine(after: range.upperBound)
    }
}
