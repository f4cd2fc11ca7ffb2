import CairnTestSupport
import Glibc
import Testing

/// Either program recognises the links and the old data that the other made.
@Suite(
    "Interop: links and legacy", .tags(.interop),
    .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropLinkTests {
    @Test("links made by one are left alone by the other", arguments: Tool.allCases, ["hardlink", "symlink"])
    func recognised(_ writer: Tool, _ type: String) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("[cache]\n    type = \(type)\n", to: sandbox("one/.dvc/config"))
        for path in ["f", "data/a", "data/sub/b"] { try Files.write(path, to: sandbox("one/\(path)")) }
        try sandbox.must(writer, "add", "-q", "f", "data", in: "one")
        let before = TreeListing(of: sandbox("one"))
        for path in ["f", "data/a", "data/sub/b"] {
            let entry = try #require(before.entries.first { $0.path == "./\(path)" })
            if type == "hardlink" { #expect(entry.links == 2 && entry.mode == "-r--r--r--") }
            if type == "symlink" { #expect(entry.target.hasPrefix(sandbox("one/.dvc/cache/files/md5/"))) }
        }
        try expectClean(writer.other, sandbox, in: "one")
        try sandbox.must(writer.other, "checkout", in: "one")
        #expect(TreeListing(of: sandbox("one")) == before)
        // Taken away and brought back by the other program they are the same again.
        Files.delete(sandbox("one/data"))
        try sandbox.must(writer.other, "checkout", in: "one")
        #expect(TreeListing(of: sandbox("one")) == before)
        try expectClean(writer, sandbox, in: "one")
    }

    @Test("relink to copies gives writable files of their own", arguments: ["hardlink", "symlink"])
    func relink(_ type: String) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("[cache]\n    type = \(type)\n", to: sandbox("one/.dvc/config"))
        try Files.write("x", to: sandbox("one/data/a"))
        try sandbox.must(.dvc, "add", "-q", "data", in: "one")
        try Files.write("[cache]\n    type = copy\n", to: sandbox("one/.dvc/config"))
        try sandbox.must(.cairn, "checkout", "--relink", in: "one")
        let entry = try #require(TreeListing(of: sandbox("one")).entries.first { $0.path == "./data/a" })
        #expect(entry.mode == "-rw-r--r--" && entry.links == 1 && entry.target == "")
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
    }

    /// A project of DVC 2: a text with Windows line ends and a directory that holds it, by ids that ignore those line ends.
    private func makeLegacy(_ sandbox: Sandbox, in project: String) throws {
        try sandbox.makeProject(project)
        try sandbox.setRemote(project)
        let text = "a\r\nb\r\n"
        let id = "dd8c6a395b5dd36c56d23275028f526c"
        let listing = "[{\"md5\": \"\(id)\", \"relpath\": \"w.txt\"}]"
        try Files.write(listing, to: sandbox("listing"))
        let listingID = try #require(try StoreCheck.md5([sandbox("listing")])[sandbox("listing")])
        for path in ["w.txt", "d/w.txt"] { try Files.write(text, to: sandbox("\(project)/\(path)")) }
        for (name, bytes) in [(id, text), ("\(listingID).dir", listing)] {
            let path = ".dvc/cache/\(name.prefix(2))/\(name.dropFirst(2))"
            try Files.write(bytes, to: sandbox("\(project)/\(path)"), mode: 0o444)
        }
        try Files.write(
            "outs:\n- md5: \(id)\n  size: 6\n  path: w.txt\n", to: sandbox("\(project)/w.txt.dvc"))
        try Files.write(
            "outs:\n- md5: \(listingID).dir\n  size: 6\n  nfiles: 1\n  path: d\n",
            to: sandbox("\(project)/d.dvc"))
        try Files.write("/w.txt\n/d\n", to: sandbox("\(project)/.gitignore"))
        try sandbox.commit(project, "legacy")
    }

    @Test(
        "pointers of DVC 2 are clean, pushed to the old places and pulled from there",
        arguments: Tool.allCases)
    func legacy(_ writer: Tool) throws {
        let sandbox = try Sandbox()
        try makeLegacy(sandbox, in: "one")
        try expectClean(writer, sandbox, in: "one")
        try sandbox.must(writer, "push", "-q", in: "one")
        #expect(Files.exists(sandbox("remote/dd/8c6a395b5dd36c56d23275028f526c")))
        #expect(!Files.exists(sandbox("remote/files")))
        try sandbox.clone("one", to: "two")
        try sandbox.must(writer.other, "pull", "-q", in: "two")
        try expectSameData(sandbox("one/d"), sandbox("two/d"))
        try expectSameData(sandbox("one/w.txt"), sandbox("two/w.txt"))
        try expectClean(writer.other, sandbox, in: "two")
        #expect(try sandbox.git("status", "--porcelain", in: "two") == "")
    }

    @Test("a legacy output that changes is upgraded the same way by both")
    func upgrade() throws {
        var pointers: [String] = []
        for tool in Tool.allCases {
            let sandbox = try Sandbox()
            try makeLegacy(sandbox, in: "one")
            // What has not changed stays as it is.
            try sandbox.must(tool, "add", "-q", "w.txt", in: "one")
            var text = try Files.text(sandbox("one/w.txt.dvc"))
            try Files.write("a\r\nc\r\n", to: sandbox("one/w.txt"))
            try Files.write("new", to: sandbox("one/d/new"))
            try sandbox.must(tool, "add", "-q", "w.txt", "d", in: "one")
            text += try Files.text(sandbox("one/w.txt.dvc")) + Files.text(sandbox("one/d.dvc"))
            pointers.append(text)
            try expectClean(tool, sandbox, in: "one")
        }
        #expect(pointers[0] == pointers[1])
    }

    @Test("cache migrate does what DVC does", arguments: [["--dvc-files"], []])
    func migrate(_ flags: [String]) throws {
        var trees: [String] = []
        for tool in Tool.allCases {
            let sandbox = try Sandbox()
            try makeLegacy(sandbox, in: "one")
            _ = try sandbox.run(tool, ["cache", "migrate"] + flags, in: "one").succeeded()
            let pointers = try ["w.txt.dvc", "d.dvc"].map { try Files.text(sandbox("one/\($0)")) }
            // DVC also leaves the old listing, which names old ids, among the new objects, where nothing refers to it.
            let tree = TreeListing(of: sandbox("one")).description.split(separator: "\n").filter {
                !$0.hasSuffix("./.dvc/cache/files/md5/45/e61d5b97f2f1b05ed5112743e9ca7f.dir ")
            }
            trees.append(tree.joined(separator: "\n") + pointers.joined())
            try expectClean(tool, sandbox, in: "one")
        }
        #expect(trees[0] == trees[1])
    }
}
