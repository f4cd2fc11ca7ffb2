import CairnTestSupport
import Glibc
import Testing

/// Two programs in one repository wait for each other.
@Suite("Interop: both at once", .tags(.interop))
struct InteropLockTests {
    /// Holds the repository's lock, as any program does that takes flock(2) on it, until it is killed.
    private func holdLock(_ sandbox: Sandbox, in project: String, seconds: Double) throws -> RunningProgram {
        try Files.makeFolder(sandbox("\(project)/.dvc/tmp"))
        let script =
            "exec 9>>.dvc/tmp/lock; flock 9; echo \" $$\" > .dvc/tmp/lock; touch held; exec sleep \(seconds)"
        let holder = try Program.start(
            "/bin/sh", ["-c", script], in: sandbox(project), environment: sandbox.environment)
        let deadline = Monotonic.now + 10
        while !Files.exists(sandbox("\(project)/held")) {
            guard Monotonic.now < deadline else { throw SupportError("the lock could not be taken") }
            usleep(2_000)
        }
        Files.delete(sandbox("\(project)/held"))
        return holder
    }

    @Test("cairn waits for the holder of the lock, then works")
    func waits() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("x", to: sandbox("one/f"))
        let holder = try holdLock(sandbox, in: "one", seconds: 1.5)
        let start = Monotonic.now
        let result = try sandbox.cairn("add", "f", in: "one")
        #expect(result.exitCode == 0, "\(result)")
        #expect(Monotonic.now - start > 1)
        #expect(holder.hasEnded)
        #expect(Files.exists(sandbox("one/f.dvc")))
    }

    @Test("called dvc it gives up after about three seconds, with DVC's code and words")
    func givesUp() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("x", to: sandbox("one/f"))
        let holder = try holdLock(sandbox, in: "one", seconds: 60)
        let start = Monotonic.now
        let result = try sandbox.cairnAsDVC("add", "f", in: "one")
        let took = Monotonic.now - start
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.stderr.contains("Unable to acquire lock"))
        #expect(took > 2 && took < 15)
        #expect(!Files.exists(sandbox("one/f.dvc")))
        holder.kill(SIGKILL)
    }

    @Test("readers do not wait")
    func readers() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("x", to: sandbox("one/f"))
        try sandbox.cairn("add", "f", in: "one").succeeded()
        let holder = try holdLock(sandbox, in: "one", seconds: 60)
        for command in [["status"], ["data", "status"], ["root"], ["ls", "."]] {
            let start = Monotonic.now
            _ = try sandbox.run(.cairn, command, in: "one").succeeded()
            #expect(Monotonic.now - start < 5, "\(command)")
        }
        #expect(!holder.hasEnded)
        holder.kill(SIGKILL)
    }

    @Test("a path that a living process writes is busy, that of a dead one is not", arguments: [true, false])
    func readWriteLock(_ isAlive: Bool) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try Files.write("x", to: sandbox("one/data/f"))
        // A process that has just ended, or one that lives as long as this test.
        let other = try Program.start("/bin/sleep", [isAlive ? "60" : "0"], in: "/", environment: [:])
        if !isAlive { _ = try other.wait(seconds: 10) }
        let entry =
            "{\"write\": {\"\(sandbox("one/data"))\": {\"pid\": \(other.process), \"cmd\": \"dvc x\"}}}"
        try Files.write(entry, to: sandbox("one/.dvc/tmp/rwlock"))
        let result = try sandbox.cairn("add", "data", in: "one")
        #expect((result.exitCode == 0) == !isAlive, "\(result)")
        if isAlive {
            #expect(result.stderr.contains("\(other.process)"), "the holder is named: \(result.stderr)")
        }
        #expect(Files.exists(sandbox("one/data.dvc")) == !isAlive)
        other.kill(SIGKILL)
    }

    @Test(
        "both add at the same time, many times",
        .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func together() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        var random = SeededRandom(seed: 3)
        for round in 0..<5 {
            for tool in Tool.allCases {
                try random.fill(sandbox("one/\(tool)-\(round)"), files: 30, size: 2000)
                try Files.write("same \(round)", to: sandbox("one/\(tool)-\(round)/same"))
            }
            let running = try Tool.allCases.map {
                try sandbox.start($0, ["add", "\($0)-\(round)"], in: "one")
            }
            for program in running {
                let result = try #require(try program.wait(seconds: 60))
                #expect(result.exitCode == 0, "\(result)")
            }
        }
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        let ignored = Set(try Files.text(sandbox("one/.gitignore")).split(separator: "\n").map(String.init))
        #expect(ignored.count == 10, "no entry is lost: \(ignored.sorted())")
        for tool in Tool.allCases { try expectClean(tool, sandbox, in: "one") }
    }

    @Test(
        "pushers to one remote at the same time",
        .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func pushers() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        var random = SeededRandom(seed: 4)
        try random.fill(sandbox("one/data"), files: 150)
        try sandbox.must(.dvc, "add", "-q", "data", in: "one")
        try sandbox.commit("one", "data")
        try sandbox.clone("one", to: "two")
        try sandbox.shell("cp -a one/.dvc/cache two/.dvc/cache", in: "").succeeded()
        let running = [
            try sandbox.start(.dvc, ["push"], in: "one"), try sandbox.start(.cairn, ["push"], in: "two"),
        ]
        for program in running {
            let result = try #require(try program.wait(seconds: 60))
            #expect(result.exitCode == 0, "\(result)")
        }
        try expectSound(store: sandbox("remote"), for: sandbox("one"))
        #expect(StoreCheck.leftovers(in: sandbox("remote")) == [])
    }
}
