import CairnTestSupport
import Testing

/// `gc -c` of remotes with packs as it is typed.
@Suite("gc of packed remotes")
struct CollectRemoteCommandTests {
    /// A repository of which two versions were pushed, long ago as far as the remote knows.
    private func pushed() throws -> Sandbox {
        let sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        for version in 0..<2 {
            try CrashTests.edit(sandbox, version: version)
            try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
            try sandbox.commit("one", "version \(version)")
            try sandbox.must(.cairn, "push", "-q", in: "one")
        }
        try age(sandbox)
        return sandbox
    }

    private func age(_ sandbox: Sandbox, days: Int = 20) throws {
        try sandbox.shell("find remote -type f -exec touch -d '\(days) days ago' {} +", in: "").succeeded()
    }

    private func files(_ sandbox: Sandbox) throws -> String {
        try sandbox.shell("find remote -type f -printf '%p %T@\\n' | sort", in: "").succeeded().stdout
    }

    private func canPullEverything(_ sandbox: Sandbox) throws -> Bool {
        Files.delete(sandbox("one/.dvc/cache"))
        _ = try sandbox.cairn("fetch", "-q", "--all-commits", in: "one")
        return try sandbox.cairn("verify", "-q", "--all-commits", in: "one").exitCode == 0
    }

    @Test(
        "--dry names what would go and writes nothing; then it is announced, stays for a day, and can be brought back"
    )
    func announcing() throws {
        let sandbox = try pushed()
        let before = try files(sandbox)
        let dry = try sandbox.cairn("gc", "-c", "-w", "--dry", in: "one").succeeded()
        #expect(dry.stderr.contains("from remote 'store'") && dry.stdout.contains("data/"), "\(dry)")
        #expect(try files(sandbox) == before)
        let refused = try sandbox.cairn("gc", "-c", "-w", in: "one")
        #expect(refused.exitCode == 1 && refused.stderr.contains("nobody can be asked"), "\(refused)")
        #expect(try files(sandbox) == before)
        let done = try sandbox.cairn("gc", "-c", "-w", "-f", in: "one").succeeded()
        #expect(done.stderr.contains("go with collections 1 day from now or later"), "\(done)")
        #expect(done.stderr.contains("`cairn gc -c --undo` brings them back"), "\(done)")
        let again = try sandbox.cairn("gc", "-c", "-w", "-f", in: "one").succeeded()
        #expect(again.stderr.contains("everything that is stored is used"), "\(again)")
        let undone = try sandbox.cairn("gc", "-c", "--undo", in: "one").succeeded()
        #expect(undone.stderr.hasPrefix("brought back "), "\(undone)")
        let nothing = try sandbox.cairn("gc", "-c", "--undo", in: "one")
        #expect(nothing.exitCode == 1 && nothing.stderr == "there is nothing to bring back\n", "\(nothing)")
        #expect(try canPullEverything(sandbox))
    }

    @Test("what was pushed within the last days stays")
    func young() throws {
        let sandbox = try pushed()
        try age(sandbox, days: 10)
        let report = try sandbox.cairn("gc", "-c", "-w", "-f", "--json", in: "one").succeeded().stdout
        #expect(report.contains(#""objects": 0, "packs": 0}"#), "\(report)")
        #expect(try canPullEverything(sandbox))
    }

    @Test("a repository that has not said what it needs stops the collection until it is given up")
    func forgetting() throws {
        let sandbox = try pushed()
        let roots = Files.names(in: sandbox("remote/log/roots"))
        let own = try #require(roots.first)
        try StoreForm.packed.makeProject("two", in: sandbox)
        // Another repository.
        try sandbox.shell("sed -i 's/id = ......../id = 99999999/' two/.dvc/config", in: "").succeeded()
        try Files.write(Array("two".utf8), to: sandbox("two/data/file"))
        try sandbox.must(.cairn, "add", "-q", "data", in: "two")
        try sandbox.must(.cairn, "push", "-q", in: "two")
        let other = try #require(Files.names(in: sandbox("remote/log/roots")).first { $0 != own })
        Files.delete(sandbox("remote/log/roots/\(other)"))
        let refused = try sandbox.cairn("gc", "-c", "-w", "-f", in: "one")
        #expect(refused.exitCode != 0 && refused.stderr.contains("has not said what it needs"), "\(refused)")
        #expect(refused.stderr.contains("`cairn gc -c -r store --forget \(other)`"), "\(refused)")
        let unasked = try sandbox.cairn("gc", "-c", "-r", "store", "--forget", other, in: "one")
        #expect(unasked.exitCode == 1 && unasked.stderr.contains("nothing was given up"), "\(unasked)")
        try sandbox.must(.cairn, "gc", "-c", "-f", "-r", "store", "--forget", other, in: "one")
        try sandbox.must(.cairn, "gc", "-c", "-w", "-f", in: "one")
    }

    @Test("wrong uses of --undo and --forget say what to type")
    func usage() throws {
        let sandbox = try pushed()
        let unknown = "00000000-0000-4000-8000-000000000001"
        for (words, code, text) in [
            (["gc", "--forget", unknown], 129, "`cairn gc -c --forget \(unknown)`"),
            (["gc", "-c", "-w", "--forget", unknown], 129, "with no scope"),
            (["gc", "-c", "-f", "--forget", "x"], 129, "neither the id of a repository"),
            (["gc", "-c", "-f", "--forget", unknown], 128, "knows nothing of"),
            (["gc", "-c", "-w", "--undo"], 129, "`cairn gc -c --undo`"),
            (["gc", "-r", "store", "--undo"], 129, "`cairn gc -c --undo`"),
        ] as [([String], Int32, String)] {
            let result = try Program.run(
                sandbox("bin/cairn"), words, in: sandbox("one"), environment: sandbox.environment)
            #expect(result.exitCode == code && result.stderr.contains(text), "\(words): \(result)")
        }
    }

    @Test("a remote that keeps files is collected as before, and nothing of it can be brought back")
    func looseRemote() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.must(.cairn, "remote", "add", "-q", "-d", "store", sandbox("store"), in: "one")
        let result = try sandbox.cairn("gc", "-c", "--undo", in: "one")
        #expect(result.exitCode != 0 && result.stderr.contains("keeps files, not packs"), "\(result)")
    }
}
