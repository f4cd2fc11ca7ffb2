import CairnCore
import Testing

@testable import CairnFormats

@Suite struct PipelineTests {
    @Test("a pipeline file reads with stages, outputs and flags")
    func reads() throws {
        let file = try PipelineFile(
            parsing: Fixtures.bytes("dvc/05-pipeline/after-freeze/dvc.yaml"), file: "dvc.yaml")
        #expect(file.stages.map(\.name) == ["prep", "dirstage", "nocache"])
        let prep = try #require(file.stage("prep"))
        #expect(prep.isFrozen)
        #expect(prep.dependencies == ["src/in.txt"])
        #expect(prep.outputs.map(\.path) == ["out.txt", "metrics.json", "plots.csv"])
        #expect(prep.outputs.map(\.kind) == [.output, .metric, .plot])
        #expect(prep.outputs.map(\.isCached) == [true, false, true])
        #expect(prep.parameters.count == 6)
        #expect(file.stage("dirstage")?.outputs.map(\.isPersistent) == [true, false])
        #expect(prep.location == SourceLocation(line: 2, column: 3))
        #expect(!prep.isTemplated)
    }

    @Test("templates are seen, escaped ones are not")
    func templates() throws {
        let text = """
            vars: [{m: 1}, other.yaml]
            stages:
              a: {foreach: [1, 2], do: {cmd: 'echo ${item}'}}
              b: {cmd: x, matrix: {k: [1]}}
              c: {cmd: 'echo \\${x}', outs: [o]}
              d: {cmd: [a, b], deps: ['${m}/x'], outs: ['${m}', p: {cache: false}]}
              e: {cmd: x, plots: [p.csv: {x: a, cache: false}, q: [{x: 1a}, {y: b}]]}

            """
        let file = try PipelineFile(parsing: Array(text.utf8), file: "dvc.yaml")
        #expect(file.stages.map(\.isTemplated) == [true, true, false, true, false])
        #expect(file.stages[3].outputs.map(\.isTemplated) == [true, false])
        #expect(file.stages[3].command == .list(["a", "b"]))
        #expect(file.stages[4].outputs.map(\.isCached) == [false, true])
        #expect(file.variables.count == 2)
    }

    static let errors: [(String, Int, Int, String)] = [
        ("stage: {}\n", 1, 1, "unknown key 'stage', did you mean 'stages'?"),
        (
            "stages:\n  a:\n    cmd: x\n    dep: [b]\n", 4, 5,
            "unknown key 'dep' in stages.a, did you mean 'deps'?"
        ),
        ("stages:\n  a:\n    deps: [b]\n", 3, 5, "stages.a has no 'cmd'"),
        ("stages:\n  a: {cmd: x, outs: [b], metrics: [b]}\n", 2, 36, "the output 'b' is there twice"),
        (
            "stages:\n  a: {cmd: x, outs: [b: {cach: false}]}\n", 2, 26,
            "unknown key 'cach' in stages.a.outs[0].b, did you mean 'cache'?"
        ),
        ("stages:\n  a: {foreach: [1]}\n", 2, 6, "stages.a needs both 'foreach' and 'do'"),
        ("stages:\n  a: {cmd: 3}\n", 2, 12, "stages.a.cmd is a whole number, not text"),
        ("stages:\n  a: {cmd: x, deps: [1]}\n", 2, 22, "stages.a.deps[0] is a whole number, not text"),
        ("stages:\n  1: {cmd: x}\n", 2, 3, "the key '1' is not text"),
    ]

