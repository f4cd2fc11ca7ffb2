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

    /// Runs the program under test through a link named `dvc`.
    func asDVC(_ arguments: [String], in folder: String) throws -> Program.Result {
        try Program.run(scratch("bin/dvc"), arguments, in: scratch(folder), environment: environment)
    }

    /// Runs shell commands in which `dvc` is the real one.
    func prepare(_ script: String, in folder: String) throws {
        let real = try #require(RealDVC.path)
        try shell("set -e; dvc() { '\(real)' \"$@\"; }; \(script)", in: folder).succeeded()
    }
}

/// Two equal projects: the real `dvc` works in one of them (`dvc/one`) and the library in the other (`own/one`).
struct Twins {
    let sandbox: Sandbox

    /// Makes both; `change` is made in both before they are compared.
    init(cacheType: String = "copy", change: String = "true") throws {
        sandbox = try Sandbox()
        for project in ["dvc", "own"] {
            try Files.makeFolder(sandbox("\(project)/one"))
            try sandbox.makePipeline("\(project)/one", cacheType: cacheType)
            if change != "true" { try sandbox.prepare(change, in: "\(project)/one") }
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
            try call(sandbox.workspace("own/one/\(folder)"))
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
        let trees = ["dvc", "own"].map { TreeListing(of: sandbox("\($0)/one"), skipping: skipped) }
        let texts = zip(["dvc", "own"], trees).map { name, tree in
            tree.description.split(separator: "\n").map { $0.replacing("\(sandbox(name))/", with: "<\u{2026}>/") }.joined(separator: "\n")
        }
        #expect(texts[0] == texts[1], "\(what)", sourceLocation: sourceLocation)
        for entry in trees[0].entries where entry.target.isEmpty {
            let texts = ["dvc", "own"].map { try? Files.text(sandbox("\($0)/one/\(entry.path.dropFirst(2))")) }
            #expect(texts[0] == texts[1], "\(what): \(entry.path)", sourceLocation: sourceLocation)
        }
    }

    /// Everything in the library's project, to see that nothing changed.
    func snapshot() -> String { TreeListing(of: sandbox("own/one")).description }
}
