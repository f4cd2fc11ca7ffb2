import CairnTestSupport
import Testing

/// Pipelines that both programs run: the same locks, and each finds nothing to do after the other.
@Suite(
    "Interop: pipelines", .tags(.interop),
    .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct InteropPipelineTests {
    /// Makes a repository with every pipeline of the fixtures that resolves, each in a folder of its own.
    ///
    /// - Returns: the names of the folders.
    private func makeCorpus(_ sandbox: Sandbox, in project: String) throws -> [String] {
        try sandbox.makeProject(project)
        let corpus = "\(PackageRoot.path)/fixtures/pipelines"
        var names: [String] = []
        for name in Files.names(in: corpus).sorted() {
            let folder = "\(corpus)/\(name)"
            guard Files.exists("\(folder)/dvc.yaml"), !name.hasPrefix("bad-") else { continue }
            try sandbox.shell("cp -R '\(folder)' .", in: project).succeeded()
            Files.delete(sandbox("\(project)/\(name)/expected.json"))
            names.append(name)
        }
        return names
    }

    @Test("over the corpus: the same locks, byte for byte, and nothing to do for the other program")
    func corpus() throws {
        let sandbox = try Sandbox()
        let names = try makeCorpus(sandbox, in: "one")
        try #require(names.count >= 40)
        _ = try makeCorpus(sandbox, in: "two")
        try sandbox.must(.cairn, "repro", "-P", "-j", "4", in: "one")
        try sandbox.must(.dvc, "repro", "-P", in: "two")
        for name in names {
            let (ours, theirs) = ("one/\(name)/dvc.lock", "two/\(name)/dvc.lock")
            let texts = try [ours, theirs].map {
                Files.exists(sandbox($0)) ? try Files.text(sandbox($0)) : ""
            }
            #expect(texts[0] == texts[1], "\(name)")
        }
        // Each goes on with what the other left. DVC takes tuples inside of other values for changed, its own too.
        Files.delete(sandbox("one/params-order"))
        let theirs = try sandbox.must(.dvc, "status", "--json", in: "one")
        #expect(Self.hasOnlyCallbacks(theirs.stdout), "\(theirs)")
        let ours = try sandbox.must(.cairn, "status", "--json", in: "two")
        #expect(Self.hasOnlyCallbacks(ours.stdout), "\(ours)")
    }

    /// True if all that differs is what always does.
    private static func hasOnlyCallbacks(_ json: String) -> Bool {
        ["changed deps", "changed outs", "changed command"].allSatisfy { !json.contains($0) }
    }

    @Test("the pipeline of the samples: the lock, and then nothing to do in turn")
    func sample() throws {
        let sandbox = try Sandbox()
        for project in ["one", "two"] {
            try sandbox.makeProject(project)
            let sample = "\(PackageRoot.path)/fixtures/dvc/05-pipeline"
            try sandbox.shell("cp -R '\(sample)/after-stage-add/.' '\(sample)/parameters/.' .", in: project)
                .succeeded()
            try Files.write("data\n", to: sandbox("\(project)/src/in.txt"))
        }
        try sandbox.must(.cairn, "repro", in: "one")
        try sandbox.must(.dvc, "repro", in: "two")
        let locks = try ["one/dvc.lock", "two/dvc.lock"].map { try Files.text(sandbox($0)) }
        #expect(locks[0] == locks[1])
        #expect(try sandbox.must(.dvc, "status", in: "one").stdout.contains("up to date"))
        #expect(try sandbox.must(.dvc, "repro", in: "one").stdout.contains("up to date"))
        #expect(try sandbox.must(.cairn, "repro", in: "two").stderr.contains("up to date"))
    }

    @Test("each uses the runs that the other has cached", arguments: Tool.allCases)
    func runCache(_ first: Tool) throws {
        let world = try ReproduceWorld.chain()
        let sandbox = world.sandbox
        try sandbox.must(first, "repro", in: "one")
        try world.write("raw", "second\n")
        try sandbox.must(first, "repro", in: "one")
        _ = try world.ran()
        try world.write("raw", "raw\n")
        try sandbox.must(first.other, "repro", in: "one")
        #expect(try world.ran() == [])
        #expect(try world.read("model") == "raw\n")
    }
}
