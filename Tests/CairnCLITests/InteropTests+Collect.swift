import CairnTestSupport
import Testing

/// What one program's `gc` keeps is all that the other needs.
@Suite("Interop: gc", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropCollectTests {
    /// Three versions of data: the first tagged, the second on a branch, the third in the workspace.
    static func makeHistory(_ sandbox: Sandbox, _ writer: Tool) throws {
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        for version in ["tagged", "branched", "current"] {
            try Files.write(version, to: sandbox("one/data/f"))
            try Files.write(version, to: sandbox("one/data/only-\(version)"))
            try Files.write("\(version) alone", to: sandbox("one/alone"))
            try sandbox.must(writer, "add", "-q", "data", "alone", in: "one")
            try sandbox.commit("one", version)
            if version == "tagged" { try sandbox.git("tag", "tagged", in: "one") }
            if version == "branched" { try sandbox.git("branch", "branched", in: "one") }
            try sandbox.must(writer, "push", "-q", in: "one")
        }
    }

    @Test(
        "one adds, the other collects: the revisions in scope keep everything, the rest goes",
        arguments: Tool.allCases,
        [
            ("-w", ["main"]), ("-T", ["tagged", "main"]), ("-a", ["branched", "main"]),
            ("-A", ["tagged", "branched", "main"]),
        ])
    func collect(_ writer: Tool, _ scope: (flag: String, kept: [String])) throws {
        let sandbox = try Sandbox()
        try Self.makeHistory(sandbox, writer)
        let before = StoreCheck.objects(in: sandbox("one/.dvc/cache")).count
        try sandbox.must(writer.other, "gc", scope.flag, "-c", "-f", in: "one")
        for revision in scope.kept {
            try sandbox.git("checkout", "-q", revision, in: "one")
            for store in ["one/.dvc/cache", "remote"] {
                try expectSound(store: sandbox(store), for: sandbox("one"))
            }
            try sandbox.must(writer, "checkout", "-q", in: "one")
            try expectClean(writer, sandbox, in: "one")
        }
        let after = StoreCheck.objects(in: sandbox("one/.dvc/cache")).count
        #expect(scope.flag == "-A" ? after == before : after < before, "\(before) objects, then \(after)")
        #expect(StoreCheck.objects(in: sandbox("remote")).count == after)
    }

    @Test("both delete the same objects", arguments: ["-w", "-T", "-a", "-A"])
    func same(_ scope: String) throws {
        var kept: [[String]] = []
        for tool in Tool.allCases {
            let sandbox = try Sandbox()
            try Self.makeHistory(sandbox, .dvc)
            try sandbox.must(tool, "gc", scope, "-f", in: "one")
            kept.append(StoreCheck.objects(in: sandbox("one/.dvc/cache")).keys.sorted())
        }
        #expect(kept[0] == kept[1])
    }

    @Test("a dry run deletes nothing")
    func dry() throws {
        let sandbox = try Sandbox()
        try Self.makeHistory(sandbox, .dvc)
        let before = TreeListing(of: sandbox("")).description
        try sandbox.must(.cairn, "gc", "-w", "--dry", "-f", in: "one")
        #expect(TreeListing(of: sandbox("")).description == before)
    }
}
