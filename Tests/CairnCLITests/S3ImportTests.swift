import CairnTestSupport
import Testing

/// `import-url`, `update`, `get-url` and `list-url` of objects in a bucket, and of all objects below a key.
@Suite(
    "Imports from buckets", .tags(.served),
    .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment))
struct S3ImportTests {
    /// A project without a remote, and a bucket with some objects of somebody else.
    private struct World {
        let place: S3Place
        let sandbox: Sandbox

        init(isNative: Bool = false) throws {
            place = try S3Place(on: .ceph)
            sandbox = try Sandbox(environment: place.environment())
            if isNative { try sandbox.makeNativeProject("one") } else { try sandbox.makeProject("one") }
            try put("one\n", "file.txt")
            try put("1\n", "dir/a")
            try put("22\n", "dir/sub/b c")
            try put("", "dir/sub/é")
        }

        func put(_ text: String, _ key: String) throws { try place.write(Array(text.utf8), to: key) }

        func url(_ key: String) -> String { "s3://\(place.bucket)/\(key)" }

        /// What the programs have to be told of a service that is not Amazon's.
        var options: [String] { ["--fs-config", "endpointurl=\(place.endpoint)"] }

        @discardableResult
        func run(_ arguments: [String], by tool: Tool = .cairn, in folder: String = "one") throws
            -> Program.Result
        {
            try sandbox.run(tool, arguments, in: folder)
        }
    }

    private let tree = ["a": "1\n", "sub/b c": "22\n", "sub/é": ""]

    @Test(
        "an object is pinned by its tag, a folder by the tags of all objects in it", arguments: [false, true])
    func life(_ isNative: Bool) throws {
        let world = try World(isNative: isNative)
        let sandbox = world.sandbox
        try world.run(["import-url", "-q", world.url("file.txt")] + world.options).succeeded()
        try world.run(["import-url", "-q", world.url("dir")] + world.options).succeeded()
        try world.run(["import-url", "-q", world.url("dir/"), "noted", "--no-download"] + world.options)
            .succeeded()
        #expect(try Files.text(sandbox("one/file.txt")) == "one\n")
        #expect(try Tree.read(sandbox("one/dir"), isNative: false) == tree)
        #expect(
            try Files.text(sandbox("one/file.txt.dvc")).contains("- etag: 5bbf5a52328e7439ae6e719dfe712200"))
        let pointer = try Files.text(sandbox("one/dir.dvc"))
        #expect(pointer.contains(".dir\n  size: 5\n  nfiles: 3\n  hash: md5\n  path: s3://"), "\(pointer)")
        // Nothing is new.
        try world.run(["update", "-q", "dir", "file.txt"]).succeeded()
        #expect(try Files.text(sandbox("one/dir.dvc")) == pointer)
        // A change of the same length, one more, one less.
        try world.put("2\n", "dir/a")
        try world.put("n\n", "dir/new")
        try world.place.delete("dir/sub/b c")
        try world.put("two\n", "file.txt")
        try world.run(["update", "-q", "dir", "file.txt", "noted"]).succeeded()
        let now = ["a": "2\n", "new": "n\n", "sub/é": ""]
        #expect(try Tree.read(sandbox("one/dir"), isNative: false) == now)
        #expect(try Tree.read(sandbox("one/noted"), isNative: false) == now)
        #expect(try Files.text(sandbox("one/file.txt")) == "two\n")
        #expect(try Files.text(sandbox("one/dir.dvc")) != pointer)
        try world.run(["get-url", "-q", world.url("dir"), "../got"] + world.options).succeeded()
        #expect(try Tree.read(sandbox("got"), isNative: false) == now)
        let listed = try world.run(["list-url", "-R", world.url("dir")] + world.options).succeeded()
        #expect(listed.stdout == "a\nnew\nsub/é\n")
        let top = try world.run(["list-url", "s3://\(world.place.bucket)"] + world.options).succeeded()
        #expect(top.stdout == "dir\nfile.txt\n")
        try world.run(["get-url", "-q", "s3://\(world.place.bucket)", "../all"] + world.options).succeeded()
        #expect(
            try Tree.read(sandbox("all"), isNative: false).keys.sorted() == [
                "dir/a", "dir/new", "dir/sub/é", "file.txt",
            ])
    }

    @Test("what cannot be brought as a folder is said, and nothing is left")
    func refusals() throws {
        let world = try World()
        try world.put("x", "clash")
        try world.put("y", "up/../../x")
        try world.put("z", "both/a")
        try world.put("z", "both/a/b")
        for (key, words) in [
            ("none", "there is no '"), ("fil", "there is no '"), ("up", "has a name that no file can have"),
            ("both", "one name cannot be a file and a folder"),
        ] {
            let result = try world.run(["import-url", world.url(key)] + world.options)
            #expect(result.exitCode == 128 || result.exitCode == 129, "\(result)")
            #expect(result.stderr.contains(words), "\(result)")
        }
        #expect(Files.names(in: world.sandbox("one")).allSatisfy { $0.hasPrefix(".") })
        #expect(!Files.exists(world.sandbox("x")))
    }

    @Test(
        "both programs write the same, and each brings up to date what the other imported",
        .tags(.interop), .enabled(if: AWSTools.isAvailable, Comment(rawValue: AWSTools.reason)),
        arguments: Tool.allCases)
    func interop(_ writer: Tool) throws {
        let world = try World()
        let sandbox = world.sandbox
        for (key, name) in [("file.txt", "file.txt"), ("dir", "dir")] {
            try world.run(["import-url", "-q", world.url(key), name] + world.options, by: writer).succeeded()
        }
        try sandbox.makeProject("two")
        for (key, name) in [("file.txt", "file.txt"), ("dir", "dir")] {
            try world.run(
                ["import-url", "-q", world.url(key), name] + world.options, by: writer.other, in: "two"
            )
            .succeeded()
        }
        for name in ["file.txt.dvc", "dir.dvc", ".gitignore"] {
            #expect(try Files.text(sandbox("one/\(name)")) == Files.text(sandbox("two/\(name)")), "\(name)")
        }
        try world.put("2\n", "dir/a")
        try world.put("two\n", "file.txt")
        try world.run(["update", "-q", "dir.dvc", "file.txt.dvc"], by: writer.other).succeeded()
        #expect(try Files.text(sandbox("one/dir/a")) == "2\n")
        #expect(try Files.text(sandbox("one/file.txt")) == "two\n")
        let pointers = try ["dir.dvc", "file.txt.dvc"].map { try Files.text(sandbox("one/\($0)")) }
        try world.run(["update", "-q", "dir.dvc", "file.txt.dvc"], by: writer).succeeded()
        #expect(try ["dir.dvc", "file.txt.dvc"].map { try Files.text(sandbox("one/\($0)")) } == pointers)
    }
}
