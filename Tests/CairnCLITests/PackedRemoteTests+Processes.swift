import CairnTestSupport
import Glibc
import Testing

extension PackedRemoteTests {
    /// Gives a clone data of its own beside that of all, under the name of the clone.
    private func addOwnData(_ world: PackedWorld, _ clone: String, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try random.fill(world.sandbox("\(clone)/own-\(clone)"), files: 25, size: 4000)
        try Files.write(random.bytes(700_000), to: world.sandbox("\(clone)/long-\(clone)"))
        var common = SeededRandom(seed: 99)
        try Files.write(common.bytes(500_000), to: world.sandbox("\(clone)/common-\(clone)"))
        try world.sandbox.must(
            .cairn, "add", "-q", "own-\(clone)", "long-\(clone)", "common-\(clone)", in: clone)
        try world.sandbox.commit(clone, "data of \(clone)")
    }

    /// Expects that every clone's data is on the remote, by fetching it into an empty cache.
    private func expectAllThere(_ world: PackedWorld, _ clones: [String]) throws {
        #expect(try NativeStoreCheck.problems(in: world.sandbox("remote")) == [])
        for clone in clones {
            let verify = try world.cairn("verify", "--remote", "store", in: clone)
            #expect(verify.exitCode == 0, "\(verify)")
            let sums = try StoreCheck.md5([world.sandbox("\(clone)/long-\(clone)")])
            Files.delete(world.sandbox("\(clone)/.dvc/cache"))
            Files.delete(world.sandbox("\(clone)/.dvc/tmp"))
            for path in ["own-\(clone)", "long-\(clone)", "common-\(clone)"] {
                Files.delete(world.sandbox("\(clone)/\(path)"))
            }
            try world.sandbox.must(.cairn, "pull", "-q", in: clone)
            #expect(try StoreCheck.md5([world.sandbox("\(clone)/long-\(clone)")]) == sums)
            try expectClean(.cairn, world.sandbox, in: clone)
            try world.sandbox.must(.cairn, "verify", "-q", in: clone)
        }
    }

    @Test("four processes push to one remote at once, and nothing is lost")
    func fourPushers() throws {
        let world = try PackedWorld(isPushed: false)
        let clones = ["a", "b", "c", "d"]
        for (number, clone) in clones.enumerated() {
            try world.clone(clone)
            try addOwnData(world, clone, seed: UInt64(number + 1))
        }
        // The data of the first commit is in the first clone's cache alone, and the others must not need it.
        let running = try clones.map {
            try world.sandbox.start(["push", "own-\($0)", "long-\($0)", "common-\($0)"], in: $0)
        }
        for program in running {
            let result = try #require(try program.wait(seconds: 120))
            #expect(result.exitCode == 0, "\(result)")
        }
        try world.sandbox.must(.cairn, "push", "-q", in: "one")
        try expectAllThere(world, clones)
    }

    @Test(
        "pushes and pulls of several processes are killed at random moments; the same commands finish",
        .tags(.crash))
    func kills() throws {
        let world = try PackedWorld()
        let clones = ["a", "b", "c"]
        for (number, clone) in clones.enumerated() {
            try world.clone(clone)
            try addOwnData(world, clone, seed: UInt64(number + 11))
        }
        var random = SeededRandom(seed: 5)
        for _ in 0..<(Crash.rounds ?? 6) {
            var running: [RunningProgram] = []
            for clone in clones { running.append(try world.sandbox.start(["push"], in: clone)) }
            try world.clone("reader")
            running.append(try world.sandbox.start(["pull"], in: "reader"))
            for program in running {
                // Not a wait: the moment is what is tested.
                usleep(UInt32.random(in: 0...60_000, using: &random))
                program.kill(SIGKILL)
                _ = try program.wait(seconds: 60)
            }
            // Whatever is there is sound, and a segment tells of nothing that is not.
            #expect(try NativeStoreCheck.problems(in: world.sandbox("remote")) == [])
            try world.sandbox.must(.cairn, "pull", "-q", in: "reader")
            try expectClean(.cairn, world.sandbox, in: "reader")
        }
        for clone in clones { try world.sandbox.must(.cairn, "push", "-q", in: clone) }
        try expectAllThere(world, clones)
    }

