import CairnTestSupport
import Testing

/// Numbers and lists that somebody wrote to do harm: nothing ends in the middle of its work, and nothing takes memory without bound.
@Suite("Hostile numbers", .tags(.badInput))
struct HostileNumbersTests {
    private func makeWorld(isNative: Bool) throws -> ReuseWorld {
        let world = try ReuseWorld(isNative: isNative, environment: ReuseWorld.network)
        try world.sandbox.makeProject("user")
        return world
    }

    /// What somebody does with a repository that he has cloned.
    private static let commands = [
        "status", "checkout", "diff", "diff --stat v1", "diff v1 HEAD", "data status --granular", "du",
        "du --all-commits", "ls -R --size .", "list --size .", "fetch", "pull", "push", "status -c",
        "push --all-commits", "gc -w --dry", "gc -w -c --dry", "verify",
        "verify --range v1..HEAD --allow-missing",
        "log", "show HEAD", "whereis data", "analyze data", "repair", "unprotect data", "add data mixed/big",
        "commit -f", "migrate --dry-run",
    ]

    @Test("sizes and counts that no file can have crash nothing", arguments: [false, true])
    func sums(_ isNative: Bool) throws {
        let world = try makeWorld(isNative: isNative)
        let sandbox = world.sandbox
        let most = Int64.max
        try sandbox.shell(
            """
            mkdir more && echo m > more/m && cairn add -q more && cairn push -q
            sed -i 's/size: .*/size: \(most)/; s/nfiles: .*/nfiles: \(most)/' *.dvc mixed/*.dvc
            git add -A && git commit -qm absurd
            """, in: "source"
        ).succeeded()
        func run(_ command: String, in folder: String, code: ClosedRange<Int32> = 0...1) throws {
            let result = try sandbox.shell("cairn \(command)", in: folder)
            let isFine = code.contains(result.exitCode) || (128...129).contains(result.exitCode)
            #expect(isFine && !result.stdout.contains("Fatal"), "\(result)")
        }
        for command in Self.commands {
            try run(command, in: "source")
            try sandbox.shell("git checkout -q .", in: "source").succeeded()
        }
        for path in ["data", "more", "file.txt", "mixed/big", ".dvc/cache"] {
            Files.delete(sandbox("source/\(path)"))
        }
        for command in ["status", "checkout", "fetch", "pull", "diff", "du"] {
            try run(command, in: "source")
        }
        for address in ["../source", world.networkAddress] {
            for command in [
                "get \(address) .", "list -R --size \(address)", "du \(address)",
                "import --force \(address) data",
            ] {
                try run(command, in: "user")
            }
        }
        for command in ["update data", "status", "checkout", "du"] { try run(command, in: "user") }
    }

    @Test(
        "a list of files that is larger than one may be is refused before it is read",
        arguments: [false, true])
    func largeListing(_ isNative: Bool) throws {
        let world = try makeWorld(isNative: isNative)
        let sandbox = world.sandbox
        let name = isNative ? "blake3" : "md5"
        let hash = String(repeating: "ab", count: isNative ? 32 : 16)
        let place = "files/\(name)/ab/\(hash.dropFirst(2)).dir"
        try Files.write(
            "outs:\n- \(name): \(hash).dir\n  size: 4\n  nfiles: 1\n  hash: \(name)\n  path: big\n",
            to: sandbox("source/big.dvc"))
        try sandbox.commit("source", "big")
        // The file takes no room on the disk.
        for folder in ["source/.dvc/cache", "remote"] {
            try Files.write("[", to: sandbox("\(folder)/\(place)"))
            try sandbox.shell("truncate -s 6G '\(place)'", in: folder).succeeded()
        }
        let words = "the list of files of a directory may have 1073741824"
        func refused(_ command: String, in folder: String) throws {
            let result = try sandbox.shell("ulimit -v 5000000; cairn \(command)", in: folder, seconds: 60)
            #expect(result.exitCode == 1 || result.exitCode == 128, "\(result)")
            #expect(result.stdout.contains(words), "\(result)")
        }
        try refused("checkout big", in: "source")
        try refused("get ../source big", in: "user")
        try refused("import ../source big", in: "user")
        #expect(!Files.exists(sandbox("user/big")) && !Files.exists(sandbox("source/big")))
        // The other remote has packs, in which a record says how much there is.
        if isNative { return }
        Files.delete(sandbox("source/.dvc/cache"))
        try refused("pull big", in: "source")
        try refused("get ../source big", in: "user")
        try refused("get \(world.networkAddress) big", in: "user")
        #expect(!Files.exists(sandbox("user/big")) && !Files.exists(sandbox("source/big")))
        #expect(
            Files.paths(below: sandbox("source/.dvc/cache")).allSatisfy { !$0.contains(hash.dropFirst(2)) })
    }

    @Test(
        "neither is one that a web server has", .tags(.served),
        .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment))
    func largeListingOfServer() throws {
        let server = try TestServer.shared(.nginx)
        let sandbox = try Sandbox()
        let name = "large-\(UInt64.random(in: 0 ... .max))"
        try sandbox.makeProject(
            "one",
            settings:
                "[core]\n    remote = web\n['remote \"web\"']\n    url = \(server["HTTP_URL"])/\(name)\n")
        let hash = String(repeating: "ab", count: 16)
        let file = "\(server["FILES"])/\(name)/files/md5/ab/\(hash.dropFirst(2)).dir"
        try Files.write("[", to: file)
        try sandbox.shell("truncate -s 6G '\(file)'", in: "").succeeded()
        try Files.write(
            "outs:\n- md5: \(hash).dir\n  size: 4\n  nfiles: 1\n  hash: md5\n  path: big\n",
            to: sandbox("one/big.dvc"))
        for command in ["pull", "fetch", "status -c", "ls -R --size big"] {
            let result = try sandbox.shell("ulimit -v 5000000; cairn \(command)", in: "one", seconds: 60)
            #expect(!result.stdout.contains("Fatal") && result.exitCode < 130, "\(result)")
            if command == "pull" { #expect(result.stdout.contains("may have 1073741824"), "\(result)") }
        }
        #expect(!Files.exists(sandbox("one/big")))
    }
}
