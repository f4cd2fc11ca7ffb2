import CairnTestSupport
import Testing

/// Either program goes on where the other stopped: data, pointers and remotes.
@Suite(
    "Interop: exchange", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason))
)
struct InteropExchangeTests {
    /// Data with what trips programs up: empty things, an executable, names of every sort.
    static func makeData(_ sandbox: Sandbox, in project: String, seed: UInt64 = 1, files: Int = 60) throws {
        var random = SeededRandom(seed: seed)
        try random.fill(sandbox("\(project)/data"), files: files)
        let names = [
            "empty", "sp ace/in name", "quote'\"back\\slash", "line\nbreak", "tab\there", "nfc-\u{e9}",
            "nfd-e\u{301}", "\u{1F600}",
            "#hash!", "[br]*?", "sub.txt", "sub/Z", "-dash", "é/combining\u{301}/x", "del\u{7f}", "trailing ",
        ]
        for (number, name) in names.enumerated() {
            try Files.write(name == "empty" ? "" : "\(number)", to: sandbox("\(project)/data/\(name)"))
        }
        try Files.write("#!/bin/sh\n", to: sandbox("\(project)/data/tool"), mode: 0o755)
        try Files.write(random.bytes(3_000_000), to: sandbox("\(project)/big.bin"))
        try Files.write("#!/bin/sh\necho\n", to: sandbox("\(project)/run.sh"), mode: 0o755)
        try Files.write("", to: sandbox("\(project)/empty.bin"))
        try Files.makeFolder(sandbox("\(project)/nothing"))
    }

    static let targets = ["data", "big.bin", "run.sh", "empty.bin", "nothing"]

    @Test("both write the same pointers, ignore entries, objects and modes for the same data")
    func sameBytes() throws {
        let sandbox = try Sandbox()
        for tool in Tool.allCases {
            try sandbox.makeProject("\(tool)")
            try Self.makeData(sandbox, in: "\(tool)")
            _ = try sandbox.run(tool, ["add", "-q"] + Self.targets, in: "\(tool)").succeeded()
        }
        let listings = Tool.allCases.map { TreeListing(of: sandbox("\($0)")).description }
        #expect(listings[0] == listings[1])
        for path in Files.paths(below: sandbox("dvc"))
        where path.hasSuffix(".dvc") || path.hasSuffix(".gitignore") {
            #expect(try Files.text(sandbox("cairn/\(path)")) == Files.text(sandbox("dvc/\(path)")), "\(path)")
        }
        try expectSound(store: sandbox("cairn/.dvc/cache"), for: sandbox("cairn"))
    }

    @Test(
        "one adds and pushes, the other pulls in a fresh clone and finds it clean", arguments: Tool.allCases)
    func pushPull(_ writer: Tool) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        try Self.makeData(sandbox, in: "one")
        _ = try sandbox.run(writer, ["add", "-q"] + Self.targets, in: "one").succeeded()
        try sandbox.commit("one", "data")
        try sandbox.must(writer, "push", "-q", in: "one")
        try expectSound(store: sandbox("remote"), for: sandbox("one"))

