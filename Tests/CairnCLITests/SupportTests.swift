import CairnTestSupport
import Testing

/// The tools of the other suites do what those rely on.
@Suite("Test support")
struct SupportTests {
    @Test("a program's streams, exit code and signal come back")
    func program() throws {
        let sandbox = try Sandbox()
        let result = try Program.run(
            "/bin/sh", ["-c", "cat; echo two >&2; exit 3"], in: sandbox(""), environment: [:],
            input: Array("one\n".utf8))
        #expect(result.stdout == "one\n")
        #expect(result.stderr == "two\n")
        #expect(result.exitCode == 3)
        let killed = try Program.run("/bin/sh", ["-c", "kill -9 $$"], in: "/", environment: [:])
        #expect(killed.exitCode == 137)
    }

    @Test("a program that takes too long is killed with its children")
    func deadline() throws {
        #expect(throws: SupportError.self) {
            try Program.run("/bin/sh", ["-c", "sleep 60 & wait"], in: "/", environment: [:], seconds: 0.2)
        }
    }

    @Test("a scratch directory goes with all that is in it, clean-up running latest first")
    func scratch() throws {
        let log = try ScratchDirectory()
        var inner: ScratchDirectory? = try ScratchDirectory()
        let path = try #require(inner?.path)
        try Files.write("x", to: "\(path)/a/b/c", mode: 0o400)
        for letter in ["1", "2"] {
            inner?.atEnd {
                let file = log("order")
                let before = (try? Files.text(file)) ?? ""
                try? Files.write(before + letter, to: file)
            }
        }
        inner = nil
        #expect(!Files.exists(path))
        #expect(try Files.text(log("order")) == "21")
    }

    @Test("a damaged object, a wrong mode and a member that is missing are found")
    func storeCheck() throws {
        let scratch = try ScratchDirectory()
        let good = "b1/946ac92492d2347c6235b4d2611184"
        try Files.write("hello\n", to: scratch("files/md5/\(good)"), mode: 0o444)
        #expect(try StoreCheck.problems(in: scratch.path) == [])
        try Files.write("hello!", to: scratch("files/md5/d4/1d8cd98f00b204e9800998ecf8427e"), mode: 0o644)
        try Files.write(
            #"[{"md5": "00000000000000000000000000000000", "relpath": "a"}]"#,
            to: scratch("files/md5/e7/5a2d5bc0e9d5c1bbc0fd0e5c1b3f8b.dir"), mode: 0o444)
        let problems = try StoreCheck.problems(in: scratch.path)
        #expect(problems.contains { $0.contains("mode 644") })
        #expect(problems.contains { $0.contains("holds bytes of") })
        #expect(problems.contains { $0.contains("which is not there") })
    }

    @Test("the same seed gives the same bytes")
    func seeded() {
        var one = SeededRandom(seed: 7)
        var two = SeededRandom(seed: 7)
        #expect(one.bytes(100) == two.bytes(100))
        #expect(SeededRandom.knownStart == 0xE220_A839_7B1D_CDAF)
    }

    @Test("a difference from expected bytes names the line")
    func golden() {
        let text = GoldenFile.difference(Array("a\nc\n".utf8), from: Array("a\nb\n".utf8), name: "x")
        #expect(text == "x, line 2: expected \"b\", got \"c\"")
    }
}

extension SeededRandom {
    /// The first number of seed 0, as published with the algorithm.
    fileprivate static var knownStart: UInt64 {
        var random = SeededRandom(seed: 0)
        return random.next()
    }
}
