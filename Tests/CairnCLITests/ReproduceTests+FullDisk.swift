import CairnTestSupport
import Glibc
import Testing

/// A disk that fills while stages run.
@Suite(
    "Running pipelines on a full disk",
    .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"))
struct ReproduceFullDiskTests {
    @Test(
        "what ended before is recorded, the rest is not, and the same command goes on",
        arguments: [false, true])
    func full(isNative: Bool) throws {
        let pipeline = """
            stages:
              small:
                cmd: echo small >> ../ran; cat seed > a
                deps: [seed]
                outs: [a]
              large:
                cmd: echo large >> ../ran; cat a > b; head -c 700000 /dev/urandom >> b
                deps: [a]
                outs: [b]

            """
        let world = try ReproduceWorld(pipeline, native: isNative, files: ["seed": "1\n"])
        let disk = try MountedDisk(.tmpfs, kilobytes: 600, on: world.sandbox("one/.dvc/cache"))
        let result = try world.cairn("repro")
        #expect(result.exitCode != 0 && result.stderr.contains("no space left"), "\(result)")
        #expect(!result.stderr.contains("Fatal error"))
        #expect(try world.ran() == ["small", "large"])
        let lock = try world.read("dvc.lock")
        #expect(lock.contains("small:") && !lock.contains("large:"), "\(lock)")

        #expect(mount("none", disk.path, "tmpfs", UInt(MS_REMOUNT), "size=8000k") == 0)
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["large"])
        try expectClean(.cairn, world.sandbox, in: "one")
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
    }
}
