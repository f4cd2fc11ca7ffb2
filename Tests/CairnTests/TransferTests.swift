import CairnCore
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Push, fetch, pull")
struct TransferTests {
    @Test("what one workspace pushes, a clone pulls, and nothing is left to do")
    func roundTrip() throws {
        let project = try Project()
        try project.write("a", to: "data/sub/a")
        try project.write("", to: "data/empty")
        try project.write("f", to: "file")
        _ = try project.workspace().add(["data", "file"])
        try project.sandbox.commit("one", "data")
        let pushed = try project.workspace().push()
        #expect(pushed.count == 4 && pushed.isComplete && pushed.remotes == ["store"])
        #expect(try StoreCheck.problems(in: project("remote")) == [])
        #expect(try project.workspace().push().count == 0)
        try project.clone()
        let pulled = try project.workspace("two").pull()
        #expect(pulled.fetched.count == 4 && pulled.fetched.isComplete)
        #expect(pulled.checkedOut.added.map(\.path.description).sorted() == ["data", "file"])
        #expect(try Files.text(project("two/data/sub/a")) == "a")
        #expect(Files.exists(project("two/data/empty")))
        #expect(try project.workspace("two").status().entries.isEmpty)
        let again = try project.workspace("two").pull()
        #expect(
            again.fetched.count == 0 && again.checkedOut.added.isEmpty && again.checkedOut.modified.isEmpty)
    }

    @Test("a path inside of a directory fetches the listing and that part only")
    func part() throws {
        let project = try Project()
        for name in ["a", "b", "sub/c", "sub/d"] { try project.write(name, to: "data/\(name)") }
        _ = try project.workspace().add(["data"])
        try project.sandbox.commit("one", "data")
        _ = try project.workspace().push()
        try project.clone()
        let report = try project.workspace("two").pull(["data/sub"])
        #expect(report.fetched.count == 3 && report.fetched.isComplete)
        #expect(Files.paths(below: project("two/data")).sorted() == ["sub/c", "sub/d"])
    }

    @Test("fetch leaves out what is too large, and what is neither metric nor plot where those are asked for")
    func filters() throws {
        let project = try Project()
        try project.write(
            "stages:\n  s:\n    cmd: \"true\"\n    outs: [o]\n    metrics: [m]\nplots:\n- d/p:\n    x: a\n",
            to: "dvc.yaml")
        for (path, text) in [
            ("o", "other"), ("m", "metric"), ("d/p", "plot"), ("d/q", "beside"), ("big", "0123456789"),
        ] {
            try project.write(text, to: path)
        }
        var isForced = CommitOptions()
        isForced.isForced = true
        _ = try project.workspace().commit(["dvc.yaml"], isForced)
        _ = try project.workspace().add(["d", "big"])
        _ = try project.workspace().push()
        func fetched(_ change: (inout TransferOptions) -> Void) throws -> Set<String> {
            Files.delete(project("one/.dvc/cache"))
            var options = TransferOptions()
            change(&options)
            #expect(try project.workspace().fetch([], options).isComplete)
            return try Set(
                project.ids().filter { !$0.hasSuffix(".dir") }.map {
                    try Files.text(StoreCheck.objects(in: project("one/.dvc/cache"))[$0] ?? "")
                })
        }
        #expect(try fetched { $0.sizeLimit = 10 } == ["other", "metric"])
        #expect(try fetched { $0.sizeLimit = 11 } == ["other", "metric", "plot", "beside", "0123456789"])
        #expect(try fetched { $0.kinds = [.metric] } == ["metric"])
        #expect(try fetched { $0.kinds = [.plot] } == ["plot", "beside"])
        #expect(try fetched { $0.kinds = [.plot, .metric] } == ["plot", "beside", "metric"])
    }

    @Test("pushing a part leaves the listing out until the remote has all of it, and that is no failure")
    func partialPush() throws {
        let project = try Project()
        try project.write("a", to: "data/a")
        try project.write("b", to: "data/b")
        _ = try project.workspace().add(["data"])
        let part = try project.workspace().push(["data/a"])
        #expect(part.count == 1 && part.isComplete)
        #expect(project.listings(in: "remote").isEmpty)
        #expect(try project.workspace().push().count == 2)
        #expect(project.listings(in: "remote").count == 1)
    }

    @Test(
        "a directory with a damaged file in the cache is pushed without it and without its listing; the file is kept aside"
    )
    func damagedSource() throws {
        let project = try Project()
        try project.write("a", to: "data/a")
        try project.write("b", to: "data/b")
        try project.write("c", to: "other")
        _ = try project.workspace().add(["data", "other"])
        try project.damage("a")
        let warnings = Warnings()
        let report = try project.workspace().push(reporter: warnings)
        #expect(report.count == 2 && report.failures.count == 1 && report.incomplete.count == 1)
        #expect(report.failures.first?.object.users.map(\.path.description) == ["data/a"])
        #expect(report.failures.first?.error.kind == .damaged)
        #expect(project.listings(in: "remote").isEmpty)
        #expect(Files.names(in: project("one/.dvc/tmp/cairn/damaged")).count == 1)
        #expect(warnings.all.count == 1)
        #expect(try StoreCheck.problems(in: project("remote")) == [])
    }

    @Test("a listing is not pushed while a file that it names is nowhere")
    func missingMember() throws {
        let project = try Project()
        try project.write("a", to: "data/a")
        try project.write("b", to: "data/b")
        _ = try project.workspace().add(["data"])
        Files.delete(project.object("a"))
        let report = try project.workspace().push()
        #expect(report.count == 1 && report.missing.map { $0.users.map(\.path.description) } == [["data/a"]])
        #expect(report.incomplete.count == 1 && project.listings(in: "remote").isEmpty)
    }

    @Test("pull replaces objects of the cache that are damaged, files and listings")
    func replacesDamage() throws {
        let project = try Project()
        try project.makeHistory()
        try project.damage("v2")
        try project.damage("v2 alone")
        for path in project.listings() { try Files.write("[", to: path, mode: 0o644) }
        Files.delete(project("one/data"))
        Files.delete(project("one/alone"))
        let report = try project.workspace().pull()
        #expect(report.checkedOut.failed.isEmpty)
        #expect(
            try Files.text(project("one/data/changing")) == "v2"
                && Files.text(project("one/alone")) == "v2 alone")
        #expect(try project.workspace().verify().isSound)
        #expect(
            Files.names(in: project("one/.dvc/tmp/cairn/damaged")).count == 3,
            "two files, and the listing of today")
    }

    @Test(
        "what is damaged on the remote never enters the cache, stays on the remote and is named",
        arguments: ["altered", "cut"])
    func damagedRemote(_ kind: String) throws {
        let project = try Project()
        try project.makeHistory()
        let path = project.object("v2 alone", in: "remote")
        Files.delete(path)
        try Files.write(kind == "cut" ? "" : "v2 al0ne", to: path, mode: 0o444)
        try project.clone()
        let report = try project.workspace("two").pull()
        #expect(report.fetched.failures.map { $0.object.users.map(\.path.description) } == [["alone"]])
        #expect(report.checkedOut.failed.map(\.description) == ["alone"])
        #expect(!Files.exists(project("two/alone")) && Files.exists(project("two/data/changing")))
        #expect(Files.exists(path))
        #expect(try StoreCheck.problems(in: project("two/.dvc/cache")) == [])
    }

    @Test("a hostile listing on the remote writes nothing outside of the workspace")
    func hostileListing() throws {
        let project = try Project()
        try project.write("a", to: "data/a")
        _ = try project.workspace().add(["data"])
        let text = "[{\"md5\": \"\(MD5.digest(of: Array("a".utf8)).hex)\", \"relpath\": \"../../escaped\"}]"
        let id = MD5.digest(of: Array(text.utf8)).hex
        _ = try project.workspace().push()
        try Files.write(
            text, to: project("remote/files/md5/\(id.prefix(2))/\(id.dropFirst(2)).dir"), mode: 0o444)
        try project.write("outs:\n- md5: \(id).dir\n  hash: md5\n  path: data\n", to: "data.dvc")
        try project.sandbox.commit("one", "hostile")
        try project.clone()
        let report = try project.workspace("two").fetch()
        #expect(report.failures.count == 1 && report.failures.first?.error.kind == .damaged)
        #expect(!Files.exists(project("escaped")))
    }

    @Test("without a remote, all is well as long as nothing is missing")
    func noRemote() throws {
        let project = try Project()
        try project.write("", to: ".dvc/config")
        try project.write("a", to: "a")
        _ = try project.workspace().add(["a"])
        #expect(try project.workspace().fetch().isComplete)
        #expect { try project.workspace().push() } throws: { ($0 as? CairnError)?.kind == .config }
        #expect { try project.workspace().remoteStatus() } throws: { ($0 as? CairnError)?.kind == .config }
        Files.delete(project.object("a"))
        #expect { try project.workspace().fetch() } throws: { ($0 as? CairnError)?.kind == .config }
    }

    @Test(
        "an unknown remote, a remote that is gone and one with versions get a sentence before anything moves")
    func badRemotes() throws {
        let project = try Project()
        try project.makeHistory()
        var options = TransferOptions()
        options.remote = "nosuch"
        #expect { try project.workspace().push([], options) } throws: {
            ($0 as? CairnError)?.message.contains("'nosuch'") == true
        }
        Files.delete(project("remote"))
        try project.clone()
        #expect { try project.workspace("two").fetch() } throws: {
            ($0 as? CairnError)?.message.contains("does not exist") == true
        }
        try project.write(
            try Files.text(project("one/.dvc/config")) + "    version_aware = true\n", to: ".dvc/config")
        #expect { try project.workspace().push() } throws: {
            ($0 as? CairnError)?.message.contains("version_aware") == true
        }
        #expect(!Files.exists(project("remote")))
    }

    @Test("an output goes to the remote that it names and to no other; what is not to be pushed is not")
    func outputRemotes() throws {
        let project = try Project()
        for name in ["usual", "special", "private"] { try project.write(name, to: name) }
        _ = try project.workspace().add(["usual", "special", "private"])
        try project.write(
            try Files.text(project("one/.dvc/config")) + "['remote \"other\"']\n    url = ../../other\n",
            to: ".dvc/config")
        try project.write(try Files.text(project("one/special.dvc")) + "  remote: other\n", to: "special.dvc")
        try project.write(try Files.text(project("one/private.dvc")) + "  push: false\n", to: "private.dvc")
        let report = try project.workspace().push()
        #expect(report.count == 2 && Set(report.remotes) == ["store", "other"])
        #expect(
            Files.exists(project.object("usual", in: "remote"))
                && Files.exists(project.object("special", in: "other")))
        #expect(project.ids(in: "remote").count == 1 && project.ids(in: "other").count == 1)
        var options = TransferOptions()
        options.remote = "other"
        #expect(
            try project.workspace().push([], options).count == 1,
            "the output that names no remote goes to the one of -r")
    }

    @Test("all commits are pushed and fetched, each to the remote of its own configuration")
    func history() throws {
        let project = try Project()
        try project.makeHistory()
        Files.delete(project("remote"))
        try project.write("v3 alone", to: "alone")
        _ = try project.workspace().add(["alone"])
        try project.write(
            "[core]\n    remote = new\n['remote \"new\"']\n    url = ../../moved\n", to: ".dvc/config")
        try project.sandbox.commit("one", "another remote")
        var options = TransferOptions()
        options.revisions.allCommits = true
        let report = try project.workspace().push([], options)
        #expect(report.isComplete && Set(report.remotes) == ["store", "new"])
        // The old commits: two listings, three files in them, two files. Today: the listing, two files, one file.
        #expect(project.ids(in: "remote").count == 7 && project.ids(in: "moved").count == 4)
        let before = project.ids()
        Files.delete(project("one/.dvc/cache"))
        #expect(try project.workspace().fetch([], options).isComplete)
        #expect(project.ids() == before)
    }

    @Test("revisions whose files are broken, and those before there was data, do not stop the others")
    func brokenRevisions() throws {
        let project = try Project()
        try project.makeHistory()
        try project.write("outs: [", to: "broken.dvc")
        try project.sandbox.commit("one", "broken")
        Files.delete(project("one/broken.dvc"))
        try project.sandbox.commit("one", "mended")
        Files.delete(project("remote"))
        var options = TransferOptions()
        options.revisions.allCommits = true
        let report = try project.workspace().push([], options)
        #expect(report.skipped.count == 1 && report.failures.isEmpty)
        #expect(project.ids(in: "remote").count == 7)
    }

    @Test("targets are looked for in every revision, and need not be in each")
    func targetsInHistory() throws {
        let project = try Project()
        try project.makeHistory()
        Files.delete(project("remote"))
        var options = TransferOptions()
        options.revisions.allTags = true
        #expect(try project.workspace().push(["alone"], options).count == 2)
        #expect { try project.workspace().push(["nosuch"], options) } throws: {
            ($0 as? CairnError)?.kind == .notFound
        }
    }

    @Test("records of runs travel when asked for")
    func runRecords() throws {
        let project = try Project()
        let key = String(repeating: "c", count: 64)
        try project.write("cmd: x\n", to: ".dvc/cache/runs/cc/\(key)/\(key)")
        var options = TransferOptions()
        #expect(try project.workspace().push([], options).runRecords == 0)
        options.includesRunRecords = true
        #expect(try project.workspace().push([], options).runRecords == 1)
        try project.clone()
        // A record is asked for by the key of a stage, and no stage has this one.
        #expect(try project.workspace("two").fetch([], options).runRecords == 0)
        #expect(Files.exists(project("remote/runs/cc/\(key)/\(key)")))
    }

    @Test("pull does not overwrite what was never stored")
    func unsaved() throws {
        let project = try Project()
        try project.makeHistory()
        try project.clone()
        try Files.write("mine", to: project("two/alone"))
        #expect { try project.workspace("two").pull() } throws: { ($0 as? CairnError)?.kind == .conflict }
        #expect(try Files.text(project("two/alone")) == "mine")
        var options = PullOptions()
        options.isForced = true
        _ = try project.workspace("two").pull([], options)
        #expect(try Files.text(project("two/alone")) == "v2 alone")
    }

    @Test("the comparison with a remote tells new, deleted and missing by name")
    func status() throws {
        let project = try Project()
        try project.makeHistory()
        #expect(try project.workspace().remoteStatus().entries.isEmpty)
        try project.write("added", to: "data/added")
        _ = try project.workspace().add(["data"])
        Files.delete(project.object("v2 alone"))
        Files.delete(project.object("same"))
        Files.delete(project.object("same", in: "remote"))
        let report = try project.workspace().remoteStatus()
        let states = report.entries.map { "\($0.path) \($0.state.rawValue)" }
        #expect(states == ["alone deleted", "data new", "data/added new", "data/constant missing"])
    }
}
