/// Calls of `stage add`, each in a folder of its own, which both programs must answer with the same files.
struct StageAddCase: Sendable, CustomStringConvertible {
    /// What is special about it.
    let description: String
    /// The arguments behind `stage add`.
    let arguments: [String]
    /// The `dvc.yaml` before the call; `nil` if there is none.
    let before: String?
    /// Whether the call is refused.
    let isRefused: Bool

    init(_ description: String, _ arguments: [String], before: String? = nil, isRefused: Bool = false) {
        self.description = description
        self.arguments = arguments
        self.before = before
        self.isRefused = isRefused
    }

    private static let commented = """
        # top
        vars:
        - lr: 1
        stages:
          # about a
          a:
            desc: Old words   # why
            cmd: echo a   # run
            deps:
            - x   # first
            - y
            outs:
            - o.txt:   # out
                desc: text
                push: false
                labels: [l1, l2]
            plots:
            - p.csv:
                x: epoch
            frozen: true
            meta:
              k: [1, 2]   # odd
          # about b
          b:
            cmd: echo b   # last

        """
    private static let two =
        "stages:\n  a:\n    cmd: echo a\n    outs:\n    - a1\n  b:\n    cmd: echo b\n    deps:\n    - a1\n"
    private static let group =
        "stages:\n  fe:\n    foreach:\n    - u\n    - v\n    do:\n      cmd: echo ${item}\n      outs:\n      - ${item}.txt\n"

