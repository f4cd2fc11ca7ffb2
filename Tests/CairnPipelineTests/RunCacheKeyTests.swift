import CairnCore
import CairnFormats
import CairnPipeline
import CairnTestSupport
import Testing

@Suite("Keys of the run cache")
struct RunCacheKeyTests {
    private static let pipeline = """
        stages:
          plain:
            cmd: cp f o.txt
            deps: [f]
            outs: [o.txt]
          lines:
            cmd: |
              echo "one" > multi.txt
              echo 'zwei é 😀' >> multi.txt
            deps: [dir, tool]
            outs: [multi.txt]
          list:
            cmd: [mkdir d, "cp tool d/x", "echo {} > m.json"]
            deps: [tool]
            params:
            - train
            - flag
            - p.json:
              - n
            - p.toml:
            outs: [d, é.txt]
            metrics:
            - m.json:
                cache: false
        """

    @Test(
        "the digests are those of entries that the real dvc makes",
        .enabled(if: RealDVC.isAvailable, "\(RealDVC.reason)"))
    func real() throws {
        let sandbox = try Sandbox()
        try Files.makeFolder(sandbox.scratch("p"))
        try sandbox.must(.dvc, "init", "-q", "--no-scm", in: "p")
        try Files.write(
            Self.pipeline.replacing("mkdir d", with: "mkdir d; echo > é.txt"),
            to: sandbox.scratch("p/dvc.yaml"))
        try Files.write("text\n", to: sandbox.scratch("p/f"))
        try Files.write("1", to: sandbox.scratch("p/dir/a"))
        try Files.write("2", to: sandbox.scratch("p/dir/sub/b"))
        try Files.write("#!/bin/sh\n", to: sandbox.scratch("p/tool"), mode: 0o755)
        try Files.write(
            """
            flag: true
            train: {lr: 1e-3, big: 123456789012345678901234567890, list: [1, 2.50, null, 'é😀', {size: 3, nfiles: 4, b: 1e22, a: -0.0}],
              nested: {10: a, 9: b, 2: c}, tiny: 1.5e-7, one: 1.0}
            """, to: sandbox.scratch("p/params.yaml"))
        try Files.write(
            "{\"n\": [1e400, {\"z\": \"\\u007f\\n\", \"é\": 1, \"a/b\": 0.1}]}",
            to: sandbox.scratch("p/p.json"))
        try Files.write("x = 1_000\ny = 'a'\n", to: sandbox.scratch("p/p.toml"))
        try sandbox.must(.dvc, "repro", "-q", in: "p")
        let entries = Files.paths(below: sandbox.scratch("p/.dvc/cache/runs"))
        #expect(entries.count == 3)
        let lock = try PipelineLock(parsing: Files.read(sandbox.scratch("p/dvc.lock")), file: "dvc.lock")
        #expect(lock.stages.map { RunCacheKey(of: $0).path }.sorted() == entries)
        for entry in entries {
            let text = try Files.read(sandbox.scratch("p/.dvc/cache/runs/\(entry)"))
            let stage = try LockedStage(name: "any", parsing: text, file: entry)
            #expect(RunCacheKey(of: stage).path == entry)
        }
    }

    @Test("sizes are no part of it, and outputs only by name of the key")
    func parts() throws {
        func key(_ text: String) throws -> RunCacheKey {
            RunCacheKey(of: try LockedStage(name: "x", parsing: Array(text.utf8), file: "x"))
        }
        let md5 = "6137cde4893c59f76f005a8123d8e8e6"
        let one = try key("{cmd: a, outs: [{path: o, hash: md5, md5: \(md5), size: 5}]}")
        let two = try key("{cmd: a, outs: [{path: o, hash: md5, md5: \(md5), size: 6, nfiles: 2}]}")
        let other = try key("{cmd: a, outs: [{path: o, hash: md5, md5: 7\(md5.dropFirst()), size: 5}]}")
        #expect(one == two)
        #expect(one.key == other.key && one.value != other.value)
        #expect(try key("{cmd: a}").key != one.key)
        // By `json.dumps` and `hashlib` of Python: {"cmd": "a", "outs": []} and {"cmd": "a"}.
        #expect(
            try key("{cmd: a}").key.hex == "5df639bafe74c5476d2eb5f71482a19e1168b8981846b130e368ebbcc18e79bb")
        #expect(
            try key("{cmd: a}").value.hex
                == "0670b0831380b61d8620ce09737d335da132404f234d34eacc4e92e01cebca22")
    }
}
