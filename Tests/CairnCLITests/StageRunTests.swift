import CairnTestSupport
import Testing

@Suite("Stage add --run", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct StageRunTests {
    @Test("writes the stage, runs it, and leaves what dvc leaves")
    func runs() throws {
        let sandbox = try Sandbox()
        for tool in Tool.allCases {
            try sandbox.makeProject("\(tool)")
            try Files.write("a\n", to: sandbox("\(tool)/in"))
            try sandbox.must(
                tool, "stage", "add", "-q", "--run", "-n", "s", "-d", "in", "-o", "deep/out",
                "mkdir -p deep && cp in deep/out", in: "\(tool)")
        }
        let trees = Tool.allCases.map { TreeListing(of: sandbox("\($0)"), skipping: [".git", ".dvc/tmp"]).description }
        #expect(trees[0] == trees[1])
        for path in ["dvc.yaml", "dvc.lock", "deep/.gitignore", "deep/out"] {
            #expect(try Files.text(sandbox("cairn/\(path)")) == Files.text(sandbox("dvc/\(path)")), "\(path)")
        }
        try expectClean(.dvc, sandbox, in: "cairn")
    }

    @Test("a command that fails leaves the stage, and says so")
    func fails() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        let result = try sandbox.cairn("stage", "add", "--run", "-n", "s", "exit 3", in: "one")
        #expect(result.exitCode == 1, "\(result)")
        #expect(try Files.text(sandbox("one/dvc.yaml")) == "stages:\n  s:\n    cmd: exit 3\n")
    }
}