    static let all: [StageAddCase] = [
        // New files.
        StageAddCase("only a command", ["-n", "s", "echo"]),
        StageAddCase("a dependency and an output", ["-n", "s", "-d", "in", "-o", "out", "cp in out"]),
        StageAddCase(
            "everything",
            [
                "-n", "s", "-d", "b", "-d", "a", "-o", "m/x.bin", "-O", "plain", "--outs-persist", "keep",
                "--outs-persist-no-cache", "keep2", "-m", "m.json", "-M", "n.json", "--plots", "p.csv",
                "--plots-no-cache", "q.csv", "-p", "lr,train.x", "-p", "other.yaml:z,a", "-p", "whole.yaml:",
                "--desc", "What it is", "--always-changed", "python x.py",
            ]),
        StageAddCase("a command of several words", ["-n", "s", "python", "x.py", "--foo", "a b", "", "-q"]),
        StageAddCase("a command with quotes", ["-n", "s", "echo \"a\" 'b' > c"]),
        StageAddCase("words with quotes", ["-n", "s", "echo", "a \"b\" c", "it's"]),
        StageAddCase("a command of several lines", ["-n", "s", "echo 1\necho 'two'\n"]),
        StageAddCase(
            "a long command",
            [
                "-n", "s",
                "python train.py " + (1...14).map { "--option-\($0) value\($0)" }.joined(separator: " "),
            ]),
        StageAddCase("a command that looks like something else", ["-n", "s", "true"]),
        StageAddCase("a command with a colon and a hash", ["-n", "s", "echo a: b # c"]),
        StageAddCase("a command in another script", ["-n", "s", "echo é ü 日本"]),
        StageAddCase("names of several words", ["-n", "my stage-1_x", "-o", "a file.txt", "echo"]),
        StageAddCase("a name that is a number", ["-n", "123", "-o", "o", "echo"]),
        StageAddCase("a name that is a truth value", ["-n", "true", "-o", "no", "echo"]),
        StageAddCase(
            "paths in order of bytes", ["-n", "s", "-d", "é", "-d", "Z", "-d", "a", "-d", "B", "echo"]),
        StageAddCase(
            "paths as they are typed",
            ["-n", "s", "-d", "./in", "-d", "sub/../x", "-o", "dir/", "-o", "./sub/o", "echo"]),
        StageAddCase("paths that need quotes", ["-n", "s", "-d", "# in", "-o", "a: b", "-o", "*x", "echo"]),
        StageAddCase(
            "a working directory", ["-n", "s", "-w", "sub", "-d", "../in", "-o", "out", "-p", "lr", "echo"]),
        StageAddCase(
            "a working directory in another spelling", ["-n", "s", "-w", "./sub/", "-o", "out", "echo"]),
        StageAddCase("this folder as working directory", ["-n", "s", "-w", ".", "-o", "out", "echo"]),
        StageAddCase(
            "dependencies elsewhere",
            [
                "-n", "s", "-d", "/etc/hostname", "-d", "https://example.org/x", "-d", "ds://data", "-o", "o",
                "echo",
            ]),
        StageAddCase(
            "parameters in order",
            ["-n", "s", "-p", "z,a.b", "-p", "b.json:k", "-p", "a.toml:t.u,s", "-p", "m", "echo"]),
        StageAddCase(
            "a whole file of parameters and keys of it",
            ["-n", "s", "-p", "lr", "-p", "params.yaml:", "echo"]),
        StageAddCase(
            "keys of one file in two options", ["-n", "s", "-p", "c.json:b", "-p", "c.json:a", "echo"]),
        StageAddCase("a description of several lines", ["-n", "s", "--desc", "one\ntwo: three", "echo"]),
        StageAddCase("a description that is empty", ["-n", "s", "--desc", "", "echo"]),
        StageAddCase("the text of a template", ["-n", "s", "echo \\${x}"]),
        StageAddCase(
            "an output in a folder of its own", ["-n", "s", "-o", "sub/deep", "-o", "sub/more", "echo"]),
        // Files that are there.
        StageAddCase("after another stage", ["-n", "c", "-d", "a1", "-o", "c1", "echo c"], before: two),
        StageAddCase(
            "into a file without stages", ["-n", "s", "-o", "o", "echo"], before: "vars:\n- a: 1\n"),
        StageAddCase("into an empty file", ["-n", "s", "-o", "o", "echo"], before: ""),
        StageAddCase("beside comments", ["-n", "c", "-o", "c1", "echo"], before: commented),
        StageAddCase(
            "in the place of a stage", ["-f", "-n", "b", "-d", "a1", "-o", "b1", "echo b"], before: two),
        StageAddCase("in its place with less", ["-f", "-n", "b", "echo new"], before: two),
        StageAddCase(
            "in the place of the first", ["-f", "-n", "a", "-o", "a1", "-m", "m.json", "echo changed"],
            before: two),
        StageAddCase("in its place the same", ["-f", "-n", "b", "-d", "a1", "echo b"], before: two),
        StageAddCase(
            "what people wrote goes on",
            ["-f", "-n", "a", "-d", "x", "-d", "y", "-o", "o.txt", "--plots", "p.csv", "echo a"],
            before: commented),
        StageAddCase(
            "a list of another length",
            ["-f", "-n", "a", "-d", "w", "-o", "o.txt", "-o", "o2.txt", "echo a"], before: commented),
        StageAddCase(
            "more in the last stage", ["-f", "-n", "b", "-d", "w", "-o", "b2", "echo b"], before: commented),
        StageAddCase(
            "flags of an output change", ["-f", "-n", "a", "-d", "x", "-d", "y", "-O", "o.txt", "echo a"],
            before: commented),
        StageAddCase(
            "in the place of a template", ["-f", "-n", "t", "-o", "o", "echo"],
            before: "vars:\n- x: 3\nstages:\n  t:\n    cmd: echo ${x}\n    outs:\n    - o${x}\n"),
        StageAddCase("in the place of a group", ["-f", "-n", "fe", "-o", "o", "echo"], before: group),
        StageAddCase(
            "into flow style", ["-n", "b", "-d", "a1", "echo"],
            before: "stages:\n  a: {cmd: echo, outs: [a1]}\n"),
        // Refusals.
        StageAddCase("the stage is there", ["-n", "a", "echo"], before: two, isRefused: true),
        StageAddCase("no command", ["-n", "s"], isRefused: true),
        StageAddCase("an empty command", ["-n", "s", ""], isRefused: true),
        StageAddCase("an empty name", ["-n", "", "echo"], isRefused: true),
        StageAddCase("punctuation in the name", ["-n", "a.b", "echo"], isRefused: true),
        StageAddCase("the name of a generated stage", ["-n", "a@b", "echo"], isRefused: true),
        StageAddCase("the output of another", ["-n", "c", "-o", "a1", "echo"], before: two, isRefused: true),
        StageAddCase(
            "an output in one of another", ["-n", "c", "-o", "a1/x", "echo"], before: two, isRefused: true),
        StageAddCase(
            "an output around one of another", ["-n", "c", "-o", "d", "echo"],
            before: "stages:\n  a:\n    cmd: x\n    outs:\n    - d/x\n", isRefused: true),
        StageAddCase(
            "two outputs of its own overlap", ["-n", "c", "-o", "d", "-o", "d/x", "echo"], isRefused: true),
        StageAddCase("an output twice", ["-n", "c", "-o", "d", "-m", "d", "echo"], isRefused: true),
        StageAddCase(
            "an output that is a dependency", ["-n", "c", "-d", "d", "-o", "./d", "echo"], isRefused: true),
        StageAddCase("a dependency twice", ["-n", "c", "-d", "d", "-d", "./d", "echo"], isRefused: true),
        StageAddCase(
            "parameters that are a dependency too", ["-n", "c", "-d", "params.yaml", "-p", "lr", "echo"],
            isRefused: true),
        StageAddCase("no such working directory", ["-n", "c", "-w", "none", "echo"], isRefused: true),
        StageAddCase(
            "a working directory that is a file", ["-n", "c", "-w", "file", "echo"], isRefused: true),
        StageAddCase("a working directory outside", ["-n", "c", "-w", "../..", "echo"], isRefused: true),
        StageAddCase("an output outside", ["-n", "c", "-o", "../../x", "echo"], isRefused: true),
        StageAddCase("a pointer as output", ["-n", "c", "-o", "x.dvc", "echo"], isRefused: true),
        StageAddCase("a pointer as dependency", ["-n", "c", "-d", "x.dvc", "echo"], isRefused: true),
        StageAddCase("a pipeline as output", ["-n", "c", "-o", "sub/dvc.yaml", "echo"], isRefused: true),
        StageAddCase("an ignored output", ["-n", "c", "-o", "x.ignored", "echo"], isRefused: true),
        StageAddCase(
            "a circle", ["-n", "c", "-d", "b1", "-o", "x", "echo"],
            before: "stages:\n  b:\n    cmd: x\n    deps:\n    - x\n    outs:\n    - b1\n", isRefused: true),
    ]
}
