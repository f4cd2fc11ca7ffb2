import CairnTestSupport
import Testing

/// Repositories that are turned into the other format and back.
@Suite("Migrate")
struct MigrateTests {
    /// A project in DVC's format with a directory of random files (small ones, empty ones, one that is cut into chunks), a single file
    /// that is executable, and a stage that ran.
    static func makeProject(_ sandbox: Sandbox, seed: UInt64 = 1, cacheType: String = "copy") throws {
        try sandbox.makeProject("one")
        try sandbox.cairn("config", "-q", "cache.type", cacheType, in: "one").succeeded()
        var random = SeededRandom(seed: seed)
        try random.fill(sandbox("one/data"), files: 60, size: 3000)
        try Files.write(random.bytes(900_000), to: sandbox("one/data/in/large"))
        try Files.write("", to: sandbox("one/data/in/nothing"))
        try Files.write("#!/bin/sh\n", to: sandbox("one/tool"), mode: 0o755)
        try Files.write("print()\n", to: sandbox("one/code.py"))
        try Files.write(
            """
            stages:
              make:
                cmd: cp tool made
                deps:
                - code.py
                - data
                - data/in/large
                - tool
                outs:
                - made
                metrics:
                - score:
                    cache: false

            """, to: sandbox("one/dvc.yaml"))
        try Files.write("made \(seed)\n", to: sandbox("one/made"))
        try Files.write("\(seed)\n", to: sandbox("one/score"))
        try sandbox.cairn("add", "-q", "data", "tool", in: "one").succeeded()
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try Files.write(
            "# why we have it\n" + Files.text(sandbox("one/data.dvc")) + "  desc: some files  # a word\n",
            to: sandbox("one/data.dvc"))
        try sandbox.commit("one", "as DVC has it")
    }

    private static let texts = ["data.dvc", "tool.dvc", "dvc.lock", ".dvc/config"]

    private func texts(_ sandbox: Sandbox) throws -> [String] {
        try Self.texts.map { try Files.text(sandbox("one/\($0)")) }
    }

