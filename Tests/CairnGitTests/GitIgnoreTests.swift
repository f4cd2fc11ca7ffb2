import CairnSystem
import Testing

@testable import CairnGit

@Suite("ignored paths")
struct GitIgnoreTests {
    /// What git says of each path.
    private func ignored(by fixture: GitFixture, _ paths: [[UInt8]]) throws -> [Bool] {
        let input = paths.flatMap { (path: [UInt8]) -> [UInt8] in path + [0] }
        let arguments = ["check-ignore", "--no-index", "-z", "-v", "-n", "--stdin"]
        let fields = try fixture.git(arguments, input: input, mayFail: true)
            .split(separator: 0, omittingEmptySubsequences: false).dropLast()
        #expect(fields.count == paths.count * 4)
        // Source, line, pattern, path; a path without a match has an empty source, a negated match does not count.
        return stride(from: 0, to: fields.count, by: 4).map {
            !fields[$0].isEmpty && fields[$0 + 2].first != UInt8(ascii: "!")
        }
    }

    @Test("agrees with git on rules of every kind")
    func agrees() throws {
        let fixture = try GitFixture()
        try fixture.write("excludes", in: fixture.scratch, "*.user\nboth\n")
        try fixture.git(["config", "core.excludesFile", fixture.scratch.appending("excludes").string])
        try fixture.write(".git/info/exclude", "*.mine\n!both\n")
        let rules = """
            \u{feff}first
            foo
            *.log
            /d2
            !/d2/k
            build/
            doc/*.txt
            **/deep/x
            a/**/z
            tail/**
            !tail/keep
            trailing   
            kept\\ \\ 
            \\#hash
            \\!bang
            # comment
            [a-c]1
            [!a-c]2
            [[:digit:]]n
            [^x]y[]]
            [z
            back\\
            q?q
            crlf\r
            ***three
            x**y
            /only/here
            /
            !
            sub/**/mid/*.c
            """
        try fixture.write(".gitignore", rules)
        try fixture.write("sub/.gitignore", "!foo\n!keep.log\nown\n/anchored\n")
        var folders = ["build", "d2", "d2/k", "tail", "sub/build"]
        var names = [
            "first", "foo", "sub/foo", "sub/deep/foo", "sub/keep.log", "sub/x.log", "d2/k/f", "build/a",
            "other/build",
            "doc/a.txt", "doc/sub/a.txt", "deep/x", "u/deep/x", "u/v/deep/x", "a/z", "a/b/z", "a/b/c/z",
            "tail/keep",
            "tail/o", "tail/keep/x", "trailing", "trailing   ", "kept  ", "kept", "#hash", "!bang", "a1",
            "d1", "a2", "d2",
            "5n", "nn", "ay]", "xy]", "[z", "back", "back\\", "qxq", "q/q", "crlf", "crlf\r", "abthree",
            "u/three", "xaay",
            "x/y", "only/here", "u/only/here", "sub/own", "own", "sub/anchored", "sub/u/anchored", "n.user",
            "n.mine",
            "both", "sub/mid/a.c", "sub/u/mid/a.c", "sub/mid/u/a.c", "# comment", "q\u{e9}q",
        ].map { bytes($0) }
        for name in names where !folders.contains(String(decoding: name, as: UTF8.self)) {
            // Some of the names are folders of others; those exist already or are made on the way.
            guard !names.contains(where: { $0.starts(with: name + bytes("/")) }) else { continue }
            try fixture.write(name, [1])
        }
        names += [bytes("q") + [0xFF] + bytes("q")]
        for folder in folders { try fixture.make(folder: fixture.top.appending(bytes: bytes(folder))) }
        folders.append("never-made")
        var ours = try fixture.open().ignoreRules()
        for (name, expected) in zip(names, try ignored(by: fixture, names)) {
            let isFolder = GitFiles.isFolder(fixture.top.appending(bytes: name))
            #expect(
                ours.isIgnored(name, isDirectory: isFolder) == expected,
                "\(String(decoding: name, as: UTF8.self))")
        }
        for (folder, expected) in zip(folders, try ignored(by: fixture, folders.map { bytes($0) })) {
            #expect(try fixture.open().isIgnored(bytes(folder), isDirectory: true) == expected, "\(folder)")
        }
    }

    @Test("agrees with git on random patterns", arguments: 1...20)
    func random(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        let alphabet = [
            "a", "b", "*", "**", "?", "/", "[ab]", "[!a]", "[a-c", "]", "\\", "\\*", "!", "-", " ", "#",
            "[]a]",
        ]
        let letters = ["a", "b", "c", "*", "-", "]", "[", " ", "#", "\\", "!"]
        let fixture = try GitFixture()
        for folder in ["", "a/", "a/b/"] {
            let lines = (0..<6).map { _ in
                (0..<Int.random(in: 1...7, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? ""
                }.joined()
            }
            try fixture.write(folder + ".gitignore", lines.joined(separator: "\n") + "\n")
        }
        let paths = (0..<120).map { _ in
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    letters.randomElement(using: &random) ?? ""
                }.joined()
            }.joined(separator: "/")
        }
        var ours = try fixture.open().ignoreRules()
        for (path, expected) in zip(paths, try ignored(by: fixture, paths.map { bytes($0) })) {
            let isFolder = GitFiles.isFolder(fixture.top.appending(bytes: bytes(path)))
            #expect(ours.isIgnored(bytes(path), isDirectory: isFolder) == expected, "\(path)")
        }
    }

    @Test("a pattern made to be slow is not", .timeLimit(.minutes(1)))
    func hostile() throws {
        let line = bytes(String(repeating: "*a", count: 200) + "b")
        let pattern = try #require(GitIgnorePattern(line: line[...]))
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 4000)[...]
        #expect(!pattern.matches(path: name, name: name, isFolder: false))
    }
}

/// A small generator (SplitMix64) whose seed is in the test's arguments.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
