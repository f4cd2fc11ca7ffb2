import CairnTestSupport
import Testing

@Suite(
    "Metrics and parameters", .tags(.interop),
    .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct MetricsTests {
    /// A project with three commits, the first tagged `v1`, a branch `other`, and changes that are not committed.
    static func prepare(_ sandbox: Sandbox, native: Bool = false) throws {
        if native { try sandbox.makeNativeProject("one") } else { try sandbox.makeProject("one") }
        let first: [String: String] = [
            "dvc.yaml": """
            vars:
            - vars.yaml
            - inline: 1
            metrics:
            - top.yaml
            - mdir
            params:
            - extra.toml
            stages:
              t:
                cmd: x ${used.a} ${inline}
                params:
                - train.lr
                - p.json:
                  - a.b
                  - list.1
                - whole.py:
                - train.layers
                metrics:
                - m.json:
                    cache: false
              fe:
                foreach:
                - u
                - v
                do:
                  cmd: x ${item}
                  metrics:
                  - ${item}.json:
                      cache: false

            """,
            "params.yaml":
                "train:\n  lr: 0.1\n  layers: [1, 2, a, 2.0, null, true]\n  d: {a: [1]}\nname: \"é\"\nempty: {}\nl1: [5]\nbig: 123456789012345678\ntext: it's\n",
            "vars.yaml": "used:\n  a: 1\n  b: 2\n",
            "p.json": #"{"a": {"b": 1}, "c": 2, "list": [1, 2, 3]}"#,
            "whole.py": "x = 1\nclass C:\n    d = 'two'\n",
            "extra.toml": "[t]\nu = 1.5\n",
            "m.json":
                #"{"acc": 0.123456789, "n": 3, "ok": true, "name": "x", "l": [1, 2], "nul": null, "inner": {"a": 1e-7, "b": {}, "c": 1234567.891}, "same": 1, "e": 1e300}"#,
            "u.json": #"{"z": 1}"#, "v.json": #"{"z": 2}"#, "top.yaml": "a: 1\nb: two\n",
            "mdir/z.json": #"{"z": 1}"#, "mdir/scalar.yaml": "5\n", "sub/keep": "",
        ]
        for (path, text) in first { try Files.write(text, to: sandbox("one/\(path)")) }
        try sandbox.commit("one", "first")
        try sandbox.git("tag", "v1", in: "one")
        try Files.write(#"{"acc": 0.5, "n": 3.0, "new": -2}"#, to: sandbox("one/m.json"))
        try Files.write("train:\n  lr: 0.2\n", to: sandbox("one/params.yaml"))
        try sandbox.commit("one", "second")
        try sandbox.git("checkout", "-q", "-b", "other", in: "one")
        try Files.write(#"{"acc": 0.75}"#, to: sandbox("one/m.json"))
        try sandbox.commit("one", "third")
        try sandbox.git("checkout", "-q", "main", in: "one")
        try Files.write(
            #"{"acc": 0.2000001, "n": 4, "ok": false, "name": "y", "new": 1, "same": 1, "inner": 3}"#,
            to: sandbox("one/m.json"))
        try Files.write(
            "train:\n  lr: 0.3\n  layers: [1, 2]\nname: z\nl1: [6]\nbig: 123456789012345679\n",
            to: sandbox("one/params.yaml"))
        try Files.write(#"{"a": {"b": 7}, "c": 3, "list": [1, 5]}"#, to: sandbox("one/p.json"))
        try Files.write("used:\n  a: 3\n  b: 5\n", to: sandbox("one/vars.yaml"))
        try Files.write("x = 2\n", to: sandbox("one/whole.py"))
        try Files.write("[t]\nu = 2.5\nv = 1\n", to: sandbox("one/extra.toml"))
    }

    /// Questions whose answers are the same value, in any order.
    static let json: [[String]] = [
        ["metrics", "show"], ["metrics", "show", "m.json"], ["metrics", "show", "mdir"],
        ["metrics", "show", "nope.json"], ["metrics", "show", "p.json", "m.json"],
        ["metrics", "show", "-R", "mdir"],
        ["metrics", "show", "-a"], ["metrics", "show", "-T"], ["metrics", "show", "-A"],
        ["metrics", "show", "-a", "-T"],
        ["metrics", "diff"], ["metrics", "diff", "v1"], ["metrics", "diff", "v1", "other"],
        ["metrics", "diff", "--all"],
        ["metrics", "diff", "other", "workspace"], ["metrics", "diff", "workspace", "HEAD"],
        ["metrics", "diff", "HEAD", "HEAD"],
        ["metrics", "diff", "--targets", "m.json"], ["metrics", "diff", "--targets", "p.json", "m.json"],
        ["params", "diff"], ["params", "diff", "v1"], ["params", "diff", "v1", "HEAD"],
        ["params", "diff", "--all"],
        ["params", "diff", "--deps"], ["params", "diff", "--deps", "--all"],
        ["params", "diff", "HEAD~1", "HEAD"],
        ["params", "diff", "--targets", "p.json"],
        ["params", "diff", "--targets", "params.yaml", "whole.py", "--all"],
    ]

    /// Questions whose answers are tables.
    static let tables: [[String]] = [
        ["metrics", "show"], ["metrics", "show", "m.json"], ["metrics", "show", "--precision", "2"],
        ["metrics", "show", "--precision", "12"], ["metrics", "show", "--precision", "0"],
        ["metrics", "show", "--md"],
        ["metrics", "show", "-a"], ["metrics", "show", "-T", "--md"], ["metrics", "show", "nope.json"],
        ["metrics", "diff"], ["metrics", "diff", "--all"], ["metrics", "diff", "v1", "--md"],
        ["metrics", "diff", "--no-path"],
        ["metrics", "diff", "v1", "other", "--precision", "3"], ["metrics", "diff", "HEAD", "HEAD"],
        ["metrics", "diff", "HEAD", "HEAD", "--md"], ["metrics", "diff", "nope"],
        ["metrics", "diff", "HEAD", "nope"],
        ["params", "diff"], ["params", "diff", "v1"], ["params", "diff", "--all", "--md"],
        ["params", "diff", "--no-path"],
        ["params", "diff", "v1", "v1"], ["params", "diff", "nope"],
    ]

    @Test("the same values as dvc, as JSON")
    func sameValues() throws {
        let sandbox = try Sandbox()
        try Self.prepare(sandbox)
        let commands = Self.json.map { $0 + ["--json"] }
        for (command, result) in zip(commands, try sandbox.dvcMany(commands, in: "one")) {
            for mine in [
                try sandbox.asDVC(command, in: "one"), try sandbox.run(.cairn, command, in: "one"),
            ] {
                #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
                let (one, two) = (try JSONValue(parsing: mine.stdout), try JSONValue(parsing: result.stdout))
                #expect(one == two, "\(command)\n\(mine.stdout)\n\(result.stdout)")
            }
        }
    }

    @Test("the same tables as dvc", arguments: ["", "sub"])
    func sameTables(_ folder: String) throws {
        let sandbox = try Sandbox()
        try Self.prepare(sandbox)
        let theirs = try sandbox.dvcMany(Self.tables, in: "one/\(folder)")
        for (command, result) in zip(Self.tables, theirs) {
            let mine = try sandbox.asDVC(command, in: "one/\(folder)")
            #expect(mine.exitCode == result.exitCode, "\(mine)\n\(result)")
            // Which file comes first is chance there.
            let lines = [mine, result].map {
                $0.stdout.split(separator: "\n", omittingEmptySubsequences: false).sorted()
            }
            #expect(lines[0] == lines[1], "\(command)\n\(mine.stdout)\n\(result.stdout)")
            #expect(mine.stderr == result.stderr, "\(command)")
        }
    }

    @Test("a native repository answers the same")
    func native() throws {
        let (sandbox, other) = (try Sandbox(), try Sandbox())
        try Self.prepare(sandbox)
        try Self.prepare(other, native: true)
        for question in Self.json where !question.contains("-A") {
            let answers = try [sandbox, other].map { try $0.run(.cairn, question + ["--json"], in: "one") }
            #expect(answers[0].stdout == answers[1].stdout, "\(question)")
        }
    }

    @Test(
        "metrics that only the cache has are read there, in the workspace and in revisions",
        arguments: Tool.allCases)
    func cached(_ writer: Tool) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write(
            "stages:\n  s:\n    cmd: 'true'\n    outs:\n    - d\n    metrics:\n    - m.json\nmetrics:\n- d/inner.json\n",
            to: sandbox("one/dvc.yaml"))
        for version in [1, 2] {
            try Files.write("{\"a\": \(version)}", to: sandbox("one/m.json"))
            try Files.write("{\"b\": \(version)}", to: sandbox("one/d/inner.json"))
            try sandbox.must(.dvc, "commit", "-f", "-q", in: "one")
            try sandbox.commit("one", "\(version)")
        }
        for path in ["m.json", "d"] { Files.delete(sandbox("one/\(path)")) }
        for command in [
            ["metrics", "show", "--json"], ["metrics", "diff", "HEAD~1", "--json"],
            ["metrics", "diff", "HEAD~1", "HEAD", "--json"],
        ] {
            let answers = try Tool.allCases.map { try sandbox.run($0, command, in: "one").succeeded() }
            #expect(
                try JSONValue(parsing: answers[0].stdout) == JSONValue(parsing: answers[1].stdout),
                "\(answers)")
            #expect(answers[0].stdout.contains("\"b\""), "\(answers)")
        }
        Files.delete(sandbox("one/.dvc/cache"))
        let gone = try sandbox.cairn("metrics", "show", in: "one").succeeded()
        #expect(
            gone.stderr.contains(
                "warning: left out: 'm.json' is neither here nor in the cache\nhint: bring it: `cairn fetch m.json`"
            ), "\(gone)")
    }

    @Test("what cannot be read is named with file and line, and does not stop the rest")
    func broken() throws {
        let sandbox = try Sandbox()
        try Self.prepare(sandbox)
        try Files.write("{\"acc\": \n", to: sandbox("one/m.json"))
        let shown = try sandbox.cairn("metrics", "show", in: "one").succeeded()
        #expect(shown.stderr.contains("warning: left out: m.json:2:"), "\(shown)")
        #expect(shown.stdout.contains("top.yaml"))
        let theirs = try sandbox.run(.dvc, ["metrics", "show", "--json"], in: "one")
        let mine = try sandbox.cairn("metrics", "show", "--json", in: "one")
        let types = try [theirs, mine].map {
            try JSONValue(parsing: $0.stdout)[""]?["data"]?["m.json"]?["error"]?["type"]
        }
        #expect(types[0] == types[1], "\(theirs)\n\(mine)")
        try Files.write("stages:\n  a:\n    cmd: ${nope}\n", to: sandbox("one/dvc.yaml"))
        let none = try sandbox.cairn("metrics", "show", in: "one").succeeded()
        #expect(none.stderr.contains("warning: nothing could be read: dvc.yaml:3:"), "\(none)")
        // A file that is named is read all the same.
        #expect(
            try sandbox.cairn("metrics", "show", "top.yaml", in: "one").succeeded().stdout.contains("two"))
    }

    @Test("without git, and before the first commit", arguments: ["metrics", "params"])
    func withoutHistory(_ noun: String) throws {
        let sandbox = try Sandbox()
        try Files.makeFolder(sandbox("one/.dvc"))
        try Files.write("[core]\n    no_scm = True\n", to: sandbox("one/.dvc/config"))
        try Files.write("a: 1\n", to: sandbox("one/params.yaml"))
        let result = try sandbox.cairn(noun, "diff", in: "one")
        #expect(result.exitCode == 129 && result.stderr.contains("is not in a git repository"), "\(result)")
        Files.delete(sandbox("one"))
        try Files.makeFolder(sandbox("one/.dvc"))
        try sandbox.git("init", "-q", in: "one")
        for tool in Tool.allCases {
            let empty = try sandbox.run(tool, [noun, "diff", "--json"], in: "one")
            #expect(empty.stdout == "{}\n" && empty.exitCode == 0, "\(empty)")
        }
    }

    @Test("plots are refused by name", arguments: ["show", "diff", "templates"])
    func plots(_ word: String) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let result = try sandbox.cairn("plots", word, "--json", "x", in: "one")
        #expect(
            result.exitCode == 129
                && result.stderr.contains("error: `cairn plots \(word)` is not supported yet"), "\(result)")
    }
}
