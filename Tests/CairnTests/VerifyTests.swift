import CairnCore
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Verifying")
struct VerifyTests {
    @Test("sound objects are counted, a file and its listing alike")
    func sound() throws {
        let project = try Project()
        try project.makeHistory()
        let report = try project.workspace().verify()
        #expect(report.isSound && report.count == 4)
        #expect(try project.workspace().verify(["alone"]).count == 1)
        var options = VerifyOptions()
        options.revisions.allTags = true
        #expect(try project.workspace().verify([], options).count == 7)
    }

    @Test("objects of revisions from before there was a remote count too")
    func beforeRemote() throws {
        let project = try Project()
        let configuration = try Files.text(project("one/.dvc/config"))
        try project.write("", to: ".dvc/config")
        try project.write("early", to: "file")
        _ = try project.workspace().add(["file"])
        try project.sandbox.commit("one", "early")
        try project.write(configuration, to: ".dvc/config")
        try project.write("late", to: "file")
        _ = try project.workspace().add(["file"])
        try project.sandbox.commit("one", "late")
        var options = VerifyOptions()
        options.revisions.allCommits = true
        #expect(try project.workspace().verify([], options).count == 2)
    }

    @Test("damage in the cache is named by all paths that need it, and moved aside")
    func damagedCache() throws {
        let project = try Project()
        try project.write("twice", to: "data/a")
        try project.write("twice", to: "b")
        try project.write("gone", to: "c")
        _ = try project.workspace().add(["data", "b", "c"])
        try project.damage("twice")
        Files.delete(project.object("gone"))
        let report = try project.workspace().verify()
        #expect(!report.isSound && report.count == 1)
        #expect(report.missing.map { $0.users.map(\.path.description) } == [["c"]])
        #expect(report.damaged.map { $0.object.users.map(\.path.description) } == [["b", "data/a"]])
        #expect(!Files.exists(project.object("twice")))
        let place = try #require(report.damaged.first?.movedTo?.string)
        #expect(try Files.text(place) == "damaged")
        #expect(try project.workspace().verify().missing.count == 2)
    }

    @Test("damage on a remote is named and left where it is")
    func damagedRemote() throws {
        let project = try Project()
        try project.makeHistory()
        try project.damage("v2 alone", in: "remote")
        var options = VerifyOptions()
        options.readsRemote = true
        let report = try project.workspace().verify([], options)
        #expect(report.damaged.map { $0.object.users.map(\.path.description) } == [["alone"]])
        #expect(report.count == 3 && report.remotes == ["store"])
        #expect(Files.exists(project.object("v2 alone", in: "remote")))
        #expect(try project.workspace().verify().isSound)
    }

    @Test("a damaged listing is reported, and its files are verified as the remote names them")
    func damagedListing() throws {
        let project = try Project()
        try project.write("a", to: "data/a")
        _ = try project.workspace().add(["data"])
        _ = try project.workspace().push()
        for path in project.listings() { try Files.write("[]", to: path) }
        let report = try project.workspace().verify()
        #expect(
            report.damaged.map { $0.object.users.map(\.path.description) } == [["data"]] && report.count == 1)
    }
}

@Suite("Bringing a cache of DVC 2 to today's layout")
struct CacheMigrationTests {
    static func legacyPath(_ project: Project, _ id: String) -> String {
        project("one/.dvc/cache/\(id.prefix(2))/\(id.dropFirst(2))")
    }

    /// Puts bytes into the legacy places, and names them.
    static func store(_ text: String, in project: Project, suffix: String = "") throws -> String {
        var hasher = ContentHasher(suffix.isEmpty ? .md5DOS2Unix : .md5)
        Array(text.utf8).withUnsafeBytes { hasher.update($0) }
        let id = hasher.finish().hex + suffix
        try Files.write(text, to: legacyPath(project, id), mode: 0o444)
        return id
    }

    @Test("files and listings get their new names, pointers and locks name them, and nothing old goes")
    func migrates() throws {
        let project = try Project()
        let text = try Self.store("one\r\ntwo\r\n", in: project)
        let binary = try Self.store("\0\r\n", in: project)
        let listing = try Self.store(
            "[{\"md5\": \"\(text)\", \"relpath\": \"a\"}, {\"md5\": \"\(binary)\", \"relpath\": \"b\"}]",
            in: project, suffix: ".dir")
        try project.write("outs:\n- md5: \(text)\n  size: 10\n  path: w.txt  # mine\n", to: "w.txt.dvc")
        try project.write("outs:\n- md5: \(listing)\n  path: d\n", to: "d.dvc")
        try project.write(
            "stages:\n  s:\n    cmd: x\n    deps:\n    - w.txt\n    outs:\n    - o.txt\n", to: "dvc.yaml")
        try project.write(
            "schema: '2.0'\nstages:\n  s:\n    cmd: x\n    deps:\n    - path: w.txt\n      md5: \(text)\n      size: 10\n    outs:\n    - path: o.txt\n      md5: \(binary)\n      size: 3\n",
            to: "dvc.lock")
        let dry = try project.workspace().migrateCache(rewritesFiles: true, isDry: true)
        #expect(dry.legacyCount == 3 && dry.files.map(\.description) == ["d.dvc", "dvc.lock", "w.txt.dvc"])
        #expect(project.ids().isEmpty)
        let report = try project.workspace().migrateCache(rewritesFiles: true, isDry: false)
        #expect(
            report.count == 3 && report.failures.isEmpty && report.files == dry.files
                && report.copiedBytes == 0)
        #expect(
            Files.exists(Self.legacyPath(project, text)) && Files.exists(Self.legacyPath(project, listing)))
        let new = MD5.digest(of: Array("one\r\ntwo\r\n".utf8)).hex
        #expect(
            try Files.text(project("one/w.txt.dvc"))
                == "outs:\n- md5: \(new)\n  size: 10\n  path: w.txt  # mine\n  hash: md5\n")
        let lock = try Files.text(project("one/dvc.lock"))
        #expect(lock.contains(new) && !lock.contains(text) && lock.contains("hash: md5"))
        #expect(try StoreCheck.missing(from: project("one/.dvc/cache"), forPointersOf: project("one")) == [])
        #expect(try project.workspace().migrateCache(rewritesFiles: true, isDry: false).count == 0)
    }

    @Test("an output whose data is not in the cache keeps its old hash")
    func leftBehind() throws {
        let project = try Project()
        let text = "outs:\n- md5: \(String(repeating: "a", count: 32))\n  path: gone\n"
        try project.write(text, to: "gone.dvc")
        let report = try project.workspace().migrateCache(rewritesFiles: true, isDry: false)
        #expect(report.leftBehind.map(\.description) == ["gone"])
        #expect(try Files.text(project("one/gone.dvc")) == text)
    }

    @Test("damaged objects are moved aside and not given a new name")
    func damaged() throws {
        let project = try Project()
        let id = try Self.store("good", in: project)
        try Files.write("bad", to: Self.legacyPath(project, id))
        let report = try project.workspace().migrateCache(rewritesFiles: false, isDry: false)
        #expect(report.failures.map(\.id.text) == [id] && report.count == 0 && project.ids().isEmpty)
        #expect(Files.names(in: project("one/.dvc/tmp/cairn/damaged")).count == 1)
    }
}