        try sandbox.clone("one", to: "two")
        try sandbox.must(writer.other, "pull", "-q", in: "two")
        for target in Self.targets { try expectSameData(sandbox("one/\(target)"), sandbox("two/\(target)")) }
        try expectClean(writer.other, sandbox, in: "two")
        try expectClean(writer.other, sandbox, in: "one")
        #expect(try sandbox.git("status", "--porcelain", in: "two") == "")
        try expectSound(store: sandbox("two/.dvc/cache"), for: sandbox("two"))
        // Nothing is left to push for either.
        for tool in Tool.allCases {
            let status = try sandbox.must(tool, "status", "-c", "--json", in: "two")
            #expect(status.stdout == "{}\n")
        }
    }

    @Test("two clones edit in turn, each with its own program", arguments: [1, 2] as [UInt64])
    func alternating(_ seed: UInt64) throws {
        let sandbox = try Sandbox()
        var random = SeededRandom(seed: seed)
        try sandbox.git("init", "-q", "--bare", "hub", in: "")
        try sandbox.makeProject("cairn")
        try sandbox.setRemote("cairn")
        try sandbox.git("remote", "add", "origin", sandbox("hub"), in: "cairn")
        try sandbox.git("push", "-q", "-u", "origin", "main", in: "cairn")
        try sandbox.clone("hub", to: "dvc")

        for round in 0..<4 {
            let tool: Tool = round % 2 == 0 ? .cairn : .dvc
            let (here, there) = ("\(tool)", "\(tool.other)")
            let files = Files.paths(below: sandbox("\(here)/data"))
            for path in files.shuffled(using: &random).prefix(files.count / 4) {
                Files.delete(sandbox("\(here)/data/\(path)"))
                if Bool.random(using: &random) {
                    try Files.write(
                        random.bytes(Int.random(in: 0...999, using: &random)),
                        to: sandbox("\(here)/data/\(path)"))
                }
            }
            try random.fill(sandbox("\(here)/data/round\(round)"), files: 15, size: 300)
            try Files.write("round \(round)\n", to: sandbox("\(here)/notes.txt"))
            try sandbox.must(tool, "add", "-q", "data", "notes.txt", in: here)
            try sandbox.commit(here, "round \(round)")
            try sandbox.must(tool, "push", "-q", in: here)
            try sandbox.git("push", "-q", in: here)

            try sandbox.git("pull", "-q", in: there)
            try sandbox.must(tool.other, "pull", "-q", in: there)
            try expectSameData(sandbox("\(here)/data"), sandbox("\(there)/data"))
            try expectClean(tool.other, sandbox, in: there)
        }
        try expectSound(store: sandbox("remote"), for: sandbox("cairn"))
    }

    @Test("a part of a directory is pulled and extended, the rest comes later", arguments: Tool.allCases)
    func partial(_ writer: Tool) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.setRemote("one")
        for path in ["a/1", "a/2", "b/1", "b/deep/2", "c"] {
            try Files.write(path, to: sandbox("one/data/\(path)"))
        }
        try sandbox.must(writer, "add", "-q", "data", in: "one")
        try sandbox.commit("one", "data")
        try sandbox.must(writer, "push", "-q", in: "one")

        let reader = writer.other
        try sandbox.clone("one", to: "two")
        try sandbox.must(reader, "pull", "-q", "data/b", in: "two")
        #expect(Files.paths(below: sandbox("two/data")) == ["b/1", "b/deep/2"])
        // One more file in a directory of which only a part is here: the rest stays in the listing.
        try Files.write("new", to: sandbox("two/data/b/new"))
        try sandbox.must(reader, "add", "-q", "data/b/new", in: "two")
        try sandbox.commit("two", "more")
        try sandbox.must(reader, "push", "-q", in: "two")

        try sandbox.git("pull", "-q", sandbox("two"), "main", in: "one")
        try sandbox.must(writer, "pull", "-q", in: "one")
        #expect(Files.paths(below: sandbox("one/data")) == ["a/1", "a/2", "b/1", "b/deep/2", "b/new", "c"])
        try expectClean(writer, sandbox, in: "one")
    }

    @Test("an older revision that one wrote is checked out by the other", arguments: Tool.allCases)
    func olderRevision(_ writer: Tool) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        for version in ["first", "second"] {
            Files.delete(sandbox("one/data"))
            for name in [version, "both/same", "both/\(version)"] {
                try Files.write(name, to: sandbox("one/data/\(name)"))
            }
            try Files.write(version, to: sandbox("one/f"))
            try sandbox.must(writer, "add", "-q", "data", "f", in: "one")
            try sandbox.commit("one", version)
            try sandbox.git("tag", version, in: "one")
        }
        for (version, tool) in [
            ("first", writer.other), ("second", writer), ("first", writer), ("second", writer.other),
        ] {
            try sandbox.git("checkout", "-q", version, in: "one")
            try sandbox.must(tool, "checkout", "-q", in: "one")
            let expected = ["both/same", "both/\(version)", version].sorted()
            #expect(Files.paths(below: sandbox("one/data")) == expected)
            #expect(try Files.text(sandbox("one/f")) == version)
            try expectClean(tool, sandbox, in: "one")
        }
    }
}
