import CairnCore
import Testing

@testable import CairnFormats

@Suite("Keys that take each other's place")
struct RenamedKeyTests {
    @Test("random documents get other keys in their places, and their bytes back", arguments: 0..<300)
    func random(seed: Int) throws {
        var random = RandomYAML(seed: seed)
        let value = random.mapping(3, depth: 3)
        let bytes = random.document(value)
        guard let entries = value.entries, entries.count > 1 else { return }
        let place = Int.random(in: 0..<entries.count, using: &random.numbers)
        guard case .string = entries[place].key else { return }
        let renames: [YAMLValue: YAMLValue] = [entries[place].key: "another", "another": entries[place].key]
        var other = entries
        other[place] = YAMLEntry("another", entries[place].value)
        for isOrdered in [true, false] {
            var document = try YAMLDocument(parsing: bytes, file: "x")
            try document.update(to: .mapping(other), isOrdered: isOrdered, renaming: renames)
            #expect(document.value == .mapping(other), "\(text(bytes))\n\(text(document.bytes))")
        }
    }

    private static let digest = String(repeating: "7f", count: 32)

    @Test(
        "an id of another algorithm comes where the old one was, and everything around it stays",
        arguments: [
            "# a\nouts:\n- md5: ID # b\n  size: 1\n  hash: md5\n  path: x\n  meta: {md5: 1}\n# c\n",
            "outs:\n  # a\n  - path: x\n    hash: md5\n    md5: ID\n",
            "outs: [{md5: ID, hash: md5, path: x}] # a\n",
            "outs:\n- {path: x, md5: ID, hash: md5}\n",
            "outs:\n- 'md5': ID\n  hash: 'md5'\n  path: x\n",
        ])
    func pointers(_ pattern: String) throws {
        let old = String(repeating: "0a", count: 16)
        let before = Array(pattern.replacing("ID", with: old).utf8)
        let pointer = try PointerFile(parsing: before, file: "x.dvc")
        var outputs = pointer.outputs
        outputs[0].id = ObjectID(.blake3, parsing: Self.digest.utf8)
        let there = try pointer.updatingText(outputs: outputs)
        let expected = pattern.replacing("md5: ID", with: "blake3: \(Self.digest)")
            .replacing("'md5': ID", with: "blake3: \(Self.digest)")
            .replacing("hash: md5", with: "hash: blake3").replacing("hash: 'md5'", with: "hash: blake3")
        #expect(text(there) == expected)
        // All that may differ in the end is quotes that are not needed.
        let back = try PointerFile(parsing: there, file: "x.dvc").updatingText(outputs: pointer.outputs)
        #expect(text(back).replacing("'", with: "") == text(before).replacing("'", with: ""))
    }

    @Test("a lock gets its bytes back")
    func lock() throws {
        let before = """
            schema: '2.0'
            stages:
              make:  # a word
                cmd: echo
                outs:
                - path: x
                  hash: md5
                  md5: 0cc175b9c0f1b6a831c399e269772661  # another
                  size: 1

            """
        let lock = try PipelineLock(parsing: Array(before.utf8), file: "dvc.lock")
        var stage = try #require(lock.stage("make"))
        let old = stage
        stage.outputs[0].content.id = ObjectID(.blake3, parsing: Self.digest.utf8)
        let there = try lock.replacing([stage])
        let line = "      blake3: \(Self.digest)  # another\n"
        #expect(text(there.text).contains("      hash: blake3\n\(line)"), "\(text(there.text))")
        #expect(try text(there.replacing([old]).text) == before)
    }
}
