import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Collecting what nothing uses")
struct CollectTests {
    static func scope(_ change: (inout CollectOptions) -> Void = { _ in }) -> CollectOptions {
        var options = CollectOptions()
        options.keepsWorkspace = true
        change(&options)
        return options
    }

    static func collect(_ project: Project, _ options: CollectOptions = scope()) throws -> CollectReport {
        try project.workspace().collect(options) { _ in true }
    }

    @Test(
        "only the workspace: older versions go, today's stay, and each is named by its last path and revision"
    )
    func workspaceOnly() throws {
        let project = try Project()
        try project.makeHistory()
        let report = try Self.collect(project)
        #expect(report.isDone && report.count == 3)
        let place = try #require(report.plan.places.first)
        let names = place.objects.map { object in
            "\(object.lastKnown?.path.printable ?? "?") in \(object.lastKnown?.revision ?? "?")"
        }
        #expect(names.sorted() == ["alone in v1", "data in v1", "data/changing in v1"])
        #expect(place.objects.first?.id.isDirectory == true, "what names others goes first")
        #expect(try StoreCheck.missing(from: project("one/.dvc/cache"), forPointersOf: project("one")) == [])
        #expect(project.ids(in: "remote").count == 7, "the remote was not meant")
    }

    @Test(
        "scopes keep what their revisions use",
        arguments: [
            ("tags", 7), ("commits", 7), ("branches", 4), ("revision", 7), ("parents", 7), ("since 2100", 4),
            ("since 2000", 7),
        ])
    func scopes(_ name: String, _ kept: Int) throws {
        let project = try Project()
        try project.makeHistory()
        var options = CollectOptions()
        switch name {
        case "tags": options.revisions.allTags = true
        case "commits": options.revisions.allCommits = true
        case "branches": options.revisions.allBranches = true
        case "revision": options.revisions.revision = "v1"
        case "parents":
            options.revisions.allBranches = true
            options.revisions.count = 2
        default: options.revisions.since = try RevisionScope.start(ofDay: "\(name.suffix(4))-01-01")
        }
        _ = try Self.collect(project, options)
        #expect(project.ids().count == kept)
    }

    @Test("commits of experiments are kept when asked for")
    func experiments() throws {
        let project = try Project()
        try project.makeHistory()
        let baseline = try project.sandbox.git("rev-parse", "v1", in: "one").filter { !$0.isWhitespace }
        try project.write("experiment", to: "alone")
        _ = try project.workspace().add(["alone"])
        try project.sandbox.git("checkout", "-q", "-f", "--detach", "v1", in: "one")
        try project.write("experiment", to: "alone")
        _ = try project.workspace().add(["alone"])
        try project.sandbox.commit("one", "experiment")
        try project.sandbox.git(
            "update-ref", "refs/exps/\(baseline.prefix(2))/\(baseline.dropFirst(2))/try", "HEAD", in: "one")
        try project.sandbox.git("checkout", "-q", "-f", "main", in: "one")
        #expect(project.ids().count == 8)
        _ = try Self.collect(project, Self.scope { $0.revisions.allExperiments = true })
        #expect(Files.exists(project.object("experiment")))
        _ = try Self.collect(project)
        #expect(!Files.exists(project.object("experiment")))
    }

    @Test("a dry run, and a no, delete nothing")
    func asks() throws {
        let project = try Project()
        try project.makeHistory()
        let before = project.ids()
        let dry = try project.workspace().collect(Self.scope { $0.isDry = true }) { _ in
            Issue.record("a dry run asks nobody")
            return true
        }
        #expect(!dry.isDone && dry.plan.count == 3)
        let refused = try project.workspace().collect(Self.scope()) { plan in
            #expect(plan.count == 3)
            return false
        }
        #expect(!refused.isDone && project.ids() == before)
    }

