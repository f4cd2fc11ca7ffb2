import CairnTestSupport
import Testing

/// The whole program is killed while it works, in repositories of every form.
@Suite("Crash", .tags(.crash))
struct CrashTests {
    /// A repository with some versions of a directory and of a large file, and the worlds that are made after it.
    struct Original {
        let form: StoreForm
        let sandbox: Sandbox

        /// Makes `versions` versions, tagged `v0`, `v1`, …; each keeps most files of the one before.
        init(_ form: StoreForm, versions: Int) throws {
            self.form = form
            sandbox = try Sandbox()
            try form.makeProject("one", in: sandbox)
            for version in 0..<versions {
                try CrashTests.edit(sandbox, version: version)
                try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
                try sandbox.commit("one", "version \(version)")
                try sandbox.git("tag", "v\(version)", in: "one")
            }
        }

        /// The same world at another place, its remote included.
        func copy() throws -> Sandbox {
            let copy = try Sandbox()
            let remote = Files.exists(sandbox("remote")) ? "cp -a '\(sandbox("remote"))' ." : "mkdir remote"
            try copy.shell("cp -a '\(sandbox("one"))' . && \(remote)", in: "").succeeded()
            try Files.write(form.configuration(remote: copy("remote")), to: copy("one/.dvc/config"))
            return copy
        }
    }

    /// Makes the data of a version, or changes that of the version before: two thirds of the small files, and a part of the large one.
    static func edit(_ sandbox: Sandbox, version: Int) throws {
        var random = SeededRandom(seed: UInt64(version))
        guard version > 0 else {
            try random.fill(sandbox("one/data"), files: 150, size: 6000)
            return try Files.write(random.bytes(1_500_000), to: sandbox("one/big"))
        }
        // Deleted before they are written: some are links to objects.
        for (number, path) in Files.paths(below: sandbox("one/data")).enumerated() where number % 3 > 0 {
            Files.delete(sandbox("one/data/\(path)"))
            if number % 9 > 1 { try Files.write(random.bytes(3000), to: sandbox("one/data/\(path)")) }
        }
        let big = try Files.read(sandbox("one/big"))
        Files.delete(sandbox("one/big"))
        try Files.write(
            big[..<500_000] + random.bytes(400_000) + big[700_000...], to: sandbox("one/big"))
    }

    /// What `md5sum` says of the user's files.
    static func sums(_ sandbox: Sandbox) throws -> [String: String] {
        let files = Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") }
        return try StoreCheck.md5(files + [sandbox("one/big")])
    }

    static func rounds(_ form: StoreForm) -> Int { form == .dvc ? 10 : 5 }

    private func crash(
        _ name: String, _ form: StoreForm, cacheMayLack: Bool = false,
        _ makeScene: (UInt64) throws -> Crash.Scene
    ) throws {
        try Crash(name: name, form: form, cacheMayLack: cacheMayLack)
            .run(rounds: Self.rounds(form), makeScene)
    }

    @Test("add", arguments: StoreForm.allCases)
    func add(_ form: StoreForm) throws {
        try crash("add", form) { seed in
            let sandbox = try Sandbox()
            try form.makeProject("one", in: sandbox)
            var random = SeededRandom(seed: seed)
            try random.fill(sandbox("one/data"), files: 250, size: 6000)
            try Files.write(random.bytes(3_000_000), to: sandbox("one/big"))
            let before = try Self.sums(sandbox)
            // The user's files are all there, with their bytes.
            let check: () throws -> Void = {
                let now = try Self.sums(sandbox)
                #expect(now == before)
            }
            return Crash.Scene(
                sandbox: sandbox, command: ["add", "data", "big"], check: check, checkEnd: check)
        }
    }

