import CairnTestSupport
import Testing

/// Where DVC has a machine-readable output, both print the same value for the same repository.
@Suite("Interop: JSON", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropJSONTests {
    /// What is done to a committed and pushed project before both are asked.
    static let changes: [(name: String, command: String)] = [
        ("nothing", "true"),
        ("a file modified", "echo more >> f"),
        ("a member modified", "echo more >> data/a"),
        ("a member added", "echo new > data/new"),
        ("a member deleted", "rm data/a"),
        ("outputs deleted", "rm -r f data"),
        ("an object missing", "rm -r .dvc/cache/files/md5/b0"),
        ("the cache missing", "rm -r .dvc/cache"),
        ("the remote empty", "rm -r ../remote/files"),
        ("a pointer deleted", "rm f.dvc"),
        ("a pointer not committed", "cp data/a g && dvc add -q g"),
        ("an output added to again", "echo 2 > data/b && dvc add -q data"),
        ("a file replaced by a directory", "rm f && mkdir f && echo x > f/x"),
    ]

    static let questions: [[String]] = [
        ["status", "--json"],
        ["status", "-c", "--json"],
        ["data", "status", "--json"],
        ["data", "status", "--json", "--granular"],
        ["data", "status", "--json", "--granular", "--unchanged"],
        ["data", "status", "--json", "--granular", "--not-in-remote"],
        ["data", "status", "--json", "--untracked-files"],
        ["ls", ".", "--json"],
        ["ls", ".", "--json", "-R"],
        ["ls", ".", "--json", "-R", "--dvc-only"],
        ["ls", ".", "data", "--json"],
    ]

    @Test("the same values after a change", arguments: 0..<changes.count)
    func same(_ index: Int) throws {
        let (name, change) = Self.changes[index]
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        for (path, text) in [
            ("f", "f\n"), ("data/a", "1\n"), ("data/sub/ü \"q\"", "2\n"), ("empty.d/.keep", ""),
        ] {
            try Files.write(text, to: sandbox("one/\(path)"))
        }
        try Files.write("run\n", to: sandbox("one/run.sh"), mode: 0o755)
        try Files.write("code\n", to: sandbox("one/code.py"))
        try sandbox.must(.dvc, "add", "-q", "f", "data", "run.sh", "empty.d", in: "one")
        try sandbox.commit("one", "data")
        try sandbox.must(.dvc, "push", "-q", in: "one")
        // The change is made by the real program, so that only the questions are tested here.
        let real = try #require(RealDVC.path)
        try sandbox.shell("dvc() { '\(real)' \"$@\"; }; \(change)", in: "one").succeeded()

        let theirAnswers = try sandbox.dvcMany(Self.questions, in: "one")
        for (question, theirAnswer) in zip(Self.questions, theirAnswers) {
            let answers = [try sandbox.run(.cairn, question, in: "one"), theirAnswer]
            let command = question.joined(separator: " ")
            #expect(
                (answers[0].exitCode == 0) == (answers[1].exitCode == 0), "\(name): \(command)\n\(answers)")
            guard answers[1].exitCode == 0 else { continue }
            let mine = try JSONValue(parsing: answers[0].stdout)
            let theirs = try JSONValue(parsing: answers[1].stdout)
            #expect(mine == theirs, "\(name): \(command)")
        }
    }
}
