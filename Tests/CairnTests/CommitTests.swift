import Cairn
import CairnTestSupport
import Testing

@Suite("Commit", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct CommitTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let change: String
        let command: [String]
        var testDescription: String { name }

        init(_ name: String, _ change: String, _ command: [String]) {
            self.name = name
            self.change = change
            self.command = ["commit"] + command
        }
    }

    static let cases: [Case] = [
        Case("nothing changed", "true", []),
        Case("nothing changed, forced", "true", ["-f"]),
        Case("a file changed", "echo more >> f", ["-f", "f.dvc"]),
        Case("a file by its path", "echo more >> f", ["-f", "f"]),
        Case("a member changed", "echo more >> data/a", ["-f", "data"]),
        Case("members added and deleted", "echo new > data/n; rm data/a", ["-f", "data.dvc"]),
        Case("a part, the only change", "echo more >> data/a", ["-f", "data/a"]),
        Case("a folder of a part, the only change", "echo more >> data/sub/c", ["-f", "data/sub"]),
        Case("an executable file", "echo more >> run.sh", ["-f", "run.sh.dvc"]),
        Case("an executable bit that went", "chmod 644 run.sh", ["-f", "run.sh.dvc"]),
        Case("everything", "echo 1 >> f; echo 2 >> data/a; echo 3 >> o.txt; echo 4 >> m.json", ["-f"]),
        Case("an output of a stage", "echo more >> o.txt", ["-f", "o.txt"]),
        Case("a stage whose source changed", "echo more >> f", ["-f", "s"]),
        Case("a stage with a changed command", "sed -i 's/cat f/cat  f/' dvc.yaml", ["-f", "s"]),
        Case("with what the stage depends on", "echo more >> f; echo more >> o.txt", ["-f", "-d", "s"]),
        Case("what is declared below a folder", "echo more >> f", ["-f", "-R", "."]),
        Case("data that was added without being stored", "echo x > g; dvc add -q --no-commit g", ["g.dvc"]),
        Case("an object that the cache lost", "rm -rf .dvc/cache/files/md5/b0", []),
        Case("a listing that the cache lost", "rm -rf .dvc/cache/files/md5/*/*.dir", []),
        Case("annotations and comments stay", "echo '# mine' >> f.dvc; echo 'desc: x' >> f.dvc; echo 1 >> f", ["-f", "f"]),
        Case("a file that became a directory", "rm f; mkdir f; echo 1 > f/x", ["-f", "f.dvc"]),
        Case("a missing output", "rm f", ["-f", "f.dvc"]),
        Case("a missing output, not forced", "rm f", ["f.dvc"]),
        Case("a change, not forced", "echo more >> f", ["f.dvc"]),
        Case("a missing dependency", "rm f", ["-f", "s"]),
        Case("an unknown target", "true", ["-f", "nope"]),
    ]

    @Test("leaves the same files as dvc", arguments: cases)
    func same(_ one: Case) throws {
        let twins = try Twins(change: one.change)
        let before = twins.snapshot()
        var options = CommitOptions()
        options.isForced = one.command.contains("-f")
        options.targets.isRecursive = one.command.contains("-R")
        options.targets.withDependencies = one.command.contains("-d")
        let targets = one.command.dropFirst().filter { !$0.hasPrefix("-") }
        var hasFailed = false
        // DVC also remembers what a stage made, to be taken out of the cache by a later run; `m.json` is stored only for that.
        let runs = [".dvc/cache/runs", ".dvc/cache/files/md5/8a", ".dvc/cache/files/md5/18"]
        try twins.expectSame(one.command, skipping: Set(runs)) { workspace in
            do {
                _ = try workspace.commit(targets, options)
            } catch {
                hasFailed = true
                throw error
            }
        }
        if hasFailed { #expect(twins.snapshot() == before, "a refusal changes nothing") }
    }

    @Test("links as configured", arguments: ["hardlink", "symlink"])
    func links(_ type: String) throws {
        let twins = try Twins(cacheType: type, change: "dvc unprotect data f; echo more >> data/a; echo more >> f")
        var options = CommitOptions()
        options.isForced = true
        try twins.expectSame(["commit", "-f"], skipping: [".dvc/cache/runs", ".dvc/cache/files/md5/8a"]) { _ = try $0.commit([], options) }
    }

    @Test("asks DVC's question about each pointer and stage that changed, and takes no for an answer")
    func asks() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare("echo 1 >> f; echo 2 >> o.txt", in: "one")
        var questions: [String] = []
        let report = try sandbox.workspace("one").commit([]) { question in
            questions.append(question)
            return true
        }
        #expect(
            questions == [
                "dependencies ['f'] and outputs ['o.txt'] of stage: 's' changed. Are you sure you want to commit it?",
                "dependencies ['o.txt'] of stage: 'p' changed. Are you sure you want to commit it?",
                "outputs ['f'] of stage: 'f.dvc' changed. Are you sure you want to commit it?",
            ])
        #expect(report.outputs.filter(\.isChanged).map(\.path.description) == ["o.txt", "f"])
        #expect(report.changedFiles.map(\.description) == ["f.dvc", "dvc.lock"])
        #expect(try sandbox.must(.dvc, "status", "--json", in: "one").stdout == "{}\n")

        try sandbox.prepare("echo 3 >> f", in: "one")
        let before = TreeListing(of: sandbox("one"))
        let error = #expect(throws: CairnError.self) { try sandbox.workspace("one").commit(["f"]) { _ in false } }
        #expect(error?.kind == .conflict)
        #expect(error?.wordsOfDVC == "unable to commit changed stage: 'f.dvc'. Use `-f|--force` to force.")
        #expect(TreeListing(of: sandbox("one")) == before)
    }

    @Test("a part leaves other changes of the directory uncommitted, and the pointer names only what is stored")
    func part() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare("echo new >> data/a; echo new >> data/sub/b", in: "one")
        var options = CommitOptions()
        options.isForced = true
        let report = try sandbox.workspace("one").commit(["data/a"], options)
        #expect(report.storedObjects == 2)
        let status = try sandbox.must(.dvc, "data", "status", "--granular", "--json", in: "one").stdout
        #expect(!status.contains("not_in_cache"))
        #expect(status.contains(#""uncommitted": {"modified": ["data/", "data/sub/b"]}"#) || status.contains(#"["data/sub/b", "data/"]"#))
        #expect(try Files.text(sandbox("one/data.dvc")).contains("size: 8\n"))
    }

    @Test("what DVC 2 recorded stays as it is until its content changes")
    func legacy() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let text = "a\r\nb\r\n"
        let id = "dd8c6a395b5dd36c56d23275028f526c"
        try Files.write(text, to: sandbox("one/w.txt"))
        try Files.write(text, to: sandbox("one/.dvc/cache/dd/\(id.dropFirst(2))"), mode: 0o444)
        let pointer = "outs:\n- md5: \(id)\n  size: 6\n  path: w.txt\n"
        try Files.write(pointer, to: sandbox("one/w.txt.dvc"))
        try Files.write("/w.txt\n", to: sandbox("one/.gitignore"))
        try sandbox.commit("one", "old")
        var options = CommitOptions()
        options.isForced = true
        _ = try sandbox.workspace("one").commit([], options)
        #expect(try Files.text(sandbox("one/w.txt.dvc")) == pointer)

        try Files.write("new\n", to: sandbox("one/w.txt"))
        _ = try sandbox.workspace("one").commit([], options)
        #expect(
            try Files.text(sandbox("one/w.txt.dvc"))
                == "outs:\n- md5: f6ad0f3ea5d85ee0bef1f4d1c4e2d5b7\n  size: 4\n  path: w.txt\n  hash: md5\n"
                    .replacing("f6ad0f3ea5d85ee0bef1f4d1c4e2d5b7", with: try #require(StoreCheck.md5([sandbox("one/w.txt")])[sandbox("one/w.txt")])))
        #expect(try sandbox.must(.dvc, "status", "--json", in: "one").stdout == "{}\n")
    }
}
