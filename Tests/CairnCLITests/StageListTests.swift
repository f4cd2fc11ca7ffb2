import CairnTestSupport
import Testing

@Suite(
    "Stage list and freeze", .tags(.interop),
    .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct StageListTests {
    private static let pipeline = """
        stages:
          plain:
            cmd: echo
          described:
            desc: |

              What it is about
              and more
            cmd: echo
            outs:
            - d.txt
          long:
            desc: \((1...30).map { "word\($0)" }.joined(separator: " "))
            cmd: echo
          reads:
            cmd: echo
            deps:
            - in
            - data
            params:
            - lr
            - p.json:
              - a
          writes:
            cmd: echo
            deps:
            - in
            outs:
            - w1
            - w2:
                cache: false
            metrics:
            - m.json
            plots:
            - p.csv
          "odd: name":
            cmd: echo
            metrics:
            - n.json

        """

    private static func prepare(_ sandbox: Sandbox, _ project: String) throws {
        try sandbox.makeProject(project)
        for folder in ["", "sub/", "sub/deep/"] {
            let name = folder.isEmpty ? "top" : "inner"
            try Files.write(
                folder.isEmpty
                    ? pipeline
                    : "stages:\n  \(name):\n    cmd: echo\n    deps:\n    - x\n    outs:\n    - o\n",
                to: sandbox("\(project)/\(folder)dvc.yaml"))
        }
        try Files.write("stages:\n  a:\n    cmd: [\n", to: sandbox("\(project)/broken/dvc.yaml"))
        try Files.write(
            "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data\n",
            to: sandbox("\(project)/data.dvc"))
        try Files.write(
            "desc: Numbers\nouts:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: more\n",
            to: sandbox("\(project)/sub/more.dvc"))
    }

    static let lists: [[String]] = [
        [], ["--name-only"], ["--names-only", "plain", "reads"], ["plain"], ["dvc.yaml:writes"],
        ["sub/dvc.yaml"],
        ["sub/dvc.yaml:inner"], ["data.dvc"], ["data.dvc", "plain", "dvc.yaml", "plain"], ["--all"],
        ["-R", "sub"], ["-R", "."], ["nope"], ["nope/dvc.yaml"], ["nope.dvc"], ["dvc.yaml:nope"], ["sub"],
        ["data"], ["odd: name"], ["dvc.yaml:odd: name"],
    ]

    @Test("lists what dvc lists")
    func lists() throws {
        let sandbox = try Sandbox()
        try Self.prepare(sandbox, "one")
        for folder in ["", "sub"] {
            let commands = Self.lists.map { ["stage", "list"] + $0 }
            let theirs = try sandbox.dvcMany(commands, in: "one/\(folder)")
            for (command, result) in zip(commands, theirs) {
                let mine = try sandbox.asDVC(command, in: "one/\(folder)")
                #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
                // The order of files is that of their names here, that of the disk there.
                #expect(Self.rows(mine.stdout) == Self.rows(result.stdout), "in '\(folder)': \(command)")
                #expect(mine.stderr == result.stderr, "in '\(folder)': \(command)")
            }
        }
    }

    private static func rows(_ text: String) -> [Substring] { text.split(separator: "\n").sorted() }

    @Test("files that cannot be read are left out, named, or end the list")
    func broken() throws {
        let sandbox = try Sandbox()
        try Self.prepare(sandbox, "one")
        let lenient = try sandbox.cairn("stage", "list", "--all", in: "one").succeeded()
        #expect(lenient.stderr.hasPrefix("warning: left out: broken/dvc.yaml:"), "\(lenient)")
        #expect(lenient.stdout.contains("sub/dvc.yaml:inner"))
        let strict = try sandbox.cairn("stage", "list", "--all", "--fail", in: "one")
        #expect(strict.exitCode == 128 && strict.stderr.hasPrefix("error: broken/dvc.yaml:"), "\(strict)")
    }

    static let freezes: [(command: [String], fails: Bool)] = [
        (["freeze", "plain"], false), (["freeze", "plain", "data.dvc", "sub/dvc.yaml:inner"], false),
        (["freeze", "plain"], false), (["unfreeze", "plain"], false), (["unfreeze", "plain"], false),
        (["freeze", "writes", "reads"], false), (["unfreeze", "data.dvc", "sub/dvc.yaml:inner"], false),
        (["freeze", "nope"], true), (["freeze", "nope.dvc"], true), (["freeze", "nope", "plain"], true),
        (["freeze", "dvc.yaml"], true), (["freeze", "t"], true), (["freeze", "fe"], true),
        (["unfreeze", "fe@a"], true), (["freeze", "data"], true),
    ]

    @Test("freezes and unfreezes as dvc does")
    func freezing() throws {
        let sandbox = try Sandbox()
        for project in ["dvc", "cairn"] {
            try Self.prepare(sandbox, project)
            Files.delete(sandbox("\(project)/broken"))
            // In the style of DVC, so that it has nothing to normalise.
            try Files.write(
                """
                # top
                stages:
                  plain:
                    cmd: echo   # words
                  reads:
                    cmd: echo
                    deps:
                    - data
                    - in
                    params:
                    - lr
                  writes:
                    cmd: echo
                    outs:
                    - w1:
                        cache: false
                    meta: {a: 1}
                  t:
                    cmd: echo ${x}
                  fe:
                    foreach: [a, b]
                    do:
                      cmd: echo ${item}
                vars:
                - x: 1

                """, to: sandbox("\(project)/dvc.yaml"))
        }
        let theirs = try sandbox.dvcMany(Self.freezes.map(\.command), in: "dvc")
        for ((command, fails), result) in zip(Self.freezes, theirs) {
            let mine = try sandbox.asDVC(command, in: "cairn")
            #expect((result.exitCode != 0) == fails, "\(result)")
            #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
            #expect(mine.stdout == result.stdout, "\(command)")
            #expect(
                mine.stderr.replacing(sandbox("cairn"), with: "W")
                    == result.stderr.replacing(sandbox("dvc"), with: "W"),
                "\(command)")
        }
        for path in ["dvc.yaml", "data.dvc", "sub/dvc.yaml"] {
            #expect(
                try Files.text(sandbox("cairn/\(path)")) == Files.text(sandbox("dvc/\(path)")), "\(path)")
        }
    }

    @Test("everything but the one key keeps its bytes")
    func untouched() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        let text =
            "stages:\n    a: {cmd: 'x', outs: [o]}   # flow\n\n    b:\n        deps:\n            - \"z\"\n            - y\n        cmd: x\n\n    # end\n"
        try Files.write(text, to: sandbox("one/dvc.yaml"))
        try sandbox.cairn("freeze", "a", "b", in: "one").succeeded()
        #expect(
            try Files.text(sandbox("one/dvc.yaml"))
                == text.replacing("[o]}", with: "[o], frozen: true}").replacing(
                    "cmd: x\n", with: "cmd: x\n        frozen: true\n"))
        let result = try sandbox.cairn("unfreeze", "b", "a", in: "one").succeeded()
        #expect(try Files.text(sandbox("one/dvc.yaml")) == text)
        #expect(result.stderr.contains("'b' is not frozen any more"))
    }

    @Test("what a template makes is refused with the file and the line")
    func templates() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write(
            "vars:\n- x: 1\nstages:\n  t:\n    cmd: echo ${x}\n  fe:\n    foreach: [a]\n    do:\n      cmd: echo ${item}\n",
            to: sandbox("one/dvc.yaml"))
        for (target, line) in [("t", 4), ("fe", 6), ("fe@a", 6)] {
            let result = try sandbox.cairn("freeze", target, in: "one")
            #expect(result.exitCode == 1 && result.stderr.contains("'\(target)'"), "\(result)")
            #expect(result.stderr.contains("in 'dvc.yaml' by hand, at line \(line)"), "\(result)")
        }
    }
}