    @Test(
        "collections and pushes beside them are killed at random moments; the same commands finish, and nothing that is used is lost",
        .tags(.crash))
    func killedCollection() throws {
        let world = try PackedWorld()
        try world.clone("a")
        // What it was cloned with is not in its cache, and goes from the remote.
        let own = ["own-a", "long-a", "common-a"]
        // A collector takes only what has been there for days, and deletes only what was announced a day ago.
        func age() throws {
            try world.sandbox.shell("find remote -type f -exec touch -d '20 days ago' {} +", in: "")
                .succeeded()
        }
        var random = SeededRandom(seed: 10)
        var killed = 0
        for round in 0..<UInt64(Crash.rounds ?? 6) {
            var content = SeededRandom(seed: 100 + round)
            try content.fill(world.sandbox("one/data"), files: 40, size: 3000)
            try Files.write(content.bytes(900_000), to: world.sandbox("one/big"))
            try world.sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
            try world.sandbox.must(.cairn, "push", "-q", in: "one")
            Files.delete(world.sandbox("a/own-a"))
            try addOwnData(world, "a", seed: 200 + round)
            try age()
            let collector = try world.sandbox.start(["gc", "-c", "-w", "-f"], in: "one")
            let pusher = try world.sandbox.start(["push"] + own, in: "a")
            for program in [collector, pusher] {
                // Not a wait: the moment is what is tested.
                usleep(UInt32.random(in: 0...50_000, using: &random))
                program.kill(SIGKILL)
                if try program.wait(seconds: 60)?.exitCode == 128 + SIGKILL { killed += 1 }
            }
            #expect(try NativeStoreCheck.problems(in: world.sandbox("remote")) == [])
            if round % 2 == 1 { try age() }
            try world.sandbox.must(.cairn, "gc", "-c", "-w", "-f", "-q", in: "one")
            #expect(try NativeStoreCheck.problems(in: world.sandbox("remote")) == [])
            try #expect(world.sandbox.run(.cairn, ["push", "-q"] + own, in: "a").exitCode == 0)
        }
        #expect(killed > 0)
        for _ in 0..<2 {
            try age()
            try world.sandbox.must(.cairn, "gc", "-c", "-w", "-f", "-q", in: "one")
        }
        try expectAllThere(world, ["a"])
        try world.sandbox.commit("one", "the last data")
        world.forgetData("one")
        try world.sandbox.must(.cairn, "pull", "-q", in: "one")
        try expectClean(.cairn, world.sandbox, in: "one")
        try world.sandbox.must(.cairn, "verify", "-q", in: "one")
    }

    @Test("the repair of a remote is killed at random moments; the same command finishes", .tags(.crash))
    func killedRepair() throws {
        let world = try PackedWorld()
        var random = SeededRandom(seed: 8)
        for round in 0..<(Crash.rounds ?? 5) {
            let packs = try world.packs
            try world.damage(packs[0])
            if round % 2 == 1 { Files.delete(world.sandbox("remote/\(packs[packs.count - 1])")) }
            if round % 3 == 2 { try world.truncate(world.remote("log/idx")[0]) }
            let running = try world.sandbox.start(["repair", "--on", "store"], in: "one")
            // Not a wait: the moment is what is tested.
            usleep(UInt32.random(in: 0...90_000, using: &random))
            running.kill(SIGKILL)
            _ = try running.wait(seconds: 60)
            let again = try world.cairn("repair", "--on", "store")
            #expect(again.exitCode == 0, "\(again)")
            try expectHealthy(world)
        }
    }

    @Test("unbundling is killed at random moments; the same command finishes", .tags(.crash))
    func killedUnbundle() throws {
        let world = try PackedWorld(isPushed: false)
        try world.sandbox.must(.cairn, "bundle", "create", "HEAD", "-o", "../b", "-q", in: "one")
        var random = SeededRandom(seed: 9)
        for _ in 0..<(Crash.rounds ?? 5) {
            try world.clone()
            let running = try world.sandbox.start(["bundle", "unbundle", "../b"], in: "two")
            // Not a wait: the moment is what is tested.
            usleep(UInt32.random(in: 0...60_000, using: &random))
            running.kill(SIGKILL)
            _ = try running.wait(seconds: 60)
            #expect(try NativeStoreCheck.problems(in: world.sandbox("two/.dvc/cache")) == [])
            try world.sandbox.must(.cairn, "bundle", "unbundle", "-q", "../b", in: "two")
            try world.sandbox.must(.cairn, "checkout", "-q", in: "two")
            try expectClean(.cairn, world.sandbox, in: "two")
            #expect(try StoreForm.packed.leftovers(in: world.sandbox("two")) == [])
        }
    }
}
