import CairnTestSupport
import Testing

/// The user's work and other people's files are left alone.
@Suite("Bad input: nothing of the user's is lost", .tags(.badInput))
struct ProtectionTests {
    /// Each would overwrite or delete content that is in no store.
    static let uncommitted: [BadInput] = [
        BadInput("checkout over a modified file", ["checkout"], names: ["f"], "echo mine > f"),
        BadInput("checkout over a modified member", ["checkout"], names: ["data/a"], "echo mine > data/a"),
        BadInput(
            "checkout over a new file in an output", ["checkout"], names: ["data/new"], "echo mine > data/new"
        ),
        BadInput(
            "checkout of a file where a folder lies", ["checkout"], names: ["f"],
            "rm f; mkdir f; echo mine > f/x"),
        BadInput(
            "checkout of a folder where a file lies", ["checkout"], names: ["data"],
            "rm -r data; echo mine > data"),
        BadInput(
            "checkout of one target over a modified file", ["checkout", "f.dvc"], names: ["f"],
            "echo mine > f"),
        BadInput("pull over a modified file", ["pull"], names: ["f"], "echo mine > f"),
        BadInput(
            "remove --outs of a modified file", ["remove", "--outs", "f.dvc"], names: ["f"], "echo mine > f"),
        BadInput(
            "remove --outs of a folder with a new file", ["remove", "--outs", "data.dvc"],
            names: ["data/new"], "echo mine > data/new"),
        BadInput("move onto a file", ["move", "f", "g"], names: ["g"], "echo mine > g"),
        BadInput("move onto another output", ["move", "f", "data/a"], names: ["data"], "true"),
        BadInput("destroy without consent", ["destroy"], names: [".dvc"], "true"),
        BadInput("init where a project is", ["init", "--dvc"], names: [".dvc"], "true"),
        BadInput(
            "add -o onto a file that is there", ["add", "../outside", "-o", "g"], names: ["g"],
            "echo 1 > ../outside; echo mine > g"),
    ]

    @Test("uncommitted work is not overwritten", arguments: uncommitted)
    func refuses(_ input: BadInput) throws { try input.expectRefusal() }

    static let forced: [(String, [String], String)] = [
        ("echo mine > f", ["checkout", "--force"], "f"),
        ("echo mine > data/new", ["checkout", "--force"], "data/new"),
        ("echo mine > f", ["pull", "--force"], "f"),
    ]

    @Test("--force overwrites it", arguments: forced)
    func force(_ setUp: String, _ command: [String], _ path: String) throws {
        let sandbox = try Sandbox()
        try BadInput.makeProject(sandbox)
        try sandbox.shell(setUp, in: "one").succeeded()
        #expect(try sandbox.cairn(command, in: "one", seconds: 60).exitCode == 0)
        #expect((try? Files.text(sandbox("one/\(path)"))) != "mine\n")
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test("gc asks before it deletes, and no answer is a no")
    func gcAsks() throws {
        let sandbox = try Sandbox()
        try BadInput.makeProject(sandbox)
        try sandbox.shell("rm f.dvc", in: "one").succeeded()
        let before = try BadInput.snapshot(sandbox)
        let result = try sandbox.cairn("gc", "-w", in: "one")
        #expect(result.exitCode != 0, "\(result)")
        try BadInput.expectUnchanged(sandbox, since: before)
    }

    @Test(
        "what is not an object of ours in a cache or remote is never touched",
        arguments: ["one/.dvc/cache", "remote"])
    func foreign(_ store: String) throws {
        let sandbox = try Sandbox()
        try BadInput.makeProject(sandbox)
        try sandbox.shell(
            """
            mkdir -p outside files/md5/zz files/md5/ab/folder notes runs/x
            echo keep > outside/8ad92c50cae39aa2c5604fd0ab6d8c; echo keep > README; echo keep > notes/n
            echo keep > files/md5/zz/8ad92c50cae39aa2c5604fd0ab6d8c; echo keep > files/md5/ab/short; echo keep > files/other
            echo keep > files/md5/ab/8AD92C50CAE39AA2C5604FD0AB6D8C; echo keep > files/md5/ab/folder/x
            ln -s "$PWD/outside" files/md5/cd; ln -s "$PWD/README" files/md5/ab/00000000000000000000000000000a
            """, in: store
        ).succeeded()
        // One object that gc is right to delete.
        let garbage = "\(store)/files/md5/2c/f93f94ffd3e9fe8f0d5da8e5a1a6ec"
        try Files.write("gone", to: sandbox(garbage), mode: 0o444)
        let gone = "f93f94ffd3e9fe8f0d5da8e5a1a6ec"
        let before = try BadInput.snapshot(sandbox).filter { !$0.contains(gone) }
        let result = try sandbox.cairn("gc", "-w", "-c", "-f", in: "one")
        #expect(result.exitCode == 0, "\(result)")
        #expect(!Files.exists(sandbox(garbage)))
        try BadInput.expectUnchanged(sandbox, since: before)
        // Neither is it in the way of the other commands.
        for command in [["status"], ["push"], ["fetch"], ["verify"]] {
            _ = try sandbox.run(.cairn, command, in: "one").succeeded()
        }
        try BadInput.expectUnchanged(sandbox, since: before)
    }

    @Test(
        "a link in the place of an object is not followed when it is written",
        arguments: ["add", "push", "fetch"])
    func linkInPlace(_ verb: String) throws {
        let sandbox = try Sandbox()
        try BadInput.makeProject(sandbox)
        let store = verb == "push" ? "remote" : "one/.dvc/cache"
        let folder = sandbox("\(store)/files/md5/9a")
        Files.delete(folder)
        try Files.write("precious\n", to: sandbox("outside"))
        try Files.makeFolder(folder)
        try Files.link("\(folder)/8ad92c50cae39aa2c5604fd0ab6d8c", to: sandbox("outside"))
        _ = try sandbox.run(.cairn, verb == "add" ? ["add", "f"] : [verb], in: "one")
        #expect(try Files.text(sandbox("outside")) == "precious\n")
    }
}
