import CairnTestSupport
import Testing

/// What is stale runs, and nothing else.
@Suite("Running pipelines")
struct ReproduceTests {
    @Test("everything runs once, in order, and then nothing", arguments: [false, true])
    func once(_ isNative: Bool) throws {
        let world = try ReproduceWorld.chain(native: isNative)
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["prepare", "train", "evaluate", "aside"])
        #expect(try world.read("model") == "raw\n")
        let again = try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
        #expect(again.stderr.contains("up to date"))
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
    }

    @Test("a parameter reruns its stage and what comes after it, as far as their data differ")
    func parameter() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        try world.write("params.yaml", "clean:\n  level: 1\ntrain:\n  rate: 0.2\n")
        let why = try world.cairn("why", "train").succeeded().stdout
        #expect(why.contains("param train.rate 0.1 → 0.2 in params.yaml"), "\(why)")
        try world.cairn("repro").succeeded()
        // The model is the same bytes as before, so nothing has to be evaluated.
        #expect(try world.ran() == ["train"])
    }

    @Test("changed data reruns all that comes after it")
    func data() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        try world.write("raw", "other raw\n")
        let status = try world.cairn("status").succeeded().stdout
        #expect(status.contains("prepare") && status.contains("dep raw modified"), "\(status)")
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["prepare", "train", "evaluate"])
    }

    @Test("what has been run before comes from the run cache")
    func runCache() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        try world.write("raw", "second\n")
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        try world.write("raw", "raw\n")
        let result = try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
        #expect(try world.read("model") == "raw\n")
        #expect(result.stderr.contains("taken from an earlier run"))
        #expect(try world.read("metrics.json") == "{\"accuracy\": 4 }\n")
        try world.write("raw", "second\n")
        try world.cairn("repro", "--no-run-cache").succeeded()
        #expect(try world.ran() == ["prepare", "train", "evaluate"])
    }

    @Test("outputs that are missing come from the cache")
    func missing() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        Files.delete(world.sandbox("one/model"))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
        #expect(try world.read("model") == "raw\n")
    }

    @Test("targets, alone, with what is below them, and all")
    func targets() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro", "train").succeeded()
        #expect(try world.ran() == ["prepare", "train"])
        try world.cairn("repro", "-s", "-f", "prepare").succeeded()
        #expect(try world.ran() == ["prepare"])
        try world.cairn("repro", "--downstream", "-f", "train").succeeded()
        #expect(try world.ran() == ["train", "evaluate"])
        try world.cairn("repro", "-p", "-f", "model").succeeded()
        #expect(try world.ran() == ["prepare", "train", "evaluate"])
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.ran() == ["aside"])
        try world.cairn("repro", "--force-downstream", "-f", "-s", "aside").succeeded()
        #expect(try world.ran() == ["aside"])
    }

    @Test("a dry run says what would run and changes nothing")
    func dry() throws {
        let world = try ReproduceWorld.chain()
        let result = try world.cairn("repro", "--dry").succeeded()
        #expect(try world.ran() == [])
        #expect(!world.exists("dvc.lock"))
        #expect(result.stderr.contains("4 stages would run"), "\(result)")
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        try world.write("raw", "x\n")
        let second = try world.cairn("repro", "--dry").succeeded().stderr
        #expect(second.contains("dep raw changed") && second.contains("prepare runs"), "\(second)")
    }

    @Test("the lock is the same for any number of stages at a time", arguments: [false, true])
    func jobs(_ isNative: Bool) throws {
        var stages = "stages:\n"
        for number in 0..<24 {
            let after = number >= 6 ? "\n    deps: [o\(number - 6)]" : ""
            let sleep = (24 - number) % 5
            stages +=
                "  s\(number):\n    cmd: sleep 0.0\(sleep); echo \(number) > o\(number)\(after)\n    outs: [o\(number)]\n"
        }
        var locks: Set<String> = []
        for jobs in ["1", "2", "8"] {
            let world = try ReproduceWorld(stages, native: isNative)
            try world.cairn("repro", "-j", jobs).succeeded()
            locks.insert(try world.read("dvc.lock"))
            #expect(try world.cairn("status", "--exit-code").exitCode == 0)
        }
        #expect(locks.count == 1)
    }

    @Test("without commit nothing is stored, and the lock is written")
    func noCommit() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro", "--no-commit").succeeded()
        #expect(try world.read("dvc.lock").contains("model"))
        let status = try world.cairn("status").stdout
        #expect(status.contains("missing"), "\(status)")
        try world.cairn("commit", "-f").succeeded()
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
    }

    @Test("a frozen stage stays as it is")
    func frozen() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        _ = try world.ran()
        let text = try world.read("dvc.yaml").replacing("  train:\n", with: "  train:\n    frozen: true\n")
        try world.write("dvc.yaml", text)
        try world.write("raw", "new\n")
        try world.cairn("repro").succeeded()
        // Nothing runs for the sake of a frozen stage; but `prepare` was asked for, as all of the file.
        #expect(try world.ran() == ["prepare"])
        #expect(try world.read("model") == "raw\n")
    }

    @Test("an output that was changed by hand and is recorded nowhere is kept in the cache")
    func keepsUnsaved() throws {
        let world = try ReproduceWorld.chain()
        try world.cairn("repro").succeeded()
        try world.write("model", "precious work\n")
        try world.write("params.yaml", "clean:\n  level: 1\ntrain:\n  rate: 0.9\n")
        let result = try world.cairn("repro").succeeded()
        #expect(try world.read("model") == "raw\n")
        let id = try #require(
            result.stderr.split(separator: " ").last { $0.hasPrefix("b8") || $0.count > 30 })
        let digest = id.split(separator: "\n").first.map(String.init) ?? ""
        let path = "one/.dvc/cache/files/md5/\(digest.prefix(2))/\(digest.dropFirst(2))"
        #expect(try Files.text(world.sandbox(path)) == "precious work\n", "\(result)")
    }
}
