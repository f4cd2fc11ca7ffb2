import CairnTestSupport
import Testing

/// Stages in `.dvc` files, as DVC had them before version 3: `dvc` itself refuses them today, its code still writes them.
@Suite("Stages in .dvc files")
struct LegacyStageTests {
    private static let first = """
        # how it is made
        cmd: echo first >> ../ran; cp in.txt out.txt && cat sub/b.txt >> out.txt
        deps:
        - path: in.txt
        - path: sub/b.txt
        outs:
        - path: out.txt
          desc: what comes out
        meta:
          who: me

        """
    private static let second = """
        cmd:
        - echo second >> ../../ran
        - mkdir d
        - cp ../out.txt d/x
        - echo '{"a":1}' > m.json
        wdir: .
        deps:
        - path: ../out.txt
        outs:
        - path: d
        - path: m.json
          cache: false
          metric: true
        always_changed: false

        """

    private func world(native: Bool = false) throws -> ReproduceWorld {
        let world = try ReproduceWorld(
            "stages: {}\n", native: native,
            files: ["in.txt": "hi\n", "sub/b.txt": "a\n", "out.dvc": Self.first, "sub/next.dvc": Self.second])
        Files.delete(world.sandbox("one/dvc.yaml"))
        return world
    }

    @Test("run when they are stale, and keep what they did in their own files, byte for byte as DVC")
    func runs() throws {
        let world = try world()
        #expect(
            try world.cairn("status").succeeded().stdout.contains("stale            out.dvc       (never run")
        )
        let run = try world.cairn("repro", "-P").succeeded()
        #expect(
            run.stderr.contains("git add .gitignore sub/.gitignore out.dvc sub/next.dvc"), "\(run.stderr)")
        #expect(try world.ran() == ["first", "second"])
        #expect(
            try world.read("out.dvc") == """
                # how it is made
                cmd: echo first >> ../ran; cp in.txt out.txt && cat sub/b.txt >> out.txt
                deps:
                - path: in.txt
                  md5: 764efa883dda1e11db47671c4a3bbd9e
                  size: 3
                  hash: md5
                - path: sub/b.txt
                  md5: 60b725f10c9c85c70d97880dfe8191b3
                  size: 2
                  hash: md5
                outs:
                - path: out.txt
                  desc: what comes out
                  md5: 81fde181016d00be84e71ee25d5f064b
                  size: 5
                  hash: md5
                meta:
                  who: me
                md5: 50c5736bc382869c7b0a5d30fe7b8939

                """)
        #expect(
            try world.read("sub/next.dvc") == """
                cmd:
                - echo second >> ../../ran
                - mkdir d
                - cp ../out.txt d/x
                - echo '{"a":1}' > m.json
                deps:
                - path: ../out.txt
                  md5: 81fde181016d00be84e71ee25d5f064b
                  size: 5
                  hash: md5
                outs:
                - path: d
                  md5: 53374d194ff939beb831542daf3dbc91.dir
                  size: 5
                  nfiles: 1
                  hash: md5
                - path: m.json
                  cache: false
                  metric: true
                  md5: 4588ff3797b78d819d858fa3bdd82b09
                  size: 8
                  hash: md5
                md5: a46370c5bc4ce72cb15ca8d734f5898a

                """)
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.ran() == [])
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
    }

    @Test(
        "a change of what they read, or by hand, reruns them and what comes after", arguments: [false, true])
    func stale(_ isNative: Bool) throws {
        let world = try world(native: isNative)
        try world.cairn("repro", "-P").succeeded()
        _ = try world.ran()
        try world.write("in.txt", "other\n")
        #expect(try world.cairn("why", "out.dvc").succeeded().stdout == "out.dvc:\n  dep in.txt changed\n")
        try world.cairn("repro", "sub/next.dvc").succeeded()
        #expect(try world.ran() == ["first", "second"])
        #expect(try world.read("sub/d/x") == "other\na\n")
        try world.write("out.dvc", world.read("out.dvc").replacing("cp in.txt", with: "cat in.txt >"))
        #expect(try world.cairn("why", "out.dvc").succeeded().stdout == "out.dvc:\n  changed by hand\n")
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.ran() == ["first"])
    }

    @Test("an earlier run is taken, data that is gone is checked out, gc keeps it")
    func data() throws {
        let world = try world()
        try world.cairn("repro", "-P").succeeded()
        try world.write("in.txt", "other\n")
        try world.cairn("repro", "-P").succeeded()
        try world.write("in.txt", "hi\n")
        _ = try world.ran()
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.ran() == [])
        #expect(try world.read("out.txt") == "hi\na\n")
        try world.cairn("gc", "-w", "-f").succeeded()
        Files.delete(world.sandbox("one/out.txt"))
        try world.cairn("checkout").succeeded()
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
    }

    @Test("freeze, commit and dag know them")
    func verbs() throws {
        let world = try world()
        try world.cairn("repro", "-P").succeeded()
        _ = try world.ran()
        try world.cairn("freeze", "out.dvc").succeeded()
        try world.write("in.txt", "other\n")
        try world.cairn("repro", "-P").succeeded()
        #expect(try world.ran() == [])
        try world.cairn("unfreeze", "out.dvc").succeeded()
        try world.cairn("commit", "-f", "out.dvc").succeeded()
        #expect(try world.cairn("status", "--exit-code").exitCode == 0)
        #expect(
            try world.cairn("dag", "--dot").succeeded().stdout.contains("\"out.dvc\" -> \"sub/next.dvc\""))
    }

    @Test("a metric without a command is refused as before")
    func metric() throws {
        let world = try world()
        try world.write("x.dvc", "outs:\n- path: x\n  metric: true\n")
        let result = try world.cairn("status")
        #expect(result.exitCode == 128)
        #expect(result.stderr.contains("x.dvc:3:3: "), "\(result.stderr)")
    }
}
