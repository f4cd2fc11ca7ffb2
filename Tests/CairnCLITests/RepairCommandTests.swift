import CairnTestSupport
import Testing

/// `verify` and `repair` from the shell: what they print and how they end.
@Suite("Verify and repair commands")
struct RepairCommandTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        for name in ["a", "b"] { try Files.write("content of \(name)", to: sandbox("one/\(name)")) }
        try sandbox.cairn("add", "-q", "a", "b", in: "one").succeeded()
        try sandbox.commit("one", "first")
        try sandbox.git("tag", "v1", in: "one")
        try Files.write("later", to: sandbox("one/a"))
        try sandbox.cairn("add", "-q", "a", in: "one").succeeded()
        try sandbox.commit("one", "second")
        try sandbox.cairn("push", "-q", "--all-commits", in: "one").succeeded()
    }

    private func harm(_ text: String) throws {
        let script = "f=$(grep -rlx '\(text)' .dvc/cache/files); chmod 644 $f; printf 'content of X' > $f"
        try sandbox.shell(script, in: "one").succeeded()
    }

    static let wrong: [(arguments: String, code: Int32, words: String)] = [
        ("verify --depth deep", 129, "'present', 'structure' or 'full'"),
        ("verify --budget 10", 129, "--budget"), ("verify --budget 10x", 129, "--budget"),
        ("verify --budget 0s", 129, "--budget"), ("verify --budget ''", 129, "--budget"),
        ("verify --budget 99999999999999999999h", 129, "--budget"),
        ("verify --rev nothing", 128, "nothing"), ("verify --range v1", 129, "two dots"),
        ("verify --range v1...v1", 129, "two dots"), ("verify --range nothing..", 128, "nothing"),
        ("verify -r nowhere", 128, "cairn remote list"), ("repair -r nowhere", 128, "cairn remote list"),
        ("repair --depth x", 129, "--depth"), ("repair nothing", 128, "nothing"),
        ("repair -j 0", 129, "1 is the least"),
    ]

    @Test("wrong input is refused in one sentence", arguments: wrong.indices)
    func wrongInput(_ number: Int) throws {
        let (arguments, code, words) = Self.wrong[number]
        let result = try sandbox.shell("cairn \(arguments)", in: "one")
        #expect(result.exitCode == code && result.stdout.contains(words), "\(arguments): \(result)")
    }

    @Test("damage is named with paths and revisions, and the last line says what to type")
    func words() throws {
        try harm("content of a")
        let sound = try sandbox.cairn("verify", in: "one").succeeded()
        #expect(sound.stderr == "2 objects (17 B) in the cache are sound\n")
        let range = try sandbox.cairn("verify", "--range", "v1..HEAD", in: "one").succeeded()
        #expect(range.stderr == "2 objects (17 B) in the cache are sound\n")
        let found = try sandbox.cairn("verify", "--rev", "v1", in: "one")
        #expect(found.exitCode == 1 && found.stdout.contains("damaged  a (in v1)  "), "\(found)")
        #expect(
            found.stderr.hasSuffix("hint: heal the cache from other copies: `cairn repair --rev v1`\n"),
            "\(found)")
        let repaired = try sandbox.cairn("repair", "--rev", "v1", in: "one").succeeded()
        #expect(
            repaired.stdout.hasPrefix("healed  'a' (in v1) (")
                && repaired.stdout.contains("from remote 'store'"))
        #expect(repaired.stderr == "healed 1 object\n")
        let again = try sandbox.cairn("repair", "--rev", "v1", in: "one").succeeded()
        #expect(again.stderr == "nothing needs to be repaired: 3 objects looked at\n" && again.stdout.isEmpty)
    }

    @Test("what cannot be healed is named, and the exit code is 1")
    func broken() throws {
        try harm("content of a")
        try sandbox.shell("rm -r ../remote", in: "one").succeeded()
        let result = try sandbox.cairn("repair", "-A", in: "one")
        #expect(result.exitCode == 1 && result.stdout.contains("broken  'a' (in v1)  "), "\(result)")
        #expect(result.stdout.contains("remote 'store' does not exist"), "\(result)")
        #expect(result.stderr.contains("error: no copy was found of 1 object: 'a' (in v1)"), "\(result)")
    }

    @Test("JSON has the documented members")
    func json() throws {
        let verify = try sandbox.cairn("verify", "--json", "--budget", "1h", in: "one").succeeded().stdout
        for name in [
            "checked", "depth", "never_checked", "oldest_check", "packs", "pointers", "remaining", "segments",
            "sound",
        ] {
            #expect(verify.contains("\"\(name)\": "), "\(name)")
        }
        #expect(verify.contains("\"checked\": {\"bytes\": 17, \"files\": 2, \"packs\": 0}"))
        try harm("later")
        let repair = try sandbox.cairn("repair", "--json", in: "one").succeeded().stdout
        #expect(
            repair.contains("\"source\": \"remote\", \"source_name\": \"store\"")
                || repair.contains("\"source\": \"workspace\", \"source_name\": \"a\""), "\(repair)")
        #expect(
            repair.contains("\"broken\": [], \"depth\": \"full\", \"dry_run\": false, \"healed\": [{\"id\": ")
        )
    }

    @Test(
        "a store of a newer version is refused, or only read, and the hint is no repair that could not help")
    func newerStore() throws {
        let sandbox = try Sandbox()
        try sandbox.makeNativeProject("one")
        try Files.write("data", to: sandbox("one/f"))
        try sandbox.cairn("add", "-q", "f", in: "one").succeeded()
        let marker = try Files.text(sandbox("one/.dvc/cache/cairn.json"))
        for (list, commands) in [
            ("incompat", ["status", "cat f", "add g", "gc -w -f", "verify", "repair"]),
            ("ro_compat", ["add g"]), ("compat", []),
        ] {
            Files.delete(sandbox("one/.dvc/cache/cairn.json"))
            try Files.write(
                marker.replacing("\"\(list)\": []", with: "\"\(list)\": [\"future\"]"),
                to: sandbox("one/.dvc/cache/cairn.json"))
            let before = TreeListing(of: sandbox("one/.dvc/cache"), skipping: ["cairn.lock"]).description
            try Files.write(list, to: sandbox("one/g"))
            for command in commands {
                let result = try sandbox.shell("cairn \(command)", in: "one")
                #expect(
                    result.exitCode == 128 && result.stdout.contains("future")
                        && result.stdout.contains("hint: install a newer version"), "\(command): \(result)")
            }
            let after = TreeListing(of: sandbox("one/.dvc/cache"), skipping: ["cairn.lock"]).description
            #expect(after == before && !Files.exists(sandbox("one/g.dvc")))
            guard list != "incompat" else { continue }
            #expect(try sandbox.cairn("cat", "f", in: "one").succeeded().stdout == "data")
            try sandbox.cairn("verify", in: "one").succeeded()
        }
        try sandbox.cairn("add", "g", in: "one").succeeded()
    }

    @Test("a run of little time says what is left and ends well")
    func budget() throws {
        let result = try sandbox.cairn("verify", "--budget", "10m", in: "one").succeeded()
        #expect(result.stderr.contains("checked 2 files (17 B) of the store; nothing is left\n"), "\(result)")
        #expect(result.stderr.contains("the oldest check is from just now"))
    }
}