    @Test("what is wrong is said with its place", arguments: errors)
    func refuses(_ bad: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "dvc.yaml", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try PipelineFile(parsing: Array(bad.utf8), file: "dvc.yaml") }
    }

    @Test("a stage goes with its lines; with the last one goes the file")
    func removes() throws {
        let yaml = "# top\nstages:\n  a:\n    cmd: x\n  # about b\n  b:\n    cmd: \"y\"\n"
        let file = try PipelineFile(parsing: Array(yaml.utf8), file: "dvc.yaml")
        let left = try #require(try file.removingText(stage: "a"))
        #expect(text(left) == "# top\nstages:\n  # about b\n  b:\n    cmd: \"y\"\n")
        #expect(try PipelineFile(parsing: left, file: "").removingText(stage: "b") == nil)
        #expect(throws: FormatsError.self) { try file.removingText(stage: "c") }
    }

    @Test("a lock reads, and written anew is the same bytes")
    func lockRoundTrip() throws {
        let bytes = try Fixtures.bytes("dvc/05-pipeline/after-repro/dvc.lock")
        let lock = try PipelineLock(parsing: bytes, file: "dvc.lock")
        #expect(lock.stages.map(\.name) == ["prep", "dirstage", "nocache"])
        #expect(lock.stage("dirstage")?.outputs.map(\.fileCount) == [nil, 2])
        #expect(
            lock.stage("prep")?.parameters.map(\.key) == [
                "params.yaml", "p.json", "p.py", "p.toml", "whole.yaml",
            ])
        #expect(text(try PipelineLock().replacing(lock.stages).text) == text(bytes))
        #expect(try lock.replacing(lock.stages).text == bytes)
    }

    @Test("one stage's outputs change and all else keeps its bytes")
    func lockUpdate() throws {
        let old = text(try Fixtures.bytes("dvc/05-pipeline/after-repro/dvc.lock")).replacing(
            "  nocache:", with: "  # why\n  nocache:")
        let lock = try PipelineLock(parsing: Array(old.utf8), file: "dvc.lock")
        let digest = try #require(Digest(hex: "00000000000000000000000000000e12".utf8))
        let id = ObjectID(.md5, digest, isDirectory: false)
        let changed = try lock.updating(
            stage: "dirstage", outputs: [OutputRecord(path: "outdir", id: id, size: 9, isExecutable: true)])
        let expected = old.replacing(
            "      md5: 3492bf2d20cc296db05d6eb44b07a96c.dir\n      size: 7\n      nfiles: 2\n  # why",
            with: "      md5: '00000000000000000000000000000e12'\n      size: 9\n      isexec: true\n  # why")
        #expect(expected != old)
        #expect(text(changed.text) == expected)
        #expect(changed.stage("dirstage")?.outputs.last?.id == id)
    }

    @Test("a locked entry without a hash gets it after the path")
    func lockUpgrade() throws {
        let old =
            "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    outs:\n    - path: o\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n"
        let lock = try PipelineLock(parsing: Array(old.utf8), file: "dvc.lock")
        var output = try #require(lock.stage("a")?.outputs.first)
        output.id = output.id.map { ObjectID(.md5, $0.digest) }
        let new = try lock.updating(stage: "a", outputs: [output]).text
        #expect(text(new) == old.replacing("path: o\n", with: "path: o\n      hash: md5\n"))
    }

    @Test("a lock loses a stage, and its file with the last")
    func lockRemove() throws {
        let lock = try PipelineLock(
            parsing: Fixtures.bytes("dvc/05-pipeline/after-repro/dvc.lock"), file: "dvc.lock")
        let left = try PipelineLock(parsing: try #require(try lock.removingText(stage: "prep")), file: "")
        #expect(left.stages.map(\.name) == ["dirstage", "nocache"])
        let last = try PipelineLock(parsing: try #require(try left.removingText(stage: "nocache")), file: "")
        #expect(try last.removingText(stage: "dirstage") == nil)
    }

    static let lockErrors: [(String, Int, Int, String)] = [
        ("schema: '1.0'\n", 1, 9, "schema is not '2.0'"),
        ("a: {cmd: x}\n", 1, 1, "there is no 'schema', so this is not a lock of DVC 2 or later"),
        ("schema: '2.0'\nstage: {}\n", 2, 1, "unknown key 'stage', did you mean 'stages'?"),
        ("schema: '2.0'\nstages:\n  a:\n    outs: []\n", 4, 5, "stages.a has no 'cmd'"),
        (
            "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    outs:\n    - md5: x\n", 6, 7,
            "stages.a.outs[0] has no 'path'"
        ),
    ]

    @Test("what is wrong in a lock is said with its place", arguments: lockErrors)
    func lockRefuses(_ bad: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "dvc.lock", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try PipelineLock(parsing: Array(bad.utf8), file: "dvc.lock") }
    }
}
