import CairnTestSupport
import Foundation
import Testing

/// `du` and `analyze` from the shell.
@Suite("Sizes")
struct UsageTests {
    private struct Row: Decodable, Equatable {
        var path: String?
        var revision: String?
        var size: Int?
        var stored = 0
        var unique = 0
        var missing = 0
    }

    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private func rows(_ arguments: String..., in folder: String = "one") throws -> [Row] {
        let result = try sandbox.run(.cairn, ["du", "--json"] + arguments, in: folder).succeeded()
        return try JSONDecoder().decode([Row].self, from: Data(result.output))
    }

    /// `big` twice, once of them in `data`; three small files, one of them with the bytes of another. Two revisions.
    private func makeProject(isNative: Bool) throws {
        try sandbox.makeProject("one", settings: isNative ? Sandbox.nativeSettings : "")
        let big = (0..<50_000).map { "\($0) \($0 * $0 % 1013)\n" }.joined()
        try Files.write(big, to: sandbox("one/big"))
        try Files.write(big, to: sandbox("one/data/copy"))
        try Files.write("alone 1", to: sandbox("one/data/sub/a"))
        try Files.write("twice", to: sandbox("one/data/sub/b"))
        try Files.write("twice", to: sandbox("one/data/c"))
        try sandbox.cairn("add", "-q", "big", "data", in: "one").succeeded()
        try sandbox.commit("one", "first")
        try sandbox.git("tag", "v1", in: "one")
        try Files.write(big + "one more\n", to: sandbox("one/big"))
        try sandbox.cairn("add", "-q", "big", in: "one").succeeded()
        try sandbox.commit("one", "second")
    }

    @Test("in a cache of files, rows have the sizes of objects, and rows add up")
    func files() throws {
        try makeProject(isNative: false)
        let size = try Files.read(sandbox("one/data/copy")).count
        let all = try rows()
        #expect(all.map(\.path) == ["big", "data", "."])
        let listing = try #require(Files.names(in: sandbox("one/.dvc/cache/files/md5")).count > 0 ? 184 : nil)
        #expect(all[0] == Row(path: "big", size: size + 9, stored: size + 9, unique: size + 9))
        #expect(all[1].size == size + 17 && all[1].missing == 0)
        #expect(all[2].size == 2 * size + 26 && all[2].stored == all[0].stored + all[1].stored)
        let inner = try rows("data")
        #expect(inner.map(\.path) == ["data/c", "data/copy", "data/sub", "data"])
        // Half of what `c` and `sub/b` share.
        #expect(inner[0].size == 5 && inner[0].unique == 0 && (2...3).contains(inner[0].stored))
        #expect(inner[2].size == 12 && inner[2].unique == 7)
        #expect(inner[3].stored >= size + 12 + listing && inner[3].stored == inner[3].unique)
        #expect(try rows("-s", "data/sub").map(\.path) == ["data/sub"])
        #expect(try rows("-s", "data/sub")[0].unique == 7, "`c` uses the other file too")
    }

    @Test("in packs, rows have their part of frames, and add up to all that is needed")
    func packs() throws {
        try makeProject(isNative: true)
        let now = try rows()
        #expect(now.map(\.path) == ["big", "data", "."])
        #expect(abs(now[0].stored + now[1].stored - now[2].stored) <= 1 && now[2].stored == now[2].unique)
        #expect(now[0].unique < now[0].stored / 2, "they share all chunks but one")
        #expect(now[2].size == now[0].size.flatMap { big in now[1].size.map { big + $0 } })
        let revisions = try rows("-T")
        #expect(revisions.map(\.revision) == [nil, "v1", nil] && revisions[2].size == nil)
        // Everything in the packs is needed by one of the two; tables and ends of packs are nobody's.
        let packs = Files.paths(below: sandbox("one/.dvc/cache/packs"))
        let bytes = try packs.reduce(0) { $0 + (try Files.read(sandbox("one/.dvc/cache/packs/\($1)")).count) }
        #expect(revisions[2].stored < bytes && revisions[2].stored > bytes * 8 / 10, "\(bytes) \(revisions)")
        #expect(revisions[0].unique > 0 && revisions[0].unique < revisions[2].stored / 2)
        #expect(try rows("--rev", "v1").map(\.path) == ["big", "data", "."])
        let part = try rows("-T", "data/sub")
        #expect(part[0].size == 12 && part[0].unique == 0 && part[0].stored == part[1].stored)
        #expect(part[2].unique < part[2].stored, "`c` is outside and uses the same bytes")
    }

    @Test(
        "what is not here is told as missing and has no size that could be mistaken",
        arguments: [true, false])
    func missing(_ isNative: Bool) throws {
        try makeProject(isNative: isNative)
        try sandbox.shell("rm -rf .dvc/cache", in: "one").succeeded()
        let all = try rows()
        #expect(all.allSatisfy { $0.stored == 0 && $0.unique == 0 && $0.missing > 0 })
        #expect(all[0].size != nil && all[1].size != nil, "pointers say it")
        let result = try sandbox.cairn("du", in: "one").succeeded()
        #expect(result.stdout.contains("missing") && result.stderr.contains("cairn fetch"))
        let revisions = try rows("-A", "data/sub")
        #expect(revisions[0].size == nil && revisions[0].missing == 1)
        #expect(try sandbox.cairn("du", "-A", "data/sub", in: "one").stdout.contains("?"))
    }

