import CairnCore
import Testing

@testable import CairnFormats

private func md5(_ hex: String, isDirectory: Bool = false, _ algorithm: HashAlgorithm = .md5) -> ObjectID? {
    Digest(hex: hex.utf8).map { ObjectID(algorithm, $0, isDirectory: isDirectory) }
}

private let hello = "b1946ac92492d2347c6235b4d2611184"

@Suite struct PointerFileTests {
    static let samples = Fixtures.files(below: "dvc").filter { $0.hasSuffix(".dvc") }

    @Test("a sample reads, and written as a new file it has the same keys and values", arguments: samples)
    func reads(_ path: String) throws {
        let bytes = try Fixtures.bytes(path)
        let pointer = try PointerFile(parsing: bytes, file: path)
        #expect(pointer.outputs.count == 1)
        #expect(try pointer.text() == bytes)
        var new = pointer
        new.document = nil
        let written = try new.text()
        #expect(try YAMLDocument(parsing: written, file: "").value.isEquivalent(to: pointer.value()))
        // Samples that were edited in place keep their order of keys; all others are what a new file looks like.
        if !path.contains("after-update"), !path.contains("after-migrate") {
            #expect(text(written) == text(bytes))
        }
    }

    @Test("the checksum of an import is that of the samples")
    func stageDigests() throws {
        var count = 0
        for path in Self.samples where path.contains("07-imports") {
            let pointer = try PointerFile(parsing: Fixtures.bytes(path), file: path)
            guard let md5 = pointer.md5 else { continue }
            count += 1
            #expect(pointer.stageDigest.hex == md5, "\(path)")
        }
        #expect(count > 10)
    }

