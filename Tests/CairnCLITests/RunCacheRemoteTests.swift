import CairnTestSupport
import Testing

/// Earlier runs that others made: found by key on the remote, and what they made comes with them.
@Suite("Run cache on remotes")
struct RunCacheRemoteTests {
    /// A chain of stages that ran on `raw` and then on other data; the remote has both, and the clone `two` knows of the first only.
    private func world(native: Bool) throws -> ReproduceWorld {
        let world = try ReproduceWorld.chain(native: native)
        let sandbox = world.sandbox
        let settings = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../remote\n"
        try world.write(".dvc/config", world.read(".dvc/config") + settings)
        try world.cairn("repro", "-q").succeeded()
        try sandbox.commit("one", "first")
        try world.cairn("push", "-q", "--run-cache").succeeded()
        try sandbox.shell("git clone -q one two", in: ".").succeeded()
        try world.write("raw", "second\n")
        try world.cairn("repro", "-q").succeeded()
        try world.cairn("push", "-q", "--run-cache").succeeded()
        #expect(
            try world.cairn("push", "--run-cache").succeeded().stderr.contains("everything is on the remote"))
        try Files.write("second\n", to: sandbox("two/raw"))
        _ = try world.ran()
        return world
    }

    @Test("repro --pull takes what only an earlier run names, with its metrics", arguments: [false, true])
    func pulls(_ isNative: Bool) throws {
        let world = try world(native: isNative)
        let result = try world.sandbox.run(.cairn, ["repro", "--pull"], in: "two").succeeded()
        #expect(try world.ran() == [], "\(result)")
        #expect(try Files.text(world.sandbox("two/model")) == "second\n")
        #expect(try Files.text(world.sandbox("two/metrics.json")) == "{\"accuracy\": 7 }\n")
        #expect(try Files.text(world.sandbox("two/dvc.lock")) == world.read("dvc.lock"))
        // The runs that nobody needed stayed where they are.
        let records = Files.paths(below: world.sandbox("two/.dvc/cache/runs"))
        #expect(records.count == 3, "\(records)")
    }

    @Test(
        "fetch --run-cache asks for the runs of what is to be done now, stage after stage",
        arguments: [false, true])
    func fetches(_ isNative: Bool) throws {
        let world = try world(native: isNative)
        let sandbox = world.sandbox
        let some = try sandbox.run(.cairn, ["fetch", "--json", "--run-cache", "prepare"], in: "two")
            .succeeded()
        #expect(some.stdout.contains("\"run_records\": 1"), "\(some)")
        let all = try sandbox.run(.cairn, ["fetch", "--json", "--run-cache"], in: "two").succeeded()
        #expect(all.stdout.contains("\"run_records\": 2"), "\(all)")
        #expect(
            try sandbox.run(.cairn, ["repro", "-q", "--no-run-cache", "prepare"], in: "two").succeeded()
                .exitCode == 0)
        #expect(try world.ran() == ["prepare"])
    }

    @Test("push --run-cache sends the runs of the stages that are named")
    func pushes() throws {
        let world = try world(native: false)
        Files.delete(world.sandbox("remote"))
        try world.cairn("push", "-q", "--run-cache", "train").succeeded()
        #expect(Files.paths(below: world.sandbox("remote/runs")).count == 2)
        try world.cairn("push", "-q", "--run-cache").succeeded()
        #expect(Files.paths(below: world.sandbox("remote/runs")).count == 7)
    }

    @Test("a remote that is not there does not keep stages from running")
    func gone() throws {
        let world = try world(native: false)
        let config = try Files.text(world.sandbox("two/.dvc/config"))
        try Files.write(
            config.replacing("../../remote", with: "http://127.0.0.1:1/x"),
            to: world.sandbox("two/.dvc/config"))
        try Files.write("different\n", to: world.sandbox("two/other"))
        let result = try world.sandbox.run(.cairn, ["repro", "--pull"], in: "two")
        #expect(result.stderr.contains("earlier runs cannot be had from the remote: "), "\(result)")
        #expect(try world.ran() == ["prepare", "train", "evaluate", "aside"], "\(result)")
    }
}
