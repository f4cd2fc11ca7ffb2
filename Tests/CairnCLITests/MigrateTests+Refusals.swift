import CairnTestSupport
import Testing

extension MigrateTests {
    /// Gives a command that must be refused, and expects that nothing changed but what lies in `.dvc/tmp`.
    private func refused(
        _ sandbox: Sandbox, _ arguments: [String], code: Int32 = 128, _ words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = TreeListing(of: sandbox("one"), skipping: [".dvc/tmp"]).description
        let result = try sandbox.run(.cairn, ["migrate"] + arguments, in: "one")
        #expect(result.exitCode == code, "\(result)", sourceLocation: sourceLocation)
        for word in words {
            #expect(result.stderr.contains(word), "\(word)\n\(result)", sourceLocation: sourceLocation)
        }
        #expect(
            TreeListing(of: sandbox("one"), skipping: [".dvc/tmp"]).description == before,
            sourceLocation: sourceLocation)
    }

    @Test("wrong arguments are refused, with what to type", .tags(.badInput))
    func wrongArguments() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try refused(sandbox, [], code: 129, ["--to <format>", "native or dvc"])
        try refused(sandbox, ["--to", "git"], code: 129, ["'git' is invalid for '--to <format>'"])
        try refused(sandbox, ["--to", "dvc", "data"], code: 129, ["data"])
        try sandbox.cairn("config", "-q", "--local", "cairn.format", "native", in: "one").succeeded()
        try refused(
            sandbox, ["--to", "dvc"],
            ["cairn.format is set in", "hint: remove it: `cairn config --local --unset cairn.format`"])
    }

    @Test("data that is not here is named, with the command that brings it", .tags(.badInput))
    func missing() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.setRemote("one")
        try sandbox.cairn("push", "-q", in: "one").succeeded()
        try sandbox.shell("rm -r data .dvc/cache", in: "one").succeeded()
        try refused(
            sandbox, ["--to", "native"],
            [
                "error: 'data' is recorded in 'data.dvc', and its data is neither in the cache nor",
                "bring it: `cairn fetch`", "`cairn migrate --to native --allow-missing`",
            ])
        let pointer = try Files.text(sandbox("one/data.dvc"))
        let left = try sandbox.cairn("migrate", "--to", "native", "--allow-missing", in: "one").succeeded()
        #expect(left.stderr.contains("warning: 'data' keeps its id in 'data.dvc'"), "\(left)")
        #expect(try Files.text(sandbox("one/data.dvc")) == pointer)
        #expect(try Files.text(sandbox("one/tool.dvc")).contains("blake3"))
        // The hint's commands, one after the other.
        try sandbox.cairn("fetch", "-q", "data", in: "one").succeeded()
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        try sandbox.cairn("checkout", "-q", in: "one").succeeded()
        try expectClean(.cairn, sandbox, in: "one")
        #expect(try Files.text(sandbox("one/data.dvc")).contains("blake3"))
    }

    @Test("a dependency whose record nobody can hash anew is named on the way to DVC", .tags(.badInput))
    func staleDependency() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        try Files.write("print(1)\n", to: sandbox("one/code.py"))
        let lock = try Files.text(sandbox("one/dvc.lock")).replacing(
            #/hash: md5\n      md5: [0-9a-f]{32}\n      size: 8/#,
            with: "hash: blake3\n      blake3: \(String(repeating: "0", count: 64))\n      size: 8")
        try Files.write(lock, to: sandbox("one/dvc.lock"))
        try refused(
            sandbox, ["--to", "dvc"],
            ["'code.py' is recorded in 'dvc.lock'", "record what lies in the workspace now: `cairn commit`"])
        let left = try sandbox.cairn("migrate", "--to", "dvc", "--allow-missing", in: "one").succeeded()
        #expect(left.stderr.contains("'code.py' is recorded without a hash in 'dvc.lock'"), "\(left)")
        #expect(
            try Files.text(sandbox("one/dvc.lock")).contains(
                "- path: code.py\n      hash: md5\n    - path: data"))
        for tool in RealDVC.isAvailable ? Tool.allCases : [.cairn] {
            let status = try sandbox.must(tool, "status", "--json", in: "one").stdout
            #expect(status == "{\"make\": [{\"changed deps\": {\"code.py\": \"modified\"}}]}\n", "\(tool)")
        }
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test("what DVC's format cannot hold is named, and left out only with --lossy", .tags(.badInput))
    func lossy() throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox)
        try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded()
        let script = """
            cd data && mkdir empty && chmod +x in/large && ln -s in/large direct && ln -s ../data/direct indirect \
            && ln -s in folder && ln -s .. out && ln -s nothing nowhere && ln -s loop loop
            """
        try sandbox.shell(script, in: "one").succeeded()
        try sandbox.cairn("commit", "-q", "-f", in: "one").succeeded()
        try sandbox.commit("one", "native")
        try refused(
            sandbox, ["--to", "dvc"],
            [
                "'data/empty' is an empty directory, which DVC's format cannot hold inside of a directory\n",
                "'data/in/large' is executable", "'data/direct' is a symbolic link",
                "hint: leave out what it cannot hold: `cairn migrate --to dvc --lossy`",
            ])
        for workspace in [true, false] {
            if !workspace { try sandbox.shell("rm -r data && git checkout -q .", in: "one").succeeded() }
            let result = try sandbox.cairn("migrate", "--to", "dvc", "--lossy", in: "one").succeeded()
            #expect(
                result.stdout.split(separator: "\n").prefix(7) == [
                    "left out  data/empty  (empty directory)", "left out  data/folder  (symbolic link)",
                    "left out  data/in/large  (executable bit)", "left out  data/indirect  (symbolic link)",
                    "left out  data/loop  (symbolic link)", "left out  data/nowhere  (symbolic link)",
                    "left out  data/out  (symbolic link)",
                ], "\(result)")
            #expect(
                result.stderr.contains("symbolic links that lead to no file of their directory"), "\(result)")
        }
        try sandbox.shell("rm -rf data", in: "one").succeeded()
        try sandbox.cairn("checkout", "-q", in: "one").succeeded()
        try expectSameData(sandbox("one/data/direct"), sandbox("one/data/in/large"))
        #expect(Files.paths(below: sandbox("one/data")).count == 63)
        #expect(try Files.text(sandbox("one/data.dvc")).contains("nfiles: 63\n"))
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test(
        "a damaged object is named, and no pointer is written", .tags(.badInput),
        arguments: ["native", "dvc"])
    func damaged(_ format: String) throws {
        let sandbox = try Sandbox()
        try Self.makeProject(sandbox, cacheType: "hardlink")
        if format == "dvc" { try sandbox.cairn("migrate", "-q", "--to", "native", in: "one").succeeded() }
        try sandbox.shell("rm -rf data tool made", in: "one").succeeded()
        let folder = "one/.dvc/cache/files/\(format == "dvc" ? "blake3" : "md5")"
        let object = try #require(
            Files.paths(below: sandbox(folder)).first { path in
                (try? Files.text(sandbox("\(folder)/\(path)"))) == "#!/bin/sh\n"
            })
        Files.delete(sandbox("\(folder)/\(object)"))
        try Files.write("#!/bin/no\n", to: sandbox("\(folder)/\(object)"), mode: 0o444)
        let before = try ["data.dvc", "tool.dvc", "dvc.lock", ".dvc/config"].map {
            try Files.text(sandbox("one/\($0)"))
        }
        let result = try sandbox.cairn("migrate", "--to", format, in: "one")
        #expect(
            result.exitCode == 128 && result.stderr.contains("'tool': object")
                && result.stderr.contains("is damaged") && result.stderr.contains("`cairn pull`"), "\(result)"
        )
        let after = try ["data.dvc", "tool.dvc", "dvc.lock", ".dvc/config"].map {
            try Files.text(sandbox("one/\($0)"))
        }
        #expect(before == after)
        #expect(Files.names(in: sandbox("one/.dvc/tmp/cairn/damaged")).count == 1)
    }
}
