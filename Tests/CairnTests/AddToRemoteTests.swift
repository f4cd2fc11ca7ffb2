import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Adding to a remote")
struct AddToRemoteTests {
    private func options(_ change: (inout AddOptions) -> Void = { _ in }) -> AddOptions {
        var options = AddOptions()
        options.goesToRemote = true
        change(&options)
        return options
    }

    @Test(
        "a directory from elsewhere is tracked and on the remote, and a clone pulls it; there is no copy here",
        arguments: DataForm.allCases, [false, true])
    func directory(_ form: DataForm, _ isFolder: Bool) throws {
        let project = try Project(form)
        let long = String(repeating: "long ", count: 3_000_000)
        for (name, text) in [("a", "a"), ("sub/b", "b"), ("again", "a"), ("empty", ""), ("long", long)] {
            try Files.write(text, to: project("elsewhere/data/\(name)"))
        }
        if form != .dvc { try Files.link(project("elsewhere/data/link"), to: "a") }
        let workspace = try isFolder ? project.workspace() : project.distant()
        let report = try workspace.add([project("elsewhere/data")], options { $0.out = "sub/in" })
        #expect(report.outputs.map(\.path.description) == ["sub/in"])
        #expect(Files.exists(project("one/sub/in.dvc")) && !Files.exists(project("one/sub/in")))
        #expect(!Files.exists(project("one/.dvc/cache/files")))
        #expect(!Files.exists(project("one/.dvc/cache/packs")))
        #expect(Files.names(in: project("one/.dvc/tmp/cairn")).contains("scratch") == false)
        try project.sandbox.commit("one", "in")
        try project.clone()
        #expect(try project.distant("two").pull().fetched.isComplete)
        for (name, text) in [("a", "a"), ("sub/b", "b"), ("again", "a"), ("empty", ""), ("long", long)] {
            #expect(try Files.text(project("two/sub/in/\(name)")) == text)
        }
        if form != .packed { #expect(try StoreCheck.problems(in: project("remote")) == []) }
        // A second time nothing is sent.
        #expect(
            try workspace.add([project("elsewhere/data")], options { $0.out = "again" }).outputs.count == 1)
    }

    @Test("a file of the workspace stays where it is, under its own name", arguments: DataForm.allCases)
    func inside(_ form: DataForm) throws {
        let project = try Project(form)
        try project.write("f", to: "sub/file")
        _ = try project.distant().add(["sub/file"], options())
        #expect(try Files.text(project("one/sub/file")) == "f")
        #expect(Files.exists(project("one/sub/file.dvc")))
        #expect(try project.distant().remoteStatus().entries.map(\.state) == [.deleted])
    }

    @Test("data from elsewhere gets its own name where the user stands")
    func name() throws {
        let project = try Project()
        try Files.write("x", to: project("elsewhere/file"))
        #expect(
            try project.workspace().add([project("elsewhere/file")], options()).outputs.map(
                \.path.description)
                == ["file"])
        #expect(project.ids(in: "remote").count == 1)
        #expect(throws: CairnError.self) {
            try project.workspace().add([project("elsewhere/none")], options())
        }
    }

    @Test("options that make no sense together are refused in DVC's words")
    func refusals() throws {
        let project = try Project()
        try project.write("f", to: "file")
        let cases: [([String], AddOptions, String)] = [
            (["a", "b"], options(), "multiple targets can't be used with --to-remote"),
            (["a"], options { $0.isGlob = true }, "--glob option can't be used with --to-remote"),
            (["a"], options { $0.skipsStore = true }, "--no-commit option can't be used with --to-remote"),
            (
                ["a"], options { ($0.goesToRemote, $0.remote) = (false, "store") },
                "--remote can't be used without --to-remote"
            ),
            (
                ["a"], options { ($0.goesToRemote, $0.jobs) = (false, 3) },
                "--remote-jobs can't be used without --to-remote"
            ),
        ]
        for (targets, options, message) in cases {
            #expect { try project.workspace().add(targets, options) } throws: {
                ($0 as? CairnError)?.message == message
            }
        }
        #expect(throws: CairnError.self) {
            try project.workspace().add(["file"], options { $0.remote = "none" })
        }
        #expect(!Files.exists(project("one/file.dvc")))
    }
}
