import Cairn
import CairnTestSupport
import Testing

@Suite("Move", .tags(.interop), .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
struct MoveTests {
    static let cases: [(name: String, change: String, from: String, to: String, folder: String)] = [
        ("a file", "true", "f", "g", ""),
        ("a directory", "true", "data", "data2", ""),
        ("a file into a folder", "mkdir d", "f", "d", ""),
        ("a directory into a folder", "mkdir d", "data", "d", ""),
        ("a file to another name in a folder", "mkdir d", "f", "d/g", ""),
        ("out of a folder", "mkdir d; echo x > d/x; dvc add -q d/x", "d/x", "y", ""),
        ("from inside of a folder", "mkdir d; echo x > d/x; dvc add -q d/x", "x", "..", "d"),
        ("an executable file", "true", "run.sh", "go.sh", ""),
        ("data that is not here", "rm f", "f", "g", ""),
        ("with annotations", "sed -i '1i desc: x' f.dvc; printf 'meta:\\n  a: 1\\n' >> f.dvc", "f", "g", ""),
        ("a name with special characters", "true", "f", "g #1!.txt", ""),
        ("under a pointer of another name", "mkdir d; mv f.dvc d/other.dvc; sed -i 's#path: f#path: ../f#' d/other.dvc", "f", "g", ""),
        ("an output of a stage", "true", "o.txt", "o2.txt", ""),
        ("what is not tracked", "echo x > x", "x", "y", ""),
        ("a part of a directory", "true", "data/a", "a", ""),
        ("to itself", "true", "f", "f", ""),
        ("into itself", "true", "data", "data/sub", ""),
        ("into another output", "true", "f", "data", ""),
        ("to a folder that is missing", "true", "f", "no/f", ""),
        ("out of the workspace", "true", "f", "../f", ""),
        ("to where a pointer is", "true", "f", "run.sh", ""),
    ]

    @Test("leaves the same files as dvc", arguments: 0..<cases.count)
    func same(_ index: Int) throws {
        let one = Self.cases[index]
        let twins = try Twins(change: one.change)
        let before = twins.snapshot()
        var hasFailed = false
        try twins.expectSame(["move", one.from, one.to], in: one.folder) { workspace in
            do {
                _ = try workspace.move(one.from, to: one.to)
            } catch {
                hasFailed = true
                throw error
            }
        }
        if hasFailed { #expect(twins.snapshot() == before, "\(one.name): a refusal changes nothing") }
    }

    @Test("an import keeps its source when it moves to another folder")
    func importedData() throws {
        let change = "mkdir d; echo e > ../e.csv; dvc import-url -q ../e.csv"
        let twins = try Twins(change: change)
        try twins.expectSame(["move", "e.csv", "d"]) { _ = try $0.move("e.csv", to: "d") }
    }

    @Test("uncommitted changes move along and stay uncommitted")
    func uncommitted() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try sandbox.prepare("echo mine >> data/a", in: "one")
        _ = try sandbox.workspace("one").move("data", to: "moved")
        #expect(try Files.text(sandbox("one/moved/a")) == "1\nmine\n")
        let status = try sandbox.workspace("one").dataStatus()
        #expect(status.uncommitted.modified.map(\.written.printable) == ["moved/"])
    }

    @Test("a file in the way stays, unless forced")
    func inTheWay() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        try Files.write("mine\n", to: sandbox("one/g"))
        let before = TreeListing(of: sandbox("one"))
        let error = #expect(throws: CairnError.self) { try sandbox.workspace("one").move("f", to: "g") }
        #expect(error?.kind == .conflict && error?.message == "'g' exists already")
        #expect(TreeListing(of: sandbox("one")) == before)
        _ = try sandbox.workspace("one").move("f", to: "g", isForced: true)
        #expect(try Files.text(sandbox("one/g")) == "f\n")
    }

    @Test("a checkout after a move, or of the revision before it, has the data in its place")
    func checkout() throws {
        let sandbox = try Sandbox()
        try sandbox.makePipeline("one")
        _ = try sandbox.workspace("one").move("data", to: "moved")
        let report = try sandbox.workspace("one").checkout()
        #expect(report.added.isEmpty && report.modified.isEmpty && report.deleted.isEmpty)
        try sandbox.commit("one", "moved")
        try sandbox.git("checkout", "-q", "HEAD~1", in: "one")
        _ = try sandbox.workspace("one").checkout()
        #expect(try Files.text(sandbox("one/data/a")) == "1\n" && !Files.exists(sandbox("one/moved")))
    }

    @Test("with core.autostage git hears of it")
    func autostage() throws {
        let twins = try Twins(change: "dvc config core.autostage true; git add -A; git commit -qm auto")
        try twins.expectSame(["move", "f", "g"]) { _ = try $0.move("f", to: "g") }
        let states = try ["dvc", "own"].map { try twins.sandbox.git("status", "--short", in: "\($0)/one") }
        #expect(states[0] == states[1])
    }
}