    @Test("add after an edit: the earlier version stays whole", arguments: StoreForm.native)
    func addAgain(_ form: StoreForm) throws {
        let original = try Original(form, versions: 1)
        try crash("add again", form) { seed in
            let sandbox = try original.copy()
            try Self.edit(sandbox, version: Int(seed) + 1)
            let before = try Self.sums(sandbox)
            let check: () throws -> Void = {
                let now = try Self.sums(sandbox)
                #expect(now == before)
                try sandbox.must(.cairn, "verify", "-q", "--all-commits", in: "one")
            }
            return Crash.Scene(
                sandbox: sandbox, command: ["add", "data", "big"], check: check, checkEnd: check)
        }
    }

    @Test("checkout of another revision", arguments: StoreForm.allCases)
    func checkout(_ form: StoreForm) throws {
        // Both versions are made once; each round works on a copy.
        let original = try Original(form, versions: 2)
        var known: [Set<String>] = []
        for version in ["v0", "v1"] {
            try original.sandbox.git("checkout", "-q", version, in: "one")
            try original.sandbox.must(.cairn, "checkout", "-q", in: "one")
            known.append(Set(try Self.sums(original.sandbox).values))
        }
        try crash("checkout", form) { seed in
            let sandbox = try original.copy()
            let (from, to) = seed % 2 == 0 ? (1, 0) : (0, 1)
            if from == 0 {
                try sandbox.git("checkout", "-q", "v0", in: "one")
                try sandbox.must(.cairn, "checkout", "-q", in: "one")
            }
            try sandbox.git("checkout", "-q", "v\(to)", in: "one")
            return Crash.Scene(sandbox: sandbox, command: ["checkout"]) {
                // Every file in the workspace is whole: one version's or the other's.
                let half = try Self.sums(sandbox).filter { !known[0].union(known[1]).contains($0.value) }
                #expect(half.keys.sorted() == [])
            } checkEnd: {
                let now = Set(try Self.sums(sandbox).values)
                #expect(now == known[to])
            }
        }
    }

    @Test("push", arguments: [StoreForm.dvc, .packed])
    func push(_ form: StoreForm) throws {
        let original = try Original(form, versions: 1)
        try crash("push", form) { _ in
            let sandbox = try original.copy()
            let check: () throws -> Void = {
                // A listing on the remote means that its members are there: `problems` looks.
                let problems = try form.problems(in: sandbox("remote"))
                #expect(problems == [])
            }
            return Crash.Scene(sandbox: sandbox, command: ["push"], check: check) {
                try check()
                let missing = try form.missing(from: sandbox("remote"), forPointersOf: sandbox("one"))
                #expect(missing == [])
            }
        }
    }

    @Test("pull into an empty cache", arguments: StoreForm.allCases)
    func pull(_ form: StoreForm) throws {
        let original = try Original(form, versions: 1)
        try original.sandbox.must(.cairn, "push", "-q", in: "one")
        let sums = Set(try Self.sums(original.sandbox).values)
        try crash("pull", form, cacheMayLack: true) { _ in
            let sandbox = try original.copy()
            for path in [".dvc/cache", ".dvc/tmp", "data", "big"] { Files.delete(sandbox("one/\(path)")) }
            return Crash.Scene(sandbox: sandbox, command: ["pull"]) {
            } checkEnd: {
                let now = Set(try Self.sums(sandbox).values)
                #expect(now == sums)
            }
        }
    }

    @Test("gc of cache and remote", arguments: [["gc", "-w", "-f"], ["gc", "-w", "-c", "-f"]])
    func collect(_ command: [String]) throws {
        let original = try Original(.dvc, versions: 2)
        try original.sandbox.must(.cairn, "push", "-q", "-A", in: "one")
        try crash("gc", .dvc) { _ in
            let sandbox = try original.copy()
            return Crash.Scene(sandbox: sandbox, command: command) {
                #expect(try StoreCheck.problems(in: sandbox("remote")) == [])
                let missing = try StoreCheck.missing(from: sandbox("remote"), forPointersOf: sandbox("one"))
                #expect(missing == [])
            }
        }
    }
}