    @Test(
        "there and back, pointers and lock have the bytes that they had, and status is clean at every step",
        arguments: ["copy", "hardlink", "symlink", "reflink,copy"], [1, 2] as [UInt64])
    func roundTrip(_ cacheType: String, _ seed: UInt64) throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox, seed: seed, cacheType: cacheType)
        let before = try texts(sandbox)
        let files = Files.paths(below: sandbox("one/data")).map { sandbox("one/data/\($0)") }
        let contents = try StoreCheck.md5(files)
        let isPacked = cacheType == "copy"
        for _ in 0..<2 {
            let there = try sandbox.cairn("migrate", "--to", "native", in: "one").succeeded()
            #expect(there.stdout.contains("changed  dvc.lock\n"), "\(there)")
            let lock = try Files.text(sandbox("one/dvc.lock"))
            #expect(try !Files.text(sandbox("one/data.dvc")).contains("md5"))
            // What git keeps is not in the store, so that it keeps its id.
            #expect(
                lock.contains("path: code.py\n      hash: md5")
                    && lock.contains("path: score\n      hash: md5"))
            #expect(lock.matches(of: #/hash: blake3/#).count == 4, "\(lock)")
            #expect(Files.exists(sandbox("one/.dvc/cache/packs")) == isPacked || cacheType == "reflink,copy")
            try expectClean(.cairn, sandbox, in: "one")
            try sandbox.cairn("verify", in: "one").succeeded()
            try sandbox.cairn("migrate", "--to", "dvc", in: "one").succeeded()
            #expect(try texts(sandbox) == before)
            try expectClean(.cairn, sandbox, in: "one")
            try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        }
        #expect(try StoreCheck.md5(files) == contents)
    }

    @Test("what is in the cache alone is migrated as well", arguments: ["copy", "hardlink"])
    func cacheAlone(_ cacheType: String) throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox, cacheType: cacheType)
        let before = try texts(sandbox)
        try sandbox.shell("cp -a data tool made ..; rm -rf data tool made .dvc/tmp", in: "one").succeeded()
        try sandbox.cairn("migrate", "--to", "native", in: "one").succeeded()
        // The other objects are not needed for what comes.
        try sandbox.shell("mv .dvc/cache/files/md5 ../old", in: "one").succeeded()
        try sandbox.cairn("verify", in: "one").succeeded()
        try sandbox.cairn("checkout", "-q", in: "one").succeeded()
        for name in ["data", "tool", "made"] { try expectSameData(sandbox(name), sandbox("one/\(name)")) }
        try sandbox.shell("rm -rf data tool made .dvc/tmp", in: "one").succeeded()
        try sandbox.cairn("migrate", "--to", "dvc", in: "one").succeeded()
        #expect(try texts(sandbox) == before)
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        try sandbox.cairn("checkout", "-q", in: "one").succeeded()
        for name in ["data", "tool", "made"] { try expectSameData(sandbox(name), sandbox("one/\(name)")) }
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test("older revisions can be checked out after it, in both directions, until a collection drops them")
    func history() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.shell("cp -a data ../first && git tag first", in: "one").succeeded()
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        try sandbox.shell("echo more > data/more; chmod +x data/more; ln -s more data/link", in: "one")
            .succeeded()
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try sandbox.commit("one", "native")
        try sandbox.shell("cp -a data ../second && git tag second", in: "one").succeeded()
        try sandbox.cairn("migrate", "-q", "--to", "dvc", "--lossy", in: "one").succeeded()
        try sandbox.commit("one", "back")
        try sandbox.git("tag", "third", in: "one")
        for (revision, folder) in [
            ("first", "first"), ("second", "second"), ("third", "second"), ("first", "first"),
            ("third", "second"),
        ] {
            try sandbox.git("checkout", "-q", revision, in: "one")
            try sandbox.cairn("checkout", "-q", in: "one").succeeded()
            try expectSameData(sandbox(folder), sandbox("one/data"))
            try expectClean(.cairn, sandbox, in: "one")
        }
        try sandbox.cairn("gc", "-q", "-w", "-f", in: "one").succeeded()
        try sandbox.cairn("verify", in: "one").succeeded()
        try sandbox.git("checkout", "-q", "first", in: "one")
        #expect(try sandbox.cairn("verify", in: "one").exitCode == 1)
    }

    @Test("what is recorded is migrated, not what lies in the workspace")
    func uncommitted() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        let before = try texts(sandbox)
        try Files.write("not recorded", to: sandbox("one/data/new"))
        try sandbox.shell("rm tool; mkdir tool", in: "one").succeeded()
        for format in ["native", "dvc"] {
            let result = try sandbox.cairn("migrate", "--to", format, in: "one").succeeded()
            for name in ["data", "tool"] {
                #expect(result.stderr.contains("warning: '\(name)' is not as recorded"), "\(result)")
            }
            let status = try sandbox.cairn("status", in: "one").succeeded().stdout
            #expect(status.contains("modified  data  (1 added inside)"), "\(status)")
        }
        #expect(try texts(sandbox) == before)
        #expect(try Files.text(sandbox("one/data/new")) == "not recorded")
    }

    @Test("data that only the workspace has is stored on the way")
    func unstored() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.shell("rm -r .dvc/cache", in: "one").succeeded()
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        try sandbox.cairn("verify", in: "one").succeeded()
        try expectClean(.cairn, sandbox, in: "one")
        // Links are followed in the store, so that it has to have what only the workspace has.
        try sandbox.shell("ln -s in/large data/link", in: "one").succeeded()
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try sandbox.shell("rm -r .dvc/cache", in: "one").succeeded()
        try sandbox.cairn("migrate", "-q", "--to", "dvc", "--lossy", in: "one").succeeded()
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test(
        "data that `add --no-commit` left in the workspace is stored on the way, links and empty folders too",
        arguments: ["copy", "hardlink"], ["native", "dvc"])
    func neverStored(_ cacheType: String, _ format: String) throws {
        let sandbox = try Sandbox()
        let isNative = format == "native"
        try sandbox.makeProject(
            "one", settings: "[cache]\n    type = \(cacheType)\n" + (isNative ? "" : Sandbox.nativeSettings))
        var random = SeededRandom(seed: 7)
        try random.fill(sandbox("one/data"), files: 30, size: 2000)
        try Files.write(random.bytes(900_000), to: sandbox("one/data/in/large"))
        try Files.write("one file", to: sandbox("one/alone"))
        try sandbox.shell("ln -s in/large data/link; mkdir -p data/empty/inner", in: "one").succeeded()
        try sandbox.cairn("add", "-q", "--no-commit", "data", "alone", in: "one").succeeded()
        #expect(
            !Files.exists(sandbox("one/.dvc/cache/files")) && !Files.exists(sandbox("one/.dvc/cache/packs")))
        try sandbox.shell("cp -a data alone ..", in: "one").succeeded()
        if !isNative {
            // What DVC's format makes of it.
            try sandbox.shell("rm -r link empty && cp in/large link", in: "data").succeeded()
        }
        try sandbox.cairn("migrate", "-q", "--to", format, "--lossy", in: "one").succeeded()
        try sandbox.cairn("verify", in: "one").succeeded()
        try expectClean(.cairn, sandbox, in: "one")
        try sandbox.shell("rm -rf data alone .dvc/tmp", in: "one").succeeded()
        try sandbox.cairn("checkout", "-q", in: "one").succeeded()
        for name in ["data", "alone"] { try expectSameData(sandbox(name), sandbox("one/\(name)")) }
        try expectClean(.cairn, sandbox, in: "one")
        if isNative {
            let cache = sandbox("one/.dvc/cache")
            #expect(try NativeStoreCheck.problems(in: cache) == [])
            #expect(try NativeStoreCheck.missing(from: cache, forPointersOf: sandbox("one")) == [])
        } else {
            try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
        }
    }

    @Test("a dry run writes nothing and says the same")
    func dry() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        let before = TreeListing(of: sandbox("one"), skipping: [".dvc/tmp"]).description
        let dry = try sandbox.cairn("migrate", "--to", "native", "--dry-run", in: "one").succeeded()
        #expect(TreeListing(of: sandbox("one"), skipping: [".dvc/tmp"]).description == before)
        let json = try sandbox.cairn(
            "migrate", "--to", "native", "--dry-run", "--json", in: "one"
        ).succeeded().stdout
        let real = try sandbox.cairn("migrate", "--to", "native", in: "one").succeeded()
        #expect(dry.stdout.replacing("would change", with: "changed") == real.stdout)
        #expect(dry.stderr.hasPrefix("65 files"), "\(dry)")
        #expect(
            json.contains("\"changed\": [\"data.dvc\", \"dvc.lock\", \"tool.dvc\", \".dvc/config\"]"),
            "\(json)")
        let again = try sandbox.cairn("migrate", "--to", "native", in: "one").succeeded()
        #expect(again.stdout.isEmpty && again.stderr == "the repository is of the native format already\n")
    }

    @Test("git is told with core.autostage, and what is to be committed is named without")
    func staged() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        let told = try sandbox.cairn("migrate", "--to", "native", in: "one").succeeded()
        #expect(
            told.stderr.contains("to commit it: `git add data.dvc dvc.lock tool.dvc .dvc/config`"), "\(told)")
        try sandbox.commit("one", "native")
        try sandbox.cairn("config", "-q", "core.autostage", "true", in: "one").succeeded()
        try sandbox.cairn("migrate", "--to", "dvc", in: "one").succeeded()
        let staged = try sandbox.shell("git diff --cached --name-only", in: "one").stdout
        #expect(staged == ".dvc/config\ndata.dvc\ndvc.lock\ntool.dvc\n")
    }

    @Test("data of DVC 2 gets ids of either format")
    func legacy() throws {
        for format in ["native", "dvc"] {
            let sandbox = try Sandbox()
            try sandbox.makeProject("one")
            // "a\r\n" as DVC 2 hashes it: the MD5 of "a\n".
            try Files.write("a\r\n", to: sandbox("one/text"))
            try Files.write(
                "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 3\n  path: text\n",
                to: sandbox("one/text.dvc"))
            try Files.write(
                "a\r\n", to: sandbox("one/.dvc/cache/60/b725f10c9c85c70d97880dfe8191b3"), mode: 0o444)
            if format == "native" { Files.delete(sandbox("one/text")) }
            try sandbox.cairn("migrate", "--to", format, in: "one").succeeded()
            let pointer = try Files.text(sandbox("one/text.dvc"))
            #expect(pointer.contains("hash: \(format == "dvc" ? "md5" : "blake3")\n"), "\(pointer)")
            Files.delete(sandbox("one/text"))
            try sandbox.cairn("checkout", "-q", in: "one").succeeded()
            #expect(try Files.text(sandbox("one/text")) == "a\r\n")
            try sandbox.cairn("verify", in: "one").succeeded()
        }
    }
}
