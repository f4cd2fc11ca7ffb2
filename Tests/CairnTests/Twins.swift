import Cairn
import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

extension Tag {
    /// Tests that run the real `dvc`.
    @Tag static var interop: Self
}

extension Sandbox {
    /// The workspace of a project in this world, for calls of the library.
    ///
    /// - Parameter folder: where the user stands, in the project or below.
    func workspace(_ folder: String, as personality: Personality = .cairn) throws -> Workspace {
        let surroundings = Surroundings(
            environment: environment, workingDirectory: FilePath(scratch(folder)), home: FilePath(scratch("home")))
        return try Workspace.discover(from: surroundings, as: personality)
    }

    /// Runs shell commands in which `dvc` is the real one.
    func prepare(_ script: String, in folder: String) throws {
        let real = try #require(RealDVC.path)
        try shell("set -e; dvc() { '\(real)' \"$@\"; }; \(script)", in: folder).succeeded()
    }

    /// Makes a project with data and two stages that have run, everything committed.
    ///
    /// `f`, `data/a`, `data/sub/b` and `run.sh` are added; stage `s` makes `o.txt` of `f` and `m.json`, which git tracks; stage `p` has a
    /// parameter and makes `p.txt` of `o.txt`.
    func makePipeline(_ folder: String, cacheType: String = "copy") throws {
        try makeProject(folder)
        try setRemote(folder)
        for (path, text) in [("f", "f\n"), ("data/a", "1\n"), ("data/sub/b", "2\n"), ("params.yaml", "lr: 1\n")] {
            try Files.write(text, to: scratch("\(folder)/\(path)"))
        }
        try Files.write("run\n", to: scratch("\(folder)/run.sh"), mode: 0o755)
        try prepare(
            """
            dvc config cache.type \(cacheType)
            dvc add -q f data run.sh
            dvc stage add -q -n s -d f -o o.txt -M m.json 'cat f > o.txt; echo "{}" > m.json'
            dvc stage add -q -n p -d o.txt -p lr -o p.txt 'cp o.txt p.txt'
            dvc repro -q
            """, in: folder)
        try commit(folder, "data")
    }
}

/// Two equal projects: the real `dvc` works in one of them and the library in the other.
struct Twins {
    let sandbox: Sandbox

    /// Makes both; `change` is made in both before they are compared.
    init(cacheType: String = "copy", change: String = "true") throws {
        sandbox = try Sandbox()
        for project in ["dvc", "cairn"] {
            try Files.makeFolder(sandbox("\(project)/one"))
            try sandbox.makePipeline("\(project)/one", cacheType: cacheType)
            try sandbox.prepare(change, in: "\(project)/one")
        }
    }

    /// Runs a command of the real program, and the same by the library, and expects equal trees.
    ///
    /// - Parameters:
    ///   - folder: where the user stands in the project.
    ///   - skipped: what may differ, relative to the project.
    func expectSame(
        _ command: [String], in folder: String = "", skipping skipped: Set<String> = [],
        sourceLocation: SourceLocation = #_sourceLocation, _ call: (Workspace) throws -> Void
    ) throws {
        let theirs = try sandbox.run(.dvc, command, in: "dvc/one/\(folder)")
        var mine: (any Error)?
        do {
            try call(sandbox.workspace("cairn/one/\(folder)"))
        } catch {
            mine = error
        }
        #expect((theirs.exitCode == 0) == (mine == nil), "\(theirs)\n\(mine.map { "\($0)" } ?? "no error")", sourceLocation: sourceLocation)
        // What was not done, was not done at all.
        if mine != nil, theirs.exitCode != 0 { return }
        try expectSameTrees(skipping: skipped, command.joined(separator: " "), sourceLocation: sourceLocation)
    }

    func expectSameTrees(
        skipping skipped: Set<String> = [], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let skipped = skipped.union([".git", ".dvc/tmp"])
        let trees = ["dvc", "cairn"].map { TreeListing(of: sandbox("\($0)/one"), skipping: skipped) }
        let texts = zip(["dvc", "cairn"], trees).map { name, tree in
            tree.description.split(separator: "\n").map { $0.replacing("\(sandbox(name))/", with: "<\u{2026}>/") }.joined(separator: "\n")
        }
        #expect(texts[0] == texts[1], "\(what)", sourceLocation: sourceLocation)
        for entry in trees[0].entries where entry.target.isEmpty {
            let bytes = ["dvc", "cairn"].map { try? Files.read(sandbox("\($0)/one/\(entry.path.dropFirst(2))")) }
            #expect(
                bytes[0] == bytes[1], "\(what): \(entry.path)\n\(bytes.map { String(decoding: $0 ?? [], as: UTF8.self) })",
                sourceLocation: sourceLocation)
        }
    }

    /// Everything in cairn's project, to see that nothing changed.
    func snapshot() -> String { TreeListing(of: sandbox("cairn/one")).description }
}