    @Test("new outputs come out as the reference program writes them")
    func writesNew() {
        let file = OutputRecord(
            path: "run.sh", id: md5("b0f24e3d11bfe3d31529d1b9f2745cfd"), size: 4, isExecutable: true)
        #expect(
            text(PointerFile.newText(for: [file])) == """
                outs:
                - md5: b0f24e3d11bfe3d31529d1b9f2745cfd
                  size: 4
                  isexec: true
                  hash: md5
                  path: run.sh

                """)
        var other = OutputRecord(
            path: "[br] é", id: md5("457ab000aa7f0e52977b935a2a1ab0d5", isDirectory: true), size: 0,
            fileCount: 0)
        other.isCached = false
        other.isPushed = false
        other.isPersistent = true
        other.remote = "store"
        other.annotations.description = "it's: ours"
        other.annotations.labels = ["a", "1"]
        #expect(
            text(PointerFile.newText(for: [other])) == """
                outs:
                - md5: 457ab000aa7f0e52977b935a2a1ab0d5.dir
                  size: 0
                  nfiles: 0
                  hash: md5
                  path: '[br] é'
                  desc: "it's: ours"
                  labels:
                  - a
                  - '1'
                  cache: false
                  persist: true
                  remote: store
                  push: false

                """)
    }

    @Test("adding again changes what differs and keeps comments, order and what people wrote")
    func updates() throws {
        let old = """
            # data of spring
            outs:
            - path: "a.txt"  # the name
              size: 5  # bytes
              md5: 457ab000aa7f0e52977b935a2a1ab0d5
              remote: far
              desc: numbers
              # nothing below
            meta: {owner: me}  # who

            """
        let pointer = try PointerFile(parsing: Array(old.utf8), file: "a.txt.dvc")
        #expect(pointer.outputs[0].id?.algorithm == .md5DOS2Unix)
        let new = OutputRecord(path: "a.txt", id: md5(hello), size: 6)
        #expect(
            text(try pointer.updatingText(outputs: [new])) == """
                # data of spring
                outs:
                - path: "a.txt"  # the name
                  size: 6  # bytes
                  md5: b1946ac92492d2347c6235b4d2611184
                  remote: far
                  desc: numbers
                  hash: md5
                  # nothing below
                meta: {owner: me}  # who

                """)
    }

    @Test("a legacy entry gets its hash after the path, a file that becomes a directory its count at the end")
    func upgrades() throws {
        let old = try Fixtures.bytes("dvc/10-legacy-2x/before/w.txt.dvc")
        let pointer = try PointerFile(parsing: old, file: "w.txt.dvc")
        let new = OutputRecord(path: "w.txt", id: md5("59b0d7772f0561efb95518f3cb8abc60"), size: 6)
        let migrated = try Fixtures.bytes("dvc/10-legacy-2x/after-migrate/w.txt.dvc")
        #expect(try pointer.updatingText(outputs: [new]) == migrated)
        let folder = OutputRecord(
            path: "w.txt", id: md5("59b0d7772f0561efb95518f3cb8abc60", isDirectory: true), size: 6,
            fileCount: 2)
        let expected = """
            outs:
            - md5: 59b0d7772f0561efb95518f3cb8abc60.dir
              size: 6
              path: w.txt
              nfiles: 2
              hash: md5

            """
        #expect(text(try pointer.updatingText(outputs: [folder])) == expected)
    }

    @Test("updating an import appends keys where the reference program does")
    func updatesImports() throws {
        for name in ["fnd.txt", "gg.txt", "f.txt", "nd.csv", "e.csv"] {
            let before = try Fixtures.bytes("dvc/07-imports/after-import/\(name).dvc")
            let after = try Fixtures.bytes("dvc/07-imports/after-update/\(name).dvc")
            var pointer = try PointerFile(parsing: before, file: name)
            let wanted = try PointerFile(parsing: after, file: name)
            pointer.outputs = wanted.outputs
            pointer.dependencies = wanted.dependencies
            pointer.isFrozen = wanted.isFrozen
            pointer.md5 = pointer.stageDigest.hex
            #expect(text(try pointer.text()) == text(after), "\(name)")
        }
    }

    @Test("moving changes the path alone")
    func moves() throws {
        let old = "outs:\r\n- md5: \(hello)  # c\r\n  hash: md5\r\n  path: a.txt # here\r\n"
        let pointer = try PointerFile(parsing: Array(old.utf8), file: "a.txt.dvc")
        let new = try pointer.movingText(from: "a.txt", to: "#b")
        #expect(text(new) == old.replacing("a.txt", with: "'#b'"))
        #expect(throws: FormatsError.self) { try pointer.movingText(from: "zz", to: "b") }
    }

    @Test(
        "nothing is rewritten that says the same",
        arguments: ["", "# only this", "outs: []\n", "outs:\n- md5:\n  path: x\n  hash: md5\n"])
    func keeps(_ old: String) throws {
        let pointer = try PointerFile(parsing: Array(old.utf8), file: "x.dvc")
        let new = try pointer.text()
        let back = try PointerFile(parsing: new, file: "x.dvc")
        #expect(back.outputs == pointer.outputs)
        if !old.contains(":") { #expect(text(new) == old) }
    }

    @Test("an empty pointer gets its first output after its comments")
    func fills() throws {
        let pointer = try PointerFile(parsing: Array("# mine".utf8), file: "x.dvc")
        let new = try pointer.updatingText(outputs: [OutputRecord(path: "x", id: md5(hello), size: 6)])
        #expect(text(new) == "# mine\nouts:\n- md5: \(hello)\n  size: 6\n  hash: md5\n  path: x\n")
    }

    @Test("a cloud-versioned directory lists its files")
    func cloudVersions() throws {
        let old = """
            outs:
            - hash: md5
              path: d
              files:
              - relpath: a
                md5: b026324c6904b2a9cb4b88d6d61c81d1
                size: 2
                cloud:
                  v:
                    etag: b026324c6904b2a9cb4b88d6d61c81d1

            """
        let pointer = try PointerFile(parsing: Array(old.utf8), file: "d.dvc")
        let output = try #require(pointer.outputs.first)
        #expect(output.id == nil)
        #expect(output.content.hasCloudVersions)
        #expect(output.content.files?.first?.path.bytes == Array("a".utf8))
        #expect(output.content.files?.first?.content.id == md5("b026324c6904b2a9cb4b88d6d61c81d1"))
        #expect(text(PointerFile.newText(for: pointer.outputs)) == old)
    }

    @Test("hash values that look like numbers are read as they are written")
    func numericHash() throws {
        for digits in [
            "12345678901234567890123456789012", "00000000000000000000000000000e12",
            "0x".replacing("x", with: "0") + String(repeating: "1", count: 30),
        ] {
            let pointer = try PointerFile(
                parsing: Array("outs:\n- md5: \(digits)\n  path: x\n  hash: md5\n".utf8), file: "x.dvc")
            #expect(pointer.outputs[0].id?.text == digits)
        }
    }

    static let errors: [(String, Int, Int, String)] = [
        ("outs:\n- md6: x\n  path: a\n", 2, 3, "unknown key 'md6' in outs[0], did you mean 'md5'?"),
        ("out:\n- path: a\n", 1, 1, "unknown key 'out', did you mean 'outs'?"),
        ("outs:\n- path: a\n  size: big\n", 3, 9, "outs[0].size is text, not a whole number"),
        ("outs:\n- path: a\n  size: -1\n", 3, 9, "outs[0].size is less than zero"),
        ("outs:\n- path: 12\n", 2, 9, "outs[0].path is a whole number, not text"),
        ("outs:\n- size: 12\n", 2, 3, "outs[0] has no 'path'"),
        ("outs:\n- path: ''\n", 2, 9, "outs[0].path is empty"),
        ("outs:\n- path: a\n  md5: xyz\n", 3, 8, "outs[0].md5 is not 32 hexadecimal digits"),
        ("outs:\n- path: a\n  hash: sha1\n", 3, 9, "outs[0].hash is 'sha1', which is not a known hash"),
        ("outs: a\n", 1, 7, "outs is text, not a list"),
        ("outs:\n- a\n", 2, 3, "outs[0] is text, not a mapping"),
        ("- a\n", 1, 1, "the file is a list, not a mapping"),
        ("outs:\n- path: a\n- path: a\n", 3, 3, "the output 'a' is there twice"),
        ("frozen: 1\n", 1, 9, "frozen is a whole number, not true or false"),
        (
            "outs:\n- path: a\n  files:\n  - relpath: ../b\n", 4, 14,
            "outs[0].files[0].relpath is '../b', which leaves the directory"
        ),
        ("deps:\n- repo: {rev: x}\n  path: a\n", 2, 9, "deps[0].repo has no 'url'"),
        ("outs:\n- {path: é, x: 1}\n", 2, 13, "unknown key 'x' in outs[0]"),
    ]

    @Test("what is wrong is said with its place", arguments: errors)
    func refuses(_ bad: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "x.dvc", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try PointerFile(parsing: Array(bad.utf8), file: "x.dvc") }
    }
}
