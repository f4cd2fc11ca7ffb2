import CairnTestSupport
import Testing

/// Stages that depend on what lies elsewhere: beside the workspace, on remotes, on servers, in data sets.
@Suite("Dependencies elsewhere")
struct ExternalDependencyTests {
    private func world(_ dependencies: String, _ more: String = "", lock: String? = nil) throws
        -> ReproduceWorld
    {
        let stages = """
            \(more)stages:
              use:
                cmd: echo use >> ../ran; echo made > out
                deps: [\(dependencies)]
                outs: [out]

            """
        let world = try ReproduceWorld(stages, files: lock.map { ["dvc.lock": $0] } ?? [:])
        try Files.write(
            "[core]\n    remote = store\n['remote \"store\"']\n    url = \(world.sandbox("remote"))\n",
            to: world.sandbox("one/.dvc/config"))
        try Files.write("x\n", to: world.sandbox("remote/x"))
        try Files.write("y\n", to: world.sandbox("remote/sub/y"))
        try Files.write("a\n", to: world.sandbox("beside/a"))
        return world
    }

    @Test(
        "a place beside the workspace, on a remote that is a folder, and behind file:// is asked by content")
    func places() throws {
        let world = try world("../beside, 'remote://store/x', 'remote://store/sub'")
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["use"])
        let lock = try world.read("dvc.lock")
        #expect(
            lock.contains(
                """
                    - path: remote://store/x
                      hash: md5
                      md5: 401b30e3b8b5d629635a5c613cdb7919
                      size: 2

                """), "\(lock)")
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
        try Files.write("other\n", to: world.sandbox("remote/x"))
        #expect(
            try world.cairn("why", "use").succeeded().stdout == "use:\n  dep remote://store/x changed\n")
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["use"])
        // Nothing of it is only elsewhere, so the run cache keeps it.
        try Files.write("x\n", to: world.sandbox("remote/x"))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == [])
        try world.write(
            "dvc.yaml",
            world.read("dvc.yaml").replacing("../beside", with: "file://\(world.sandbox("beside"))/a"))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["use"])
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
    }

    @Test(
        "what cannot be had gets one sentence",
        arguments: [
            (
                "http://127.0.0.1:1/x",
                "'http://127.0.0.1:1/x' cannot be reached: nothing answers at 127.0.0.1:1", 128
            ),
            ("remote://stroe/x", "remote 'stroe' doesn't exist, did you mean 'store'?", 128),
            (
                "remote://store/none", "'remote://store/none', which stage 'use' depends on, does not exist",
                128
            ),
            ("../none", "'../none', which stage 'use' depends on, does not exist", 128),
            ("ftp://host/x", "'ftp://host/x' is of the kind ftp://, from which data cannot be brought", 128),
            ("ds://name", "there is no data set 'name' in any 'dvc.yaml'", 128),
        ])
    func refused(_ dependency: String, _ words: String, _ code: Int) throws {
        let world = try world("'\(dependency)'")
        let result = try world.cairn("repro")
        #expect(result.exitCode != 0)
        #expect(result.stderr.contains("error: \(words)"), "\(result.stderr)")
        #expect(try world.ran() == [])
    }

    @Test("status goes on without a server that does not answer, and says so")
    func offline() throws {
        let world = try world("'http://127.0.0.1:1/x', ../beside")
        let status = try world.cairn("status").succeeded()
        #expect(
            status.stderr.contains("whether 'http://127.0.0.1:1/x' changed is not known"), "\(status.stderr)")
        #expect(status.stdout.contains("dep ../beside modified"), "\(status.stdout)")
        // A frozen stage asks nobody.
        try world.cairn("freeze", "use").succeeded()
        #expect(!(try world.cairn("status").succeeded().stderr.contains("is not known")))
    }

    private static let dataSet = "datasets:\n- name: d3\n  url: ../src\n  type: dvc\n  path: f.txt\n"
    private static let pinned =
        "schema: '2.0'\n\(dataSet)  rev_lock: 47046c37a86ad34b2594003dfe9246fdcbd2dec1\nstages: {}\n"

    @Test("a data set counts by what its lock pins")
    func dataSets() throws {
        let world = try world("'ds://d3'", Self.dataSet, lock: Self.pinned)
        #expect(try world.cairn("status", "--json").succeeded().stdout.contains("\"ds://d3\": \"new\""))
        try world.cairn("repro").succeeded()
        #expect(
            try world.read("dvc.lock").contains(
                """
                    deps:
                    - path: ds://d3
                      dataset:
                        name: d3
                        url: ../src
                        type: dvc
                        path: f.txt
                        rev_lock: 47046c37a86ad34b2594003dfe9246fdcbd2dec1

                """))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["use"])
        try world.write(
            "dvc.lock",
            world.read("dvc.lock").replacing(
                "  path: f.txt\n  rev_lock: 4", with: "  path: f.txt\n  rev_lock: 5"))
        #expect(try world.cairn("why", "use").succeeded().stdout == "use:\n  dep ds://d3 changed\n")
        try world.write("dvc.yaml", world.read("dvc.yaml").replacing("f.txt", with: "g.txt"))
        #expect(
            try world.cairn("status", "--json").succeeded().stdout.contains("\"ds://d3\": \"not in sync\""))
        let result = try world.cairn("repro")
        #expect(result.exitCode == 128)
        #expect(
            result.stderr.contains(
                "the data set 'd3' of 'dvc.yaml' is not pinned in its lock as it is declared"),
            "\(result.stderr)")
        try world.write("dvc.yaml", world.read("dvc.yaml").replacing("ds://d3", with: "ds://d4"))
        #expect(
            try world.cairn("repro").stderr.contains(
                "there is no data set 'd4' in any 'dvc.yaml', did you mean 'd3'?"))
    }

    @Test(
        "a file on a web server is asked by its tag, and both programs write the same lock",
        .tags(.served, .interop),
        .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment),
        .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func web() throws {
        let server = try TestServer.shared(.nginx)
        let name = "deps-\(UInt64.random(in: 0 ... .max))"
        let file = "\(server["FILES"])/\(name)/table.csv"
        try Files.write("first", to: file)
        let url = "\(server["HTTP_URL"])/\(name)/table.csv"
        let list = "'\(url)', 'remote://store/sub', ../beside"
        let (ours, theirs) = (try world(list), try world(list))
        try ours.cairn("repro").succeeded()
        try theirs.sandbox.must(.dvc, "repro", in: "one")
        #expect(try ours.read("dvc.lock") == theirs.read("dvc.lock"))
        #expect(try ours.sandbox.must(.dvc, "status", in: "one").stdout.contains("up to date"))
        _ = try theirs.ran()
        try theirs.cairn("repro").succeeded()
        #expect(try theirs.ran() == [])
        try Files.write("second one", to: file)
        #expect(try ours.cairn("why", "use").succeeded().stdout == "use:\n  dep \(url) changed\n")
        #expect(try ours.cairn("status").succeeded().stdout.contains("dep \(url) modified"))
        _ = try ours.ran()
        try ours.cairn("repro").succeeded()
        #expect(try ours.ran() == ["use"])
        #expect(try ours.sandbox.must(.dvc, "status", in: "one").stdout.contains("up to date"))
        Files.delete(file)
        #expect(
            try ours.cairn("repro").stderr.contains("'\(url)', which stage 'use' depends on, does not exist"))
    }

    @Test("imports that are not frozen follow their sources, frozen ones stay")
    func imports() throws {
        let world = try ReproduceWorld("stages: {}\n")
        let sandbox = world.sandbox
        try Files.write("1\n", to: sandbox("plain/a"))
        try sandbox.makeProject("source")
        try Files.write("f\n", to: sandbox("source/f.txt"))
        try sandbox.commit("source", "one")
        try sandbox.must(.cairn, "import-url", "-q", "../plain/a", in: "one")
        try sandbox.must(.cairn, "import-url", "-q", "../plain/a", "still", in: "one")
        try sandbox.must(.cairn, "import", "-q", "../source", "f.txt", in: "one")
        try world.cairn("unfreeze", "a.dvc", "f.txt.dvc").succeeded()
        #expect(try world.cairn("repro", "-P").succeeded().stderr.contains("everything is up to date"))
        try Files.write("2\n", to: sandbox("plain/a"))
        try Files.write("g\n", to: sandbox("source/f.txt"))
        try sandbox.commit("source", "two")
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.read("a") == "2\n")
        #expect(try world.read("f.txt") == "g\n")
        #expect(try world.read("still") == "1\n")
        #expect(!(try world.read("a.dvc").contains("frozen")))
        #expect(try world.cairn("repro", "-P").succeeded().stderr.contains("everything is up to date"))
        if RealDVC.isAvailable {
            #expect(try sandbox.must(.dvc, "status", in: "one").stdout.contains("up to date"))
        }
        // What a stage makes of it follows as well.
        try world.write(
            "dvc.yaml", "stages:\n  use:\n    cmd: echo use >> ../ran; cp a b\n    deps: [a]\n    outs: [b]\n"
        )
        try world.cairn("repro", "-P").succeeded()
        try Files.write("3\n", to: sandbox("plain/a"))
        try world.cairn("repro").succeeded()
        #expect(try world.ran() == ["use", "use"])
        #expect(try world.read("b") == "3\n")
        Files.delete(sandbox("plain/a"))
        let gone = try world.cairn("repro")
        #expect(gone.exitCode != 0 && gone.stderr.contains("there is no '../plain/a'"), "\(gone.stderr)")
        #expect(try world.read("a") == "3\n")
    }
}