    @Test(
        "a pointer that cannot be read stops everything",
        arguments: ["outs: [", "nonsense: true\n", "outs:\n- md5: zz\n  path: x\n"])
    func brokenPointer(_ text: String) throws {
        let project = try Project()
        try project.makeHistory()
        try project.write(text, to: "sub/broken.dvc")
        let before = project.ids()
        for options in [Self.scope(), Self.scope { $0.skipsFailed = true }] {
            #expect { try Self.collect(project, options) } throws: {
                ($0 as? CairnError)?.message.hasPrefix("nothing was deleted") == true
            }
        }
        #expect(project.ids() == before)
    }

    @Test("a broken pointer in a revision stops everything unless it is to be passed over")
    func brokenRevision() throws {
        let project = try Project()
        try project.makeHistory()
        try project.write("outs: [", to: "broken.dvc")
        try project.sandbox.commit("one", "broken")
        Files.delete(project("one/broken.dvc"))
        try project.sandbox.commit("one", "mended")
        let before = project.ids()
        #expect { try Self.collect(project, Self.scope { $0.revisions.allCommits = true }) } throws: {
            ($0 as? CairnError)?.hint?.contains("--skip-failed") == true
        }
        #expect(project.ids() == before)
        let report = try Self.collect(
            project,
            Self.scope {
                $0.revisions.allCommits = true
                $0.skipsFailed = true
            })
        #expect(report.plan.skipped.count == 1 && project.ids() == before)
    }

    @Test(
        "a listing that nobody has stops everything, and is named with the command that gets it",
        arguments: ["missing", "damaged"])
    func missingListing(_ kind: String) throws {
        let project = try Project()
        try project.makeHistory()
        let names = project.listings()
        for path in names {
            Files.delete(path)
            if kind == "damaged" { try Files.write("[]", to: path, mode: 0o444) }
        }
        // The remote has it, so it can be read there.
        #expect(try Self.collect(project).isDone)
        for path in project.listings(in: "remote") { Files.delete(path) }
        let before = project.ids()
        #expect { try Self.collect(project) } throws: {
            let error = $0 as? CairnError
            return error?.message.contains("'data'") == true && error?.hint?.contains("fetch data") == true
        }
        #expect(project.ids() == before)
    }

    @Test("a remote loses what nothing uses, and keeps everything that is no object")
    func remote() throws {
        let project = try Project()
        try project.makeHistory()
        let strays = [
            "README", "files/md5/notes.txt", "files/md5/ab/short",
            "files/md5/ab/\(String(repeating: "A", count: 30))", "runs/ab/x",
        ]
        for stray in strays { try Files.write("stray", to: project("remote/\(stray)")) }
        let outside = project("outside")
        let id = MD5.digest(of: Array("linked".utf8)).hex
        try Files.write("linked", to: "\(outside)/\(id.dropFirst(2))")
        try Files.link(project("remote/files/md5/\(id.prefix(2))"), to: outside)
        let report = try Self.collect(project, Self.scope { $0.includesRemote = true })
        #expect(report.plan.places.map(\.objects.count) == [3, 3] && report.count == 6)
        for stray in strays { #expect(Files.exists(project("remote/\(stray)"))) }
        #expect(Files.exists("\(outside)/\(id.dropFirst(2))"), "no link is followed")
        #expect(try StoreCheck.missing(from: project("remote"), forPointersOf: project("one")) == [])
    }

    @Test("what the remote has goes from the cache, but not where the remote's copy is cut off")
    func notInRemote() throws {
        let project = try Project()
        try project.makeHistory()
        let cut = project.object("v2 alone", in: "remote")
        Files.delete(cut)
        try Files.write("v2", to: cut, mode: 0o444)
        _ = try Self.collect(project, Self.scope { $0.deletesPushed = true })
        #expect(project.ids() == [MD5.digest(of: Array("v2 alone".utf8)).hex])
    }

    @Test("a cache outside of the workspace is only collected with a word about others")
    func sharedCache() throws {
        let project = try Project()
        for name in ["one", "two"] {
            if name == "two" { try project.sandbox.makeProject("two") }
            try project.write("[cache]\n    dir = ../../shared\n", to: ".dvc/config", in: name)
            try project.write("of \(name)", to: "file", in: name)
            _ = try project.workspace(name).add(["file"])
        }
        #expect { try Self.collect(project) } throws: {
            ($0 as? CairnError)?.hint?.contains("--projects") == true
        }
        #expect(project.ids(in: "shared").count == 2)
        _ = try Self.collect(project, Self.scope { $0.projects = ["../two"] })
        #expect(project.ids(in: "shared").count == 2)
        _ = try Self.collect(project, Self.scope { $0.isForced = true })
        #expect(project.ids(in: "shared").count == 1)
    }

    @Test("an object that is written or linked while the plan is made stays")
    func spared() throws {
        let project = try Project()
        try project.makeHistory()
        let report = try project.workspace().collect(Self.scope()) { _ in
            let object = project.object("v1 alone")
            Files.delete(object)
            try Files.write("v1 alone", to: object, mode: 0o444)
            return true
        }
        #expect(report.spared.count == 1 && report.count == 2)
        #expect(Files.exists(project.object("v1 alone")))
    }

    @Test("contradictions and a missing scope are refused", arguments: 0..<5)
    func wrongUsage(_ number: Int) throws {
        let project = try Project()
        var options = CollectOptions()
        if number > 0 { options.keepsWorkspace = true }
        switch number {
        case 1: options.remote = "store"
        case 2: (options.includesRemote, options.deletesPushed) = (true, true)
        case 3: options.revisions.count = 2
        case 4: options.jobs = 0
        default: break
        }
        #expect { try Self.collect(project, options) } throws: { ($0 as? CairnError)?.kind == .usage }
    }

    @Test(
        "days are read as the calendar has them",
        arguments: ["2026-02-30", "26-01-01", "2026-1", "today", "2026-13-01", ""])
    func wrongDays(_ text: String) {
        #expect { try RevisionScope.start(ofDay: text) } throws: { ($0 as? CairnError)?.kind == .usage }
    }
}
