import CairnTestSupport
import Testing

/// `add --follow-links` in native workspaces.
@Suite("Followed links")
struct FollowedLinksTests {
    private let sandbox: Sandbox

    /// A directory with links to a file, to a folder outside of the workspace, and with a file.
    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write("plain", to: sandbox("one/data/plain"))
        try Files.write("outside", to: sandbox("near"))
        try Files.write("elsewhere", to: sandbox("far/deep/x"))
        try Files.link(sandbox("one/data/file"), to: "../../near")
        try Files.link(sandbox("one/data/folder"), to: "../../far")
    }

    private func cairn(_ command: String) throws -> Program.Result {
        try sandbox.shell("cairn \(command)", in: "one")
    }

    private func expectClean(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try cairn("status -q").exitCode == 0, sourceLocation: sourceLocation)
        let changes = try sandbox.cairn("data", "status", "--json", "--granular", in: "one").stdout
        #expect(!changes.contains("uncommitted"), "\(changes)", sourceLocation: sourceLocation)
    }

    private func tracked() throws -> String {
        try sandbox.cairn("ls", "-R", "--dvc-only", "data", in: "one").succeeded().stdout
    }

    @Test("links count as what they lead to and stay links; status is clean, and sees a change behind them")
    func followed() throws {
        try cairn("add -q --follow-links data").succeeded()
        #expect(try tracked() == "file\nfolder/deep/x\nplain\n")
        #expect(try sandbox.cairn("cat", "data/file", in: "one").stdout == "outside")
        try expectClean()
        #expect(
            try sandbox.shell("readlink data/file data/folder", in: "one").stdout == "../../near\n../../far\n"
        )
        #expect(try cairn("checkout").stdout.contains("everything is as the pointers say"))
        try Files.write("changed", to: sandbox("far/deep/x"))
        #expect(try cairn("status").stdout == "modified  data  (1 modified inside)\n")
        // Commit and a later add do with each link as it was recorded.
        try cairn("commit -q -f data").succeeded()
        try expectClean()
        try Files.write("changed again", to: sandbox("near"))
        try cairn("add -q data").succeeded()
        try expectClean()
        #expect(try tracked() == "file\nfolder/deep/x\nplain\n")
    }

    @Test("a checkout elsewhere makes files; where a link is in the way nothing is written through it")
    func checkout() throws {
        try cairn("add -q --follow-links data").succeeded()
        try sandbox.commit("one", "first")
        try Files.write("changed", to: sandbox("far/deep/x"))
        try Files.write("near and changed", to: sandbox("near"))
        try cairn("add -q data").succeeded()
        try sandbox.git("stash", "-q", in: "one")
        let refused = try cairn("checkout")
        #expect(refused.exitCode == 128 && refused.stdout.contains("hint: remove the link: `rm data/folder`"))
        #expect(try Files.text(sandbox("far/deep/x")) == "changed")
        try sandbox.shell("rm data/folder && cairn checkout -q", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/data/folder/deep/x")) == "elsewhere")
        #expect(try Files.text(sandbox("one/data/file")) == "outside")
        // The link became a file; what it led to stays.
        #expect(try sandbox.shell("readlink data/file", in: "one").exitCode == 1)
        #expect(try Files.text(sandbox("far/deep/x")) == "changed")
        try expectClean()
    }

    @Test("without the option links stay links, and each of both can be made the other")
    func links() throws {
        try cairn("add -q data").succeeded()
        #expect(try tracked() == "file\nfolder\nplain\n")
        try expectClean()
        try cairn("add -q --follow-links data").succeeded()
        try Files.link(sandbox("one/data/new"), to: "plain")
        try cairn("add -q data").succeeded()
        try sandbox.shell("rm data/new; cairn checkout -q; test \"$(readlink data/new)\" = plain", in: "one")
            .succeeded()
        #expect(try tracked() == "file\nfolder/deep/x\nnew\nplain\n")
        try cairn("add -q --no-follow-links data").succeeded()
        #expect(try tracked() == "file\nfolder\nnew\nplain\n")
        try cairn("add -q --follow-links data/file").succeeded()
        try sandbox.shell("rm data/file; cairn checkout -q", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/data/file")) == "outside")
        #expect(try tracked() == "file\nfolder\nnew\nplain\n")
    }

    @Test("a link that cannot be followed is a change, not a failure, once it was recorded as a file")
    func broken() throws {
        try cairn("add -q --follow-links data").succeeded()
        for target in ["nowhere", "file", "/dev/null", "."] {
            try sandbox.shell("ln -sfn '\(target)' data/file", in: "one").succeeded()
            #expect(try cairn("status").stdout == "modified  data  (1 modified inside)\n", "\(target)")
        }
        try sandbox.shell("ln -sfn ../../near data/file && ln -sfn . data/folder", in: "one").succeeded()
        let result = try cairn("status")
        #expect(result.exitCode == 0 && result.stdout.contains("modified  data"), "\(result)")
    }

    @Test(
        "links that lead nowhere or round are refused by name, and nothing is recorded",
        arguments: [
            ("nowhere", "does not exist"), (".", "contains it"), ("..", "contains it"),
            ("bad", "Too many levels"),
            ("/dev/null", "a device"),
        ])
    func refused(_ target: String, _ words: String) throws {
        try Files.link(sandbox("one/data/bad"), to: target)
        let result = try cairn("add --follow-links data")
        #expect([128, 129].contains(result.exitCode) && result.stdout.contains(words), "\(result)")
        #expect(result.stdout.contains("data/bad") && !Files.exists(sandbox("one/data.dvc")))
    }

    @Test("where the cache has files, links that were followed stay too", arguments: ["hardlink", "symlink"])
    func linkedCache(_ type: String) throws {
        try cairn("config -q cache.type \(type)").succeeded()
        try cairn("add -q --follow-links data").succeeded()
        #expect(
            try sandbox.shell("readlink data/file data/folder", in: "one").stdout == "../../near\n../../far\n"
        )
        try expectClean()
        #expect(try Files.text(sandbox("far/deep/x")) == "elsewhere")
        try Files.write("what it leads to may be written", to: sandbox("near"))
    }

    @Test("in DVC's format links are always followed")
    func formatOfDVC() throws {
        try sandbox.makeProject("two")
        try Files.write("x", to: sandbox("two/data/x"))
        try sandbox.shell("cairn add -q --follow-links data", in: "two").succeeded()
        let result = try sandbox.shell("cairn add --no-follow-links data", in: "two")
        #expect(result.exitCode == 129 && result.stdout.contains("always followed"), "\(result)")
    }
}
