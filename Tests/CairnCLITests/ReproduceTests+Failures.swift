import CairnTestSupport
import Testing

/// What goes wrong in a pipeline: one sentence, nothing half-recorded, and the same command goes on afterwards.
@Suite("Running pipelines: failures")
struct ReproduceFailureTests {
    @Test("a command that fails: its code, its last lines, what was kept, and where it goes on")
    func fails() throws {
        let pipeline = ReproduceWorld.chain.replacing(
            "cat clean > model", with: "echo half > model; echo bad news; exit 7")
        let world = try ReproduceWorld(pipeline, files: ReproduceWorld.chainFiles)
        let result = try world.cairn("repro")
        #expect(result.exitCode != 0)
        #expect(result.stderr.contains("'train'") && result.stderr.contains("exit code 7"), "\(result)")
        #expect((result.stdout + result.stderr).contains("bad news"))
        #expect(try world.ran() == ["prepare", "train"])
        #expect(result.stderr.contains("ran 1 stage; what ended is recorded"), "\(result)")
        let lock = try world.read("dvc.lock")
        #expect(lock.contains("prepare:") && !lock.contains("train:"))
        try world.write("dvc.yaml", ReproduceWorld.chain)
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["train", "evaluate", "aside"])
        #expect(try world.read("model") == "raw\n")
    }

    @Test("with --keep-going what does not depend on the failure runs, with --ignore-errors everything")
    func policies() throws {
        let pipeline = ReproduceWorld.chain.replacing("cat clean > model", with: "echo half > model; exit 7")
        let world = try ReproduceWorld(pipeline, files: ReproduceWorld.chainFiles)
        let kept = try world.cairn("repro", "-k")
        #expect(kept.exitCode != 0)
        #expect(kept.stderr.contains("evaluate: skipped, because train failed"), "\(kept)")
        #expect(try world.ran() == ["prepare", "train", "aside"])
        let ignored = try world.cairn("repro", "--ignore-errors")
        #expect(try world.ran() == ["train", "evaluate"])
        #expect(ignored.exitCode == 0, "\(ignored)")
    }

    /// A pipeline that cannot run, with what the sentence about it says.
    struct Case: CustomTestStringConvertible {
        let name: String
        let pipeline: String
        var files: [String: String] = [:]
        var arguments = ["repro"]
        let words: [String]
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "a cycle",
            pipeline:
                "stages:\n  a: {cmd: 'true', deps: [y], outs: [x]}\n  b: {cmd: 'true', deps: [x], outs: [y]}\n",
            words: ["cycle", "'a'", "'b'", "'x'", "'y'"]),
        Case(
            name: "one output of two stages",
            pipeline: "stages:\n  a: {cmd: 'true', outs: [x]}\n  b: {cmd: 'true', outs: [x]}\n",
            words: ["'x'", "'a'", "'b'"]),
        Case(
            name: "outputs that overlap",
            pipeline: "stages:\n  a: {cmd: 'true', outs: [x]}\n  b: {cmd: 'true', outs: [x/y]}\n",
            words: ["'x/y'", "'x'"]),
        Case(
            name: "an output that is a dependency",
            pipeline: "stages:\n  a: {cmd: 'true', deps: [x], outs: [x]}\n", words: ["'x'", "'a'"]),
        Case(
            name: "a dependency that is not there",
            pipeline: "stages:\n  a: {cmd: 'true', deps: [nowhere], outs: [x]}\n",
            words: ["'nowhere'", "'a'", "does not exist"]),
        Case(
            name: "a dependency with another name",
            pipeline: "stages:\n  a: {cmd: 'true', deps: [sub/tabel.csv], outs: [x]}\n",
            files: ["sub/table.csv": "1\n"],
            words: ["'sub/tabel.csv'", "did you mean 'sub/table.csv'?"]),
        Case(
            name: "a dependency that another stage makes",
            pipeline:
                "stages:\n  a: {cmd: 'true', deps: [y], outs: [x]}\n  b: {cmd: 'echo > y', outs: [y]}\n",
            arguments: ["repro", "-s", "a"], words: ["'y'", "'b' makes it: `cairn repro b`"]),
        Case(
            name: "an output that was not made", pipeline: "stages:\n  a: {cmd: 'true', outs: [x]}\n",
            words: ["'a'", "'x'", "did not make"]),
        Case(
            name: "a parameter that is not there",
            pipeline: "stages:\n  a: {cmd: 'true', params: [lr], outs: [x]}\n",
            files: ["params.yaml": "lt: 1\n"],
            words: ["'lr'", "params.yaml", "'a'", "did you mean 'lt'?"]),
        Case(
            name: "a parameter inside of another that is not there",
            pipeline: "stages:\n  a: {cmd: 'true', params: [train.lr], outs: [x]}\n",
            files: ["params.yaml": "train: {lrs: 1}\n"],
            words: ["'train.lr'", "did you mean 'train.lrs'?"]),
        Case(
            name: "a file of parameters that is not there",
            pipeline: "stages:\n  a: {cmd: 'true', params: [lr], outs: [x]}\n", words: ["params.yaml", "'a'"]),
        Case(
            name: "a file of parameters that does not parse",
            pipeline: "stages:\n  a: {cmd: 'true', params: [lr], outs: [x]}\n",
            files: ["params.yaml": "lr: 1\nb: [1\n"], words: ["params.yaml:"]),
        Case(
            name: "a stage that removes what it reads",
            pipeline: "stages:\n  a: {cmd: rm f; echo 1 > x, deps: [f], outs: [x]}\n", files: ["f": "1\n"],
            words: ["stage 'a' removed 'f', which it depends on"]),
        Case(
            name: "a command that is killed",
            pipeline: "stages:\n  a: {cmd: kill -9 $$, outs: [x]}\n", words: ["'a'", "signal 9"]),
        Case(
            name: "no such target", pipeline: "stages:\n  train: {cmd: 'true'}\n",
            arguments: ["repro", "trian"],
            words: ["'trian'", "did you mean 'train'"]),
        Case(
            name: "a lock with marks of a merge", pipeline: "stages:\n  a: {cmd: 'true', outs: [x]}\n",
            files: [
                "dvc.lock":
                    "schema: '2.0'\nstages:\n<<<<<<< HEAD\n  a:\n    cmd: 'true'\n=======\n  a:\n    cmd: x\n>>>>>>> b\n"
            ],
            words: ["dvc.lock:3", "merge"]),
        Case(
            name: "an output outside of the workspace",
            pipeline: "stages:\n  a: {cmd: 'true', outs: [../x]}\n",
            words: ["'../x'", "out of the workspace"]),
        Case(
            name: "a misspelled key", pipeline: "stages:\n  a: {cmd: 'true', dep: [x]}\n",
            words: ["dvc.yaml:2", "'dep'", "did you mean 'deps'"]),
        Case(
            name: "a number for a command", pipeline: "stages:\n  a:\n    cmd: 7\n",
            words: ["dvc.yaml:3", "stages.a.cmd"]),
    ]

    @Test("one sentence, no trace, nothing recorded", arguments: cases)
    func sentence(_ example: Case) throws {
        let world = try ReproduceWorld(example.pipeline, files: example.files)
        let lock = world.exists("dvc.lock") ? try world.read("dvc.lock") : nil
        let result = try world.sandbox.run(.cairn, example.arguments, in: "one")
        #expect(result.exitCode != 0)
        for word in example.words { #expect(result.stderr.contains(word), "\(result)") }
        #expect(!result.stderr.contains("Fatal error"))
        #expect((world.exists("dvc.lock") ? try world.read("dvc.lock") : nil) == lock)
        #expect(Files.names(in: world.sandbox("one/.dvc/tmp/cairn/finished-stages")).isEmpty)
    }

    @Test("data that is nowhere here: what has it, and where to look for it")
    func absentData() throws {
        let world = try ReproduceWorld(
            "stages:\n  a: {cmd: 'true', deps: [table.csv], outs: [x]}\n", files: ["table.csv": "1\n"])
        try world.sandbox.shell("git rm -q --cached table.csv", in: "one").succeeded()
        try world.cairn("add", "-q", "table.csv").succeeded()
        Files.delete(world.sandbox("one/table.csv"))
        let result = try world.cairn("repro", "-s", "a")
        #expect(
            result.stderr.contains(
                "`cairn pull table.csv`; which remotes have it: `cairn whereis table.csv`"),
            "\(result)")
    }

    @Test("outputs whose files only the workspace has are stored before a stage takes them away")
    func lastCopy() throws {
        let pipeline = """
            stages:
              make:
                cmd: mkdir out; cp seed out/one; cp seed out/two
                deps: [seed]
                outs: [out]

            """
        let world = try ReproduceWorld(pipeline, files: ["seed": "first\n"])
        try world.cairn("repro").succeeded()
        try world.sandbox.commit("one", "first")
        // The listing stays, what it names goes: so is a cache into which only a listing was fetched.
        try world.sandbox.shell(
            "cp -r out keep; find .dvc/cache/files/md5 -type f ! -name '*.dir' -delete", in: "one"
        ).succeeded()
        try world.write("seed", "second\n")
        try world.cairn("repro").succeeded()
        #expect(try world.read("out/one") == "second\n")
        try world.sandbox.shell("git stash -q && cairn checkout -q && diff -r out keep", in: "one")
            .succeeded()
    }

    @Test("where git cannot be told to ignore what a stage made, the run ends, and the stage is recorded")
    func unwritableIgnoreFile() throws {
        let pipeline = """
            stages:
              make:
                cmd: cp seed made
                deps: [seed]
                outs: [made]

            """
        let world = try ReproduceWorld(pipeline, files: ["seed": "first\n"])
        try world.sandbox.shell("rm -f .gitignore; mkdir .gitignore", in: "one").succeeded()
        let failed = try world.cairn("repro")
        #expect(failed.exitCode != 0 && failed.stderr.contains(".gitignore"), "\(failed)")
        #expect(try world.read("dvc.lock").contains("made"))
        try world.sandbox.shell("rmdir .gitignore", in: "one").succeeded()
        #expect(try world.cairn("repro").succeeded().stdout.contains("running") == false)
    }
}
