import CairnCore
import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@testable import Cairn

@Suite("Remotes that are no folders", .ownThreads)
struct DistantRemoteTests {
    private func project(_ form: DataForm) throws -> Project {
        let project = try Project(form)
        try project.write("a", to: "data/sub/a")
        try project.write("", to: "data/empty")
        try project.write(String(repeating: "long ", count: 3_000_000), to: "data/long")
        try project.write("f", to: "file")
        _ = try project.workspace().add(["data", "file"])
        try project.sandbox.commit("one", "data")
        return project
    }

    @Test(
        "what one workspace pushes, a clone pulls, and nothing is left to do", arguments: DataForm.allCases)
    func roundTrip(_ form: DataForm) throws {
        let project = try project(form)
        let pushed = try project.distant().push()
        #expect(pushed.count == 5 && pushed.isComplete && pushed.remotes == ["store"])
        if form != .packed { #expect(try StoreCheck.problems(in: project("remote")) == []) }
        #expect(try project.distant().push().count == 0)
        #expect(try project.distant().remoteStatus().entries.isEmpty)
        try project.clone()
        let pulled = try project.distant("two").pull()
        #expect(pulled.fetched.count == 5 && pulled.fetched.isComplete)
        #expect(try Files.text(project("two/data/sub/a")) == "a")
        #expect(try Files.text(project("two/data/long")) == String(repeating: "long ", count: 3_000_000))
        #expect(try project.workspace("two").status().entries.isEmpty)
        #expect(try project.distant("two").pull().fetched.count == 0)
        // It is the same for those who know the folder.
        #expect(try project.workspace().push().count == 0)
        #expect(try project.workspace().remoteStatus().entries.isEmpty)
    }

    @Test("a path inside of a directory fetches the listing and that part only", arguments: DataForm.allCases)
    func part(_ form: DataForm) throws {
        let project = try project(form)
        _ = try project.distant().push()
        try project.clone()
        let report = try project.distant("two").pull(["data/sub"])
        #expect(report.fetched.isComplete)
        #expect(Files.paths(below: project("two/data")).sorted() == ["sub/a"])
    }

    @Test("a dry run says how much would be moved, and moves nothing", arguments: DataForm.allCases)
    func dryRun(_ form: DataForm) throws {
        let project = try project(form)
        var options = TransferOptions()
        options.isDryRun = true
        let plan = try project.distant().push([], options)
        #expect(plan.isPlan && plan.count == 5 && plan.files == 4 && (plan.requests ?? 0) > 0)
        #expect(!Files.exists(project("remote")))
        _ = try project.distant().push()
        try project.clone()
        let fetch = try project.distant("two").fetch([], options)
        #expect(fetch.isPlan && fetch.count == 5 && fetch.files == 4 && (fetch.requests ?? 0) > 0)
        #expect(form == .packed || fetch.bytes > 15_000_000)
        #expect(!Files.exists(project("two/.dvc/cache/files")))
    }

    @Test("status -c tells what is only here and what is only there", arguments: DataForm.allCases)
    func status(_ form: DataForm) throws {
        let project = try project(form)
        func states() throws -> [String] {
            try project.distant().remoteStatus().entries.map { "\($0.state) \($0.path)" }
        }
        #expect(
            try states() == [
                "new data", "new data/empty", "new data/long", "new data/sub/a", "new file",
            ])
        _ = try project.distant().push(["file", "data/sub"])
        #expect(try states() == ["new data", "new data/empty", "new data/long"])
        _ = try project.distant().push()
        #expect(try states() == [])
        Files.delete(project("one/.dvc/cache"))
        #expect(
            try states() == [
                "deleted data", "deleted data/empty", "deleted data/long", "deleted data/sub/a",
                "deleted file",
            ])
        var options = DataStatusOptions()
        options.checksRemote = true
        #expect(try project.distant().dataStatus([], options).notInRemote.isEmpty)
    }

    @Test("ls shows what is in a directory whose listing only the remote has", arguments: DataForm.allCases)
    func list(_ form: DataForm) throws {
        let project = try project(form)
        _ = try project.distant().push()
        try project.clone()
        let entry = try project.distant("two").list(RepoPath(validating: "data"))
        #expect(entry.contents?.map { String(decoding: $0.name, as: UTF8.self) } == ["empty", "long", "sub"])
    }

    @Test(
        "objects that the remote lost or damaged are named; verify finds them, and repair brings them back",
        arguments: [DataForm.dvc, .loose])
    func repair(_ form: DataForm) throws {
        let project = try project(form)
        _ = try project.distant().push()
        let objects = Files.paths(below: project("remote")).map { project("remote/\($0)") }
        let lost = try #require(objects.first { (try? Files.text($0)) == "a" })
        let damaged = try #require(objects.first { (try? Files.text($0)) == "f" })
        Files.delete(lost)
        Files.delete(damaged)
        try Files.write("x", to: damaged)
        try project.clone()
        let fetched = try project.distant("two").fetch()
        #expect(fetched.missing.count == 1 && fetched.failures.count == 1)
        #expect(fetched.failures.first?.error.message.contains("on remote 'store'") == true)
        var options = VerifyOptions()
        options.readsRemote = true
        let found = try project.distant().verify([], options)
        #expect(found.missing.count == 1 && found.damaged.count == 1)
        options.depth = .present
        #expect(try project.distant().verify([], options).damaged.isEmpty)
        var repair = RepairOptions()
        repair.repaired = "store"
        repair.isDry = true
        #expect(try project.distant().repair([], repair).broken.isEmpty)
        #expect(try Files.text(damaged) == "x")
        repair.isDry = false
        let repaired = try project.distant().repair([], repair)
        #expect(repaired.broken.isEmpty && repaired.setAside.count == 1)
        #expect(try StoreCheck.problems(in: project("remote")) == [])
        options.depth = .full
        #expect(try project.distant().verify([], options).isSound)
    }

    @Test(
        "a damaged pack is found and called dead, its sound records are kept, and what is lost is brought again"
    )
    func repairPacked() throws {
        let project = try project(.packed)
        _ = try project.distant().push()
        let packs = Files.paths(below: project("remote/packs")).map { project("remote/packs/\($0)") }
        let pack = try #require(try packs.max { try Files.read($0).count < Files.read($1).count })
        var bytes = try Files.read(pack)
        bytes[bytes.count / 2] ^= 1
        Files.delete(pack)
        try Files.write(bytes, to: pack)
        var options = VerifyOptions()
        options.readsRemote = true
        for depth in CheckDepth.allCases {
            options.depth = depth
            #expect(try project.distant().verify([], options).packs.count == (depth == .full ? 1 : 0))
        }
        var repair = RepairOptions()
        repair.repaired = "store"
        repair.isDry = true
        #expect(try project.distant().repair([], repair).setAside.count == 1)
        #expect(Files.exists(pack))
        repair.isDry = false
        let repaired = try project.distant().repair([], repair)
        #expect(repaired.broken.isEmpty && repaired.setAside.count == 1)
        #expect(!Files.exists(pack))
        #expect(try project.distant().verify([], options).isSound)
        #expect(try project.workspace().verify([], options).isSound)
        try project.clone()
        #expect(try project.distant("two").pull().fetched.isComplete)
        #expect(!Files.names(in: project("one/.dvc/tmp/cairn")).contains("scratch"))
    }

    @Test(
        "a pack that cannot be had is not damaged: verify and repair stop, and say why",
        arguments: [false, true])
    func lostConnection(_ repairs: Bool) throws {
        let project = try project(.packed)
        _ = try project.distant().push()
        let before = Files.paths(below: project("remote")).sorted()
        let workspace = try project.distant { UnreadableRemote(base: $0, prefix: "packs/") }
        var verify = VerifyOptions()
        verify.readsRemote = true
        var repair = RepairOptions()
        repair.repaired = "store"
        #expect {
            if repairs { _ = try workspace.repair([], repair) } else { _ = try workspace.verify([], verify) }
        } throws: {
            ($0 as? CairnError)?.kind == .network
        }
        #expect(Files.paths(below: project("remote")).sorted() == before)
    }

    @Test("repair of the cache brings back what only a remote has", arguments: DataForm.allCases)
    func repairFrom(_ form: DataForm) throws {
        let project = try project(form)
        _ = try project.distant().push()
        Files.delete(project("one/.dvc/cache"))
        Files.delete(project("one/data"))
        Files.delete(project("one/file"))
        var options = RepairOptions()
        options.remote = "store"
        #expect(try project.distant().repair([], options).broken.isEmpty)
        #expect(try project.workspace().verify().isSound)
    }

    @Test("gc -c deletes what no revision in scope uses, and only that", arguments: DataForm.allCases)
    func collect(_ form: DataForm) throws {
        let project = try project(form)
        _ = try project.distant().push()
        try project.write("second", to: "file")
        _ = try project.workspace().add(["file"])
        try project.sandbox.commit("one", "second")
        _ = try project.distant().push()
        var options = CollectTests.scope()
        options.includesRemote = true
        options.isDry = true
        let plan = try project.distant().collect(options) { _ in true }.plan
        // In packs, what came lately stays for some time.
        #expect(plan.places.first { $0.remote != nil }?.objects.count == (form == .packed ? 0 : 1))
        let before = Files.paths(below: project("remote")).count
        options.isDry = false
        let report = try project.distant().collect(options) { _ in true }
        #expect(report.spared.isEmpty)
        if form != .packed { #expect(Files.paths(below: project("remote")).count == before - 1) }
        #expect(try project.distant().remoteStatus().entries.isEmpty)
        try project.clone()
        #expect(try project.distant("two").pull().fetched.isComplete)
    }

    @Test("a web server is not written to: it is said before anything is read")
    func readOnly() throws {
        let project = try project(.dvc)
        try Files.write(
            "[core]\n    remote = web\n['remote \"web\"']\n    url = http://127.0.0.1:1/x\n",
            to: project("one/.dvc/config"))
        var options = CollectTests.scope()
        options.includesRemote = true
        let calls: [() throws -> Void] = [
            { _ = try project.workspace().push() },
            { _ = try project.workspace().collect(options) { _ in true } },
        ]
        for call in calls {
            #expect { try call() } throws: { error in
                (error as? CairnError)?.kind == .denied
                    && (error as? CairnError)?.message.contains("can only be read from") == true
            }
        }
    }
}

/// A remote of which some objects cannot be read at the moment.
private struct UnreadableRemote: Remote {
    let base: any Remote
    let prefix: String

    var place: String { base.place }

    func list(_ prefix: String) async throws(RemoteError) -> RemoteListing { try await base.list(prefix) }

    func top() async throws(RemoteError) -> Set<String> { try await base.top() }

    func read(_ key: String, _ range: Range<Int64>?, limit: Int) async throws(RemoteError) -> [UInt8] {
        if key.hasPrefix(prefix) { throw RemoteError(.temporary("the connection was lost"), key) }
        return try await base.read(key, range, limit: limit)
    }

    func write(_ uploads: [RemoteUpload], jobs: Int) async throws(RemoteError) -> Set<String> {
        try await base.write(uploads, jobs: jobs)
    }

    func delete(_ keys: [String]) async throws(RemoteError) { try await base.delete(keys) }
}
