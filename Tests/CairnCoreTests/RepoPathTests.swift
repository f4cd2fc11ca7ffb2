import CairnCore
import Testing

@Suite("RepoPath")
struct RepoPathTests {
    @Test(
        "rejects paths that leave the workspace",
        arguments: [
            ("", RepoPathError.empty),
            ("/etc", RepoPathError.absolute),
            ("a/../b", RepoPathError.badComponent(Array("..".utf8))),
            ("./a", RepoPathError.badComponent(Array(".".utf8))),
            ("a//b", RepoPathError.badComponent([])),
            ("a/", RepoPathError.badComponent([])),
            ("a\0b", RepoPathError.nul),
        ])
    func rejects(_ text: String, _ expected: RepoPathError) {
        #expect(throws: expected) { try RepoPath(validating: text) }
    }

    @Test("keeps names apart that only look alike")
    func doesNotNormalize() throws {
        #expect(try RepoPath(validating: "\u{e9}") != RepoPath(validating: "e\u{301}"))
    }

    @Test("a path is below a folder only at a slash")
    func below() throws {
        let folder = try RepoPath(validating: "data")
        #expect(try RepoPath(validating: "data/x").isBelow(folder))
        #expect(try !RepoPath(validating: "data.csv").isBelow(folder))
        #expect(!folder.isBelow(folder))
    }

    @Test("shows what would spoil a terminal escaped")
    func printable() {
        #expect(Array("a\nb\tü".utf8).printable == "a\\nb\\tü")
        #expect(([0x61, 0xFF, 0x1B] as [UInt8]).printable == "a\\xFF\\x1B")
    }
}
