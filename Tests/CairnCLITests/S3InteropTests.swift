import CairnTestSupport
import Testing

/// On one bucket, cairn and other programs find and read what each of them wrote.
@Suite(
    "Interop: buckets", .tags(.interop, .served),
    .enabled(if: TestServer.Kind.ceph.isAvailable, TestServer.Kind.ceph.comment),
    .enabled(if: AWSTools.isAvailable, Comment(rawValue: AWSTools.reason)))
struct S3InteropTests {
    /// A turn of each program on each service.
    struct Turn: Sendable, CustomTestStringConvertible {
        let writer: Tool
        let kind: TestServer.Kind
        var testDescription: String { "\(writer) on \(kind)" }
        static let all = S3World.services.flatMap { kind in Tool.allCases.map { Turn(writer: $0, kind: kind) }
        }
    }

    @Test("one pushes, the other finds all there and pulls", arguments: Turn.all)
    func exchange(_ turn: Turn) throws {
        let world = try S3World(.dvc, on: turn.kind)
        let sandbox = world.sandbox
        let isSlow = turn.kind == .swift
        try InteropExchangeTests.makeData(sandbox, in: "one", files: isSlow ? 10 : 60)
        // Large enough for an upload in parts.
        var random = SeededRandom(seed: 5)
        try Files.write(random.noise(isSlow ? 9_000_000 : 40_000_000), to: sandbox("one/large"))
        let targets = InteropExchangeTests.targets + ["large"]
        _ = try sandbox.run(turn.writer, ["add", "-q"] + targets, in: "one").succeeded()
        try sandbox.commit("one", "data")
        let before = try sandbox.must(turn.writer.other, "status", "-c", "--json", in: "one").stdout
        #expect(before.contains("new"))
        try sandbox.must(turn.writer, "push", "-q", in: "one")
        try world.expectSound()

        for tool in Tool.allCases {
            #expect(try sandbox.must(tool, "status", "-c", "--json", in: "one").stdout == "{}\n")
        }
        let objects = try world.place.objects()
        try sandbox.must(turn.writer.other, "push", "-q", in: "one")
        #expect(try world.place.objects() == objects)

        try world.clone()
        try sandbox.must(turn.writer.other, "pull", "-q", in: "two")
        for target in targets { try expectSameData(sandbox("one/\(target)"), sandbox("two/\(target)")) }
        try expectClean(turn.writer.other, sandbox, in: "two")
    }

    @Test("what one of them collects, the other does not miss", arguments: Tool.allCases)
    func collect(_ collector: Tool) throws {
        let world = try S3World(.dvc)
        let sandbox = world.sandbox
        try world.addData()
        try sandbox.must(collector.other, "push", "-q", in: "one")
        let first = try world.place.objects()
        Files.delete(sandbox("one/data"))
        Files.delete(sandbox("one/big"))
        try world.addData(seed: 8)
        try sandbox.must(collector.other, "push", "-q", in: "one")
        #expect(try world.place.objects().count > first.count)
        world.letObjectsAge()
        try sandbox.must(collector, "gc", "-w", "-c", "-f", in: "one")
        let kept = try world.place.objects()
        #expect(kept.keys.allSatisfy { first[$0] == nil })
        try world.expectSound()
        try world.clone()
        try sandbox.must(collector.other, "pull", "-q", in: "two")
        try world.expectPulled()
    }

    @Test(
        "aws and boto3 list and read what cairn wrote", arguments: StoreForm.allCases.filter { $0 != .linked }
    )
    func others(_ form: StoreForm) throws {
        let world = try S3World(form)
        try world.addData(bytes: 20_000_000)
        try world.must("push", "-q")
        let objects = try world.place.objects()
        #expect(!objects.isEmpty)

        let lines = try world.aws("s3", "ls", "--recursive", "s3://\(world.place.bucket)/")
        var listed: [String: Int] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            listed[String(words[3])] = Int(words[2])
        }
        #expect(listed == objects)

        let script = """
            import boto3
            bucket = boto3.resource("s3").Bucket("\(world.place.bucket)")
            for item in bucket.objects.all():
                body = item.get()["Body"].read()
                assert len(body) == item.size, item.key
                print(item.key)
            """
        #expect(try Set(world.python(script).split(separator: "\n").map(String.init)) == Set(objects.keys))

        // As one copy from the bucket it is a remote that is a folder.
        _ = try world.aws(
            "s3", "cp", "--recursive", "--only-show-errors", "s3://\(world.place.bucket)/data", "copy")
        try world.sandbox.makeProject("three", settings: form.configuration(remote: world.sandbox("copy")))
        for path in ["data.dvc", "big.dvc", ".gitignore"] {
            try Files.write(Files.read(world.sandbox("one/\(path)")), to: world.sandbox("three/\(path)"))
        }
        try world.must("pull", "-q", in: "three")
        try world.expectPulled("three")
    }

    @Test(
        "what aws copied into a bucket from a remote in a folder is a remote",
        arguments: StoreForm.allCases.filter { $0 != .linked })
    func copied(_ form: StoreForm) throws {
        let world = try S3World(form)
        try Files.write(
            form.configuration(remote: world.sandbox("folder")), to: world.sandbox("one/.dvc/config"))
        try world.setKey(nil)
        try world.addData()
        try world.must("push", "-q")
        _ = try world.aws(
            "s3", "cp", "--recursive", "--only-show-errors", "folder", "s3://\(world.place.bucket)/data")
        try world.setRemote(world.place, through: nil)
        try world.setKey(world.place.owner)
        try world.sandbox.commit("one", "the bucket")
        try world.clone()
        try world.must("pull", "-q", in: "two")
        try world.expectPulled()
    }
}
