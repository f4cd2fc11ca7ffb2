import CairnSystem
import Testing

@testable import CairnGit

@Suite("editing .gitignore")
struct GitIgnoreFileTests {
    @Test(
        "appends an entry on a line of its own",
        arguments: [
            (nil, "data", "/data\n"), ("", "data", "/data\n"), ("x", "data", "x\n/data\n"),
            ("x\n", "data", "x\n/data\n"), ("/data\n", "data", "/data\n"),
            ("/data", "data", "/data\n/data\n"),
            ("x\r\n", "data", "x\r\n/data\n"), (nil, "my file#1!.txt", "/my file\\#1\\!.txt\n"),
            (nil, "[a]*?", "/\\[a\\]\\*\\?\n"), (nil, "caf\u{e9}", "/caf\u{e9}\n"),
        ] as [(String?, String, String)])
    func adds(_ text: String?, _ name: String, _ expected: String) {
        #expect(GitIgnoreFile.adding(entryFor: bytes(name), to: text.map { bytes($0) }) == bytes(expected))
    }

    @Test(
        "drops the entry and keeps the bytes of other lines; without lines the file goes",
        arguments: [
            ("/data\n", "data", nil), ("x\n/data\ny", "data", "x\ny"), ("  /data \r\nx\r\n", "data", "x\r\n"),
            ("/data\n/data\n\n", "data", "\n"), ("/a\\#b\n", "a#b", nil), ("/a#b\nx", "a#b", "x"),
            ("/data2\n", "data", "/data2\n"), ("data\n", "data", "data\n"), ("", "data", nil),
        ] as [(String, String, String?)])
    func removes(_ text: String, _ name: String, _ expected: String?) {
        #expect(
            GitIgnoreFile.removing(entryFor: bytes(name), from: bytes(text)) == expected.map { bytes($0) })
    }

    @Test("an entry makes git ignore the name and nothing else, and goes away again", arguments: oddNames)
    func meaning(_ name: [UInt8]) throws {
        let fixture = try GitFixture()
        for other in oddNames { try fixture.write(bytes("data/") + other, [1]) }
        let text = GitIgnoreFile.adding(entryFor: name, to: bytes("/other\n"))
        try fixture.write(bytes("data/.gitignore"), text)
        let ignored = zeroSeparated(
            try fixture.git(["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "data"]))
        #expect(ignored == [bytes("data/") + name])
        let repository = try fixture.open()
        for other in oddNames {
            #expect(try repository.isIgnored(bytes("data/") + other, isDirectory: false) == (other == name))
        }
        #expect(GitIgnoreFile.removing(entryFor: name, from: text) == bytes("/other\n"))
    }
}
