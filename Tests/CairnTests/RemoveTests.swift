import Cairn
import CairnTestSupport
import Testing

@Suite("Remove", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct RemoveTests {
    static let cases: [(name: String, change: String, command: [String])] = [
        ("a file", "true", ["f.dvc"]),
        ("a directory", "true", ["data.dvc"]),
        ("two pointers", "true", ["data.dvc", "f.dvc"]),
        ("with the data", "true", ["f.dvc", "--outs"]),
        ("with a directory", "true", ["data.dvc", "--outs"]),
        ("data that is not here", "rm -r data", ["data.dvc", "--outs"]),
        ("in a folder", "mkdir d; echo x > d/x; dvc add -q d/x", ["d/x.dvc"]),
        ("a stage", "true", ["s"]),
        ("a stage with its data", "true", ["s", "--outs"]),
        ("a stage by its file", "true", ["dvc.yaml:p"]),
        ("all stages of a file", "true", ["dvc.yaml"]),
        ("the last stage", "dvc remove p", ["s"]),
        ("a stage that never ran", "dvc stage add -q -n n -o n.txt 'echo > n.txt'", ["n"]),
        ("data instead of its pointer", "true", ["f"]),
        ("an output of a stage", "true", ["o.txt"]),
        ("nothing at all", "true", ["nope"]),
        ("a folder", "true", ["data"]),
        (
            "a parametrized stage",
            "printf '  g:\\n    foreach: [a]\\n    do:\\n      cmd: echo ${item}\\n' >> dvc.yaml", ["g@a"]
        ),
    ]

    @Test("leaves the same files as dvc", arguments: 0..<cases.count, ["copy", "hardlink"])
    func same(_ index: Int, _ type: String) throws {
        let one = Self.cases[index]
        let twins = try Twins(cacheType: type, change: one.change)
        let before = twins.snapshot()
        var options = RemoveOptions()
        options.removesData = one.command.contains("--outs")
        var hasFailed = false
        try twins.expectSame(["remove"] + one.command) { workspace in
            do {
                _ = try workspace.remove(one.command.filter { $0 != "--outs" }, options)
            } catch {
                hasFailed = true
                throw error
            }
        }
        if hasFailed { #expect(twins.snapshot() == before, "\(one.name): a refusal changes nothing") }
    }

    @Test(
        "data whose content is nowhere else is not deleted without force",
        arguments: [
            ("echo mine >> f", "f.dvc", ["f"]),
            ("echo mine >> data/a; echo mine > data/new", "data.dvc", ["data/a", "data/new"]),
            ("rm -rf .dvc/cache", "data.dvc", ["data/a", "data/sub/b"]),
            ("echo mine >> m.json", "s", ["m.json"]),
        ])
    func unsaved(_ change: String, _ target: String, _ files: [String]) throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare(change, in: "one")
        let before = TreeListing(of: sandbox("one"))
        var options = RemoveOptions()
        options.removesData = true
        let error = #expect(throws: CairnError.self) {
            try sandbox.workspace("one").remove([target], options)
        }
        #expect(error?.kind == .conflict)
        for file in files { #expect(error?.message.contains(sandbox("one/\(file)")) == true) }
        #expect(TreeListing(of: sandbox("one")) == before)
        options.isForced = true
        _ = try sandbox.workspace("one").remove([target], options)
        for file in files { #expect(!Files.exists(sandbox("one/\(file)"))) }
    }

    @Test("files that .dvcignore leaves out stay")
    func ignored() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try Files.write("*.tmp\n", to: sandbox("one/.dvcignore"))
        try Files.write("mine\n", to: sandbox("one/data/sub/x.tmp"))
        var options = RemoveOptions()
        options.removesData = true
        let report = try sandbox.workspace("one").remove(["data.dvc"], options)
        #expect(report.keptFolders.map(\.description) == ["data"] && report.deletedFiles == 2)
        #expect(Files.paths(below: sandbox("one/data")) == ["sub/x.tmp"])
    }

    @Test("data that is kept survives the next checkout")
    func kept() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        _ = try sandbox.workspace("one").checkout()
        _ = try sandbox.workspace("one").remove(["data.dvc"])
        _ = try sandbox.workspace("one").checkout()
        #expect(Files.paths(below: sandbox("one/data")) == ["a", "sub/b"])
    }

    @Test("what lies behind a link in the data stays, the link goes")
    func behindLinks() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try Files.write("far\n", to: sandbox("far/x"))
        try Files.link(sandbox("one/data/link"), to: sandbox("far"))
        try sandbox.prepare("dvc add -q data", in: "one")
        Files.delete(sandbox("one/data/link"))
        try Files.link(sandbox("one/data/link"), to: sandbox("far"))
        var options = RemoveOptions()
        options.removesData = true
        _ = try sandbox.workspace("one").remove(["data.dvc"], options)
        #expect(!Files.exists(sandbox("one/data")) && Files.exists(sandbox("far/x")))
    }

    @Test("comments and other parts of a pipeline keep their bytes")
    func comments() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let rest = "# pipeline\nvars:\n  - {x: 1}\nstages:\n  # first\n  a:\n    cmd:   echo 1   # odd\n"
        try Files.write(rest + "  b:\n    cmd: echo 2\n", to: sandbox("one/dvc.yaml"))
        _ = try sandbox.workspace("one").remove(["b"])
        #expect(try Files.text(sandbox("one/dvc.yaml")) == rest)
    }
}