    @Test("wrong input is refused with the reason and the right code")
    func wrongInput() throws {
        try makeProject(isNative: true)
        try Files.makeFolder(sandbox("empty"))
        try Files.write("x", to: sandbox("one/untracked"))
        try sandbox.shell("mkfifo pipe", in: "one").succeeded()
        for (folder, command, code, words) in [
            ("one", "du nothing", 128, "'nothing' is not tracked"),
            ("one", "du untracked", 128, "cairn analyze"),
            ("one", "du --rev none", 128, "'none'"), ("one", "du data data/sub", 129, "is inside of 'data'"),
            ("one", "du -a --rev v1", 129, "contradict"), ("one", "du ../empty", 129, "outside"),
            ("empty", "du", 128, "not inside of a cairn workspace"),
            ("empty", "du ../one big data", 129, "one path"), ("empty", "du -a ../one", 129, "one revision"),
            ("empty", "du ../one nothing", 128, "'nothing' does not exist"),
            ("empty", "du https://localhost:1/x", 128, "git could not fetch"),
            ("one", "analyze", 129, "paths"), ("one", "analyze nothing", 128, "'nothing' does not exist"),
            ("one", "analyze pipe", 129, "a FIFO"), ("one", "analyze .", 129, "a FIFO"),
            ("one", "analyze --memory 0 data", 129, "--memory"), ("one", "analyze ''", 129, "empty path"),
        ] {
            let result = try sandbox.shell("cairn \(command)", in: folder)
            #expect(result.exitCode == code && result.stdout.contains(words), "\(command): \(result)")
        }
    }

    @Test(
        "files that cannot be read are named and left out",
        .enabled(if: Unprivileged.isPossible, Comment(rawValue: Unprivileged.reason ?? "")))
    func unreadable() throws {
        try Files.write("1", to: sandbox("data/a"))
        try Files.write("secret", to: sandbox("data/b"), mode: 0o000)
        Unprivileged.give(sandbox.scratch.path)
        let (program, arguments) = Unprivileged.command(sandbox("bin/cairn"), ["analyze", "data", "--json"])
        let result = try Program.run(
            program, arguments, in: sandbox.scratch.path, environment: sandbox.environment)
        #expect(result.exitCode == 1 && result.stdout.contains("\"files\": 1"), "\(result)")
        #expect(result.stderr.contains("data/b") && result.stderr.contains("1 file could not be read"))
    }

    @Test("another repository is fetched by git, and need not be there for what is known of it")
    func cloned() throws {
        try makeProject(isNative: false)
        // What is no path and no scheme of files: git runs the program that serves the repository.
        let address = "ssh://nowhere/one"
        try Files.write(
            "#!/bin/sh\nexec git-upload-pack '\(sandbox("one"))'\n", to: sandbox("bin/fake-ssh"), mode: 0o755)
        let command = "GIT_SSH_COMMAND=fake-ssh GIT_SSH_VARIANT=simple cairn du --bytes"
        let result = try sandbox.shell("\(command) \(address)", in: "home").succeeded()
        let size = try Files.read(sandbox("one/data/copy")).count
        #expect(
            result.stdout.contains("\(size + 9)  big\n") && result.stdout.contains("\(size + 17)  data\n"))
        let old = try sandbox.shell("\(command) \(address) big --rev v1", in: "home").succeeded()
        #expect(old.stdout == "\(size)  big\n")
        // A commit never changes, so nobody is asked for one that is here.
        let commit = try sandbox.git("rev-parse", "v1", in: "one").prefix(40)
        Files.delete(sandbox("one"))
        let later = try sandbox.shell("\(command) \(address) big --rev \(commit)", in: "home").succeeded()
        #expect(later.stdout == old.stdout)
        #expect(try sandbox.shell("\(command) \(address) big", in: "home").exitCode == 128)
    }

    @Test(
        "as dvc, it prints what dvc prints",
        .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func interop() throws {
        try makeProject(isNative: false)
        let questions = [
            ["."], [".", "data"], [".", "data/sub"], [".", "big"], ["-s", "."], ["--rev", "v1", "."],
            [".", "."],
        ].map { ["du"] + $0 }
        for hasData in [true, false] {
            if !hasData { try sandbox.shell("rm -r big data", in: "one").succeeded() }
            let theirs = try sandbox.dvcMany(questions, in: "one")
            for (question, their) in zip(questions, theirs) {
                let mine = try Program.run(
                    sandbox("bin/dvc"), question, in: sandbox("one"), environment: sandbox.environment)
                // DVC's order is that of the folder.
                func lines(_ text: String) -> [String] {
                    text.split(separator: "\n").map(String.init).sorted()
                }
                #expect(lines(mine.stdout) == lines(their.stdout), "\(question) \(hasData)")
                #expect(mine.exitCode == their.exitCode)
            }
        }
    }

    @Test("an interruption of an analysis leaves nothing and ends with 130")
    func interrupted() throws {
        for number in 0..<40 {
            try Files.write(
                [UInt8](repeating: UInt8(number), count: 4_000_000), to: sandbox("data/\(number)"))
        }
        let before = TreeListing(of: sandbox("data"))
        let result = try sandbox.shell("timeout -s INT 0.1 cairn analyze data; echo $?", in: "")
        #expect(result.stdout.hasSuffix("124\n") || result.stdout.hasSuffix("130\n"), "\(result)")
        #expect(!result.stdout.contains("total") && TreeListing(of: sandbox("data")) == before)
    }
}
