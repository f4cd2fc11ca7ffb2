import CairnTestSupport
import Testing

/// What the real dvc makes of a repository that was native.
@Suite(
    "Interop: migrate", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropMigrateTests {
    @Test("dvc finds everything in order in a repository that came back", arguments: ["copy", "symlink"])
    func back(_ cacheType: String) throws {
        let sandbox = try Sandbox()
        try MigrateTests.makeProject(sandbox, cacheType: cacheType)
        try sandbox.setRemote("one")
        try sandbox.cairn("config", "-q", "cache.type", cacheType, in: "one").succeeded()
        try sandbox.commit("one", "remote")
        let tree = try sandbox.shell("git write-tree", in: "one").stdout
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        // DVC must not find anything that it wrote itself.
        try sandbox.shell("rm -rf .dvc/cache/files/md5", in: "one").succeeded()
        try sandbox.must(.cairn, "verify", in: "one")
        #expect(
            try sandbox.run(.dvc, ["status"], in: "one").exitCode != 0, "DVC works in a native repository")
        try sandbox.cairn("migrate", "-q", "--to", "dvc", in: "one").succeeded()
        #expect(try sandbox.shell("git add -u && git write-tree", in: "one").stdout == tree)
        try expectClean(.dvc, sandbox, in: "one")
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        try sandbox.must(.dvc, "push", "-q", in: "one")
        try expectSound(store: sandbox("remote"), for: sandbox("one"))
        try sandbox.shell("mv data tool made ..", in: "one").succeeded()
        try sandbox.must(.dvc, "checkout", in: "one")
        for name in ["data", "tool", "made"] { try expectSameData(sandbox(name), sandbox("one/\(name)")) }
        try sandbox.must(.dvc, "gc", "-w", "-f", in: "one")
        try sandbox.must(.cairn, "verify", in: "one")
        // What dvc left of the native cache is whole.
        try sandbox.must(.cairn, "migrate", "-q", "--to", "native", in: "one")
        try sandbox.must(.cairn, "verify", in: "one")
    }

    @Test("a repository that was always native becomes one of dvc's")
    func born() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        var random = SeededRandom(seed: 5)
        try random.fill(sandbox("one/data"), files: 40, size: 2000)
        try sandbox.shell("chmod -R +x data; mkdir data/empty", in: "one").succeeded()
        try Files.write(random.bytes(600_000), to: sandbox("one/big"))
        try sandbox.cairn("add", "-q", "data", "big", in: "one").succeeded()
        try sandbox.commit("one", "native")
        try sandbox.cairn("migrate", "-q", "--to", "dvc", "--lossy", in: "one").succeeded()
        let pointers = try ["data.dvc", "big.dvc"].map { try Files.text(sandbox("one/\($0)")) }
        try sandbox.commit("one", "dvc")
        try expectClean(.dvc, sandbox, in: "one")
        // What dvc writes for the same data.
        try sandbox.shell("rm data.dvc big.dvc", in: "one").succeeded()
        try sandbox.must(.dvc, "add", "-q", "data", "big", in: "one")
        #expect(try ["data.dvc", "big.dvc"].map { try Files.text(sandbox("one/\($0)")) } == pointers)
        try sandbox.shell("rm -r data big", in: "one").succeeded()
        try sandbox.must(.dvc, "checkout", "-q", in: "one")
        try expectClean(.cairn, sandbox, in: "one")
    }
}
