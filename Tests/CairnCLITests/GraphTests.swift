import CairnTestSupport
import Testing

@Suite("Graph", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct GraphTests {
    private static let pipeline = """
        stages:
          prep:
            cmd: x
            deps:
            - raw
            outs:
            - clean
          folder:
            cmd: x
            deps:
            - clean/part
            outs:
            - made/a
            - made/b
          uses:
            cmd: x
            deps:
            - made
            - lr.yaml
            params:
            - made.yaml:
            outs:
            - model
            metrics:
            - m.json:
                cache: false
          params:
            cmd: x
            outs:
            - made.yaml
          alone:
            cmd: echo
          other:
            cmd: echo
            outs:
            - o1
          another:
            cmd: echo
            deps:
            - o1
            - https://example.org/x
            - /etc/hostname
            frozen: true

        """

    static let questions: [[String]] = [
        ["--dot"], ["--mermaid"], ["--md"], ["--dot", "--outs"], ["--dot", "uses"],
        ["--dot", "uses", "--full"],
        ["--mermaid", "uses"], ["--dot", "prep"], ["--dot", "alone"], ["--dot", "--outs", "uses"],
        ["--dot", "model"], ["--dot", "made/a"], ["--dot", "dvc.yaml:uses"], ["--dot", "nope"],
        ["--outs", "--collapse-foreach-matrix"], ["--mermaid", "--collapse-foreach-matrix"],
    ]

    @Test("the languages of Graphviz and Mermaid, byte for byte as dvc")
    func same() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write(Self.pipeline, to: sandbox("one/dvc.yaml"))
        let commands = Self.questions.map { ["dag"] + $0 }
        let theirs = try sandbox.dvcMany(commands, in: "one")
        for (command, result) in zip(commands, theirs) {
            let mine = try sandbox.asDVC(command, in: "one")
            #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
            #expect(mine.stdout == result.stdout, "\(command)")
            #expect(mine.stderr == result.stderr, "\(command)")
        }
    }

    @Test("stages that a template makes, each and as one")
    func groups() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write(
            """
            vars:
            - sizes: [1, 2]
            stages:
              split:
                cmd: x
                outs:
                - part
              train:
                matrix:
                  size: ${sizes}
                  kind:
                  - a
                  - b
                cmd: x ${item.size}
                deps:
                - part
                outs:
                - model-${item.size}-${item.kind}
              join:
                cmd: x
                deps:
                - model-1-a
                - model-2-b

            """, to: sandbox("one/dvc.yaml"))
        let commands = [
            ["dag", "--dot"], ["dag", "--mermaid"], ["dag", "--dot", "train"], ["dag", "--dot", "train@1-a"],
            ["dag", "--dot", "--outs"], ["dag", "--dot", "--collapse-foreach-matrix"],
            ["dag", "--mermaid", "--collapse-foreach-matrix"], ["dag", "--dot", "train@1-a", "--full"],
            ["stage", "list"], ["stage", "list", "train"], ["stage", "list", "train@2-a", "--name-only"],
            ["stage", "list", "train@3-a"],
            ["stage", "add", "-n", "other", "-o", "model-1-b", "echo"],
            ["stage", "add", "-n", "other", "-o", "model-1-b/x", "echo"],
        ]
        let theirs = try sandbox.dvcMany(commands, in: "one")
        for (command, result) in zip(commands, theirs) {
            let mine = try sandbox.asDVC(command, in: "one")
            #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
            #expect(mine.stdout == result.stdout, "\(command)")
            #expect(mine.stderr == result.stderr, "\(command)")
        }
    }

    @Test("pointers, folders and where the user stands", arguments: ["", "sub"])
    func places(_ folder: String) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write(Self.pipeline, to: sandbox("one/dvc.yaml"))
        let pointer = "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: raw\n"
        try Files.write(pointer, to: sandbox("one/raw.dvc"))
        try Files.write(
            "stages:\n  s:\n    cmd: x\n    deps:\n    - ../model\n    outs:\n    - o\n",
            to: sandbox("one/sub/dvc.yaml"))
        let up = folder.isEmpty ? "" : "../"
        let commands = [
            ["dag", "--dot"], ["dag", "--dot", "--outs"], ["dag", "--dot", "\(up)raw.dvc", "--full"],
            ["dag", "--dot", "\(up)sub/dvc.yaml:s"], ["dag", "--dot", "\(up)model"],
        ]
        let theirs = try sandbox.dvcMany(commands, in: "one/\(folder)")
        for (command, result) in zip(commands, theirs) {
            let mine = try sandbox.asDVC(command, in: "one/\(folder)")
            #expect(mine.exitCode == 0 && result.exitCode == 0, "\(mine)\n\(result)")
            // Files of a folder come by name here, as the disk gives them there.
            #expect(
                mine.stdout.split(separator: "\n").sorted() == result.stdout.split(separator: "\n").sorted(),
                "\(command)")
        }
    }

    @Test("a circle is printed, with what each stage needs of the next")
    func circle() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write(
            "stages:\n  a:\n    cmd: x\n    deps: [c1]\n    outs: [a1]\n  b:\n    cmd: x\n    deps: [a1]\n    outs: [b1]\n  c:\n    cmd: x\n    deps: [b1]\n    outs: [c1]\n",
            to: sandbox("one/dvc.yaml"))
        let result = try sandbox.cairn("dag", in: "one")
        #expect(result.exitCode == 128)
        #expect(
            result.stderr.contains(
                "error: the pipeline has a cycle: 'a' needs 'c1' of 'c', 'c' needs 'b1' of 'b', 'b' needs 'a1' of 'a'\n"
            ),
            "\(result)")
    }

    @Test("a drawing, or a list where the terminal is too narrow")
    func terminals() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write(Self.pipeline, to: sandbox("one/dvc.yaml"))
        let whole = try sandbox.cairn("dag", in: "one").succeeded()
        #expect(whole.stdout.contains("| folder |") && whole.stdout.contains("| alone |"))
        let narrow = try sandbox.shell("script -qec 'stty cols 12; cairn dag' /dev/null", in: "one")
        #expect(narrow.stdout.contains("uses     from folder, params\r\n"), "\(narrow)")
        #expect(narrow.stdout.contains("less -S"), "\(narrow)")
    }

    @Test("nothing to show is said")
    func nothing() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let result = try sandbox.cairn("dag", in: "one").succeeded()
        #expect(result.stdout == "" && result.stderr == "no stage is declared here\n")
        let theirs = try sandbox.run(.dvc, ["dag"], in: "one")
        #expect(try sandbox.asDVC(["dag"], in: "one").stdout == theirs.stdout)
    }
}
