import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@Suite("Intake", .ownThreads)
struct IntakeTests {
    /// Sizes around every limit: empty, small, just small, large, and large enough for two threads.
    static let sizes = [
        0, 1, 63, 64, 4096, 256 << 10, (256 << 10) + 1, 1 << 20, (1 << 20) + 1, (8 << 20) - 1, 8 << 20,
        (13 << 20) + 5,
    ]

    @Test("files of every size are read and stored, each once", arguments: [1, 2, 4])
    func sizes(workers: Int) throws {
        let fixture = try StoreFixture()
        var random = SeededRandom(seed: 1)
        for size in Self.sizes {
            let content = random.content(size)
            for copy in ["a", "b"] { try Files.write(content, to: fixture("w/\(copy)/\(size)")) }
        }
        let counted = Mutex((items: 0, bytes: Int64(0)))
        let reporter = Interloper { items, bytes in
            counted.withLock { $0 = ($0.items + items, $0.bytes + bytes) }
        }
        let snapshot = try fixture.snapshot()
        let report = try fixture.take(snapshot, workers: workers, reporter: reporter)
        #expect(report.failures.isEmpty)
        #expect(report.files.map(\.index) == Array(0..<snapshot.count))
        #expect(report.stored.count == Self.sizes.count)
        for file in report.files {
            let content = try Files.read(
                fixture("w/" + String(decoding: snapshot.paths[file.index], as: UTF8.self)))
            #expect(file.digest == MD5.digest(of: content))
            #expect(try fixture.store.read(ObjectID(.md5, file.digest)) == content)
        }
        #expect(counted.withLock { $0.items } == snapshot.count)
        #expect(counted.withLock { $0.bytes } == snapshot.size)
        try fixture.expectClean()
        // Again: everything is there.
        #expect(try fixture.take(snapshot, workers: workers).stored.isEmpty)
    }

    @Test("positions choose the files, and thousands come in order")
    func many() throws {
        let fixture = try StoreFixture()
        for number in 0..<3000 {
            try Files.write("\(number % 1000)", to: fixture("w/d\(number % 7)/f\(number)"))
        }
        let snapshot = try fixture.snapshot()
        let positions = (0..<snapshot.count).filter { $0 % 3 != 1 }
        let report = try fixture.take(snapshot, at: positions, expecting: 5000, workers: 3)
        #expect(report.files.map(\.index) == positions)
        #expect(Set(report.stored.map(\.id)).count == report.stored.count)
        #expect(try fixture.take(snapshot, at: [], workers: 3).files.isEmpty)
        try fixture.expectClean()
    }

    @Test("without a destination nothing is written")
    func hashOnly() throws {
        let fixture = try StoreFixture()
        for size in [0, 10, 9 << 20] {
            try Files.write(Array(repeating: 1, count: size), to: fixture("w/\(size)"))
        }
        let snapshot = try fixture.snapshot()
        let intake = Intake(.md5DOS2Unix, workers: Workers(count: 2), reporter: SilentReporter())
        let report = try intake.read(snapshot, at: [0, 1, 2], in: fixture.workspace)
        for file in report.files {
            let content = try Files.read(
                fixture("w/" + String(decoding: snapshot.paths[file.index], as: UTF8.self)))
            #expect(file.digest == fixture.id(content, .md5DOS2Unix).digest)
        }
        #expect(Files.paths(below: fixture("store")).isEmpty)
    }

    @Test(
        "a file that is not as the walk saw it is read as it is now",
        arguments: ["grown", "shrunk", "other", "large"])
    func staleSnapshot(_ kind: String) throws {
        let fixture = try StoreFixture()
        for name in ["a", "b", "c"] { try Files.write("before", to: fixture("w/\(name)")) }
        let snapshot = try fixture.snapshot()
        let now = [
            "grown": "before and after", "shrunk": "b", "other": "BEFORE",
            "large": String(repeating: "x", count: 300_000),
        ]
        usleep(20_000)  // a tick of the file system's clock
        try Files.write(try #require(now[kind]), to: fixture("w/b"))
        let report = try fixture.take(snapshot)
        #expect(report.failures.isEmpty && report.files.map(\.index) == [0, 1, 2])
        #expect(report.files[1].digest == MD5.digest(of: bytes(try #require(now[kind]))))
        #expect(report.changed.keys.sorted() == [1])
        #expect(report.changed[1]?.size == Int64(try #require(now[kind]).utf8.count))
        #expect(report.stored.count == 2)
        try fixture.expectClean()
    }

    @Test(
        "a large file that changes while it is read is read again",
        arguments: [LinkType.copy, .hardlink, .reflink])
    func changesOnce(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        try Files.write(Array(repeating: 1, count: 10 << 20), to: fixture("w/f"))
        let path = fixture("w/f")
        let once = Once()
        let reporter = Interloper { _, bytes in
            if bytes > 0 { once { try? Files.write(Array(repeating: UInt8(2), count: 9 << 20), to: path) } }
        }
        let report = try fixture.take(types: [type, .copy], reporter: reporter)
        #expect(report.failures.isEmpty)
        #expect(report.files.map(\.digest) == [MD5.digest(of: [UInt8](repeating: 2, count: 9 << 20))])
        #expect(report.stored.count == 1)
        try fixture.expectClean()
    }

    @Test("a file that goes on changing is reported, and the others are stored")
    func keepsChanging() throws {
        let fixture = try StoreFixture()
        try Files.write(Array(repeating: 1, count: 2 << 20), to: fixture("w/a"))
        try Files.write("fine", to: fixture("w/b"))
        let path = fixture("w/a")
        let size = Mutex(2 << 20)
        let reporter = Interloper { _, bytes in
            guard bytes > 1000 else { return }
            let next = size.withLock { size in
                size += 1
                return size
            }
            truncate(path, next)
        }
        let report = try fixture.take(workers: 1, reporter: reporter)
        #expect(report.failures.map(\.index) == [0])
        #expect(report.failures.map(\.error) == [StoreError(.changing, FilePath(path))])
        #expect(report.files.map(\.index) == [1])
        try fixture.expectClean()
    }

    @Test(
        "a small file that is replaced after it was hashed is not linked under the old name",
        arguments: [LinkType.hardlink, .symlink, .reflink])
    func replacedBeforeLink(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        for name in ["a", "b"] { try Files.write("before \(name)", to: fixture("w/\(name)")) }
        let path = fixture("w/b")
        let once = Once()
        // Both are read and hashed before the first is stored.
        let reporter = Interloper { _, _ in
            once {
                Files.delete(path)
                try? Files.write("replaced", to: path)
            }
        }
        let report = try fixture.take(types: [type, .copy], workers: 1, reporter: reporter)
        #expect(report.failures.isEmpty)
        // Either it is read again, or what was read first is stored: never the one under the id of the other.
        #expect(report.stored.contains { $0.id == fixture.id("replaced") || $0.id == fixture.id("before b") })
        try fixture.expectClean()
    }

    @Test("a linked file that is written to before the commit stops it, and nothing has its name")
    func writtenBeforeCommit() throws {
        let fixture = try StoreFixture()
        try Files.write("before", to: fixture("w/f"))
        let batch = try DurableBatch(in: #require(fixture.store.folder))
        let destination = Intake.Destination(
            store: ObjectStore(fixture.store),
            inventory: try ObjectInventory(of: ObjectStore(fixture.store), expecting: 1),
            batch: batch, types: [.hardlink],
            quarantine: fixture.quarantine)
        let intake = Intake(.md5, into: destination, workers: Workers(count: 1), reporter: SilentReporter())
        let report = try intake.read(fixture.snapshot(), at: [0], in: fixture.workspace)
        #expect(report.linked.count == 1)
        try Files.write("after!", to: fixture("w/f"))
        #expect(throws: StoreError(.changing, FilePath(fixture("w/f")))) { try report.commit(batch) }
        #expect(try fixture.store.allObjects([.md5]) == [])
        #expect(try Files.text(fixture("w/f")) == "after!")
        #expect(try status(fixture("w/f")).permissions == 0o644)
    }

    @Test("a damaged object is replaced by a sound one and kept aside", arguments: ["small", "large"])
    func damagedObject(_ kind: String) throws {
        let fixture = try StoreFixture()
        let content = kind == "small" ? bytes("content") : [UInt8](repeating: 3, count: 400_000)
        try Files.write(content, to: fixture("w/f"))
        let id = try fixture.put(content, as: bytes("damaged"))
        let reporter = Interloper()
        let report = try fixture.take(reporter: reporter)
        #expect(report.stored.map(\.id) == [id] && report.failures.isEmpty)
        #expect(try fixture.store.read(id) == content)
        let aside = Files.paths(below: fixture.quarantine.string)
        #expect(aside.count == 1)
        #expect(try Files.text(fixture.quarantine.string + "/" + aside[0]) == "damaged")
        #expect(reporter.warnings.withLock { $0.count } == 1)
        try fixture.expectClean()
    }

    @Test("with hard links a file becomes its object, without a byte copied, and read-only")
    func hardlink() throws {
        let fixture = try StoreFixture()
        for size in [0, 5, 300_000] {
            try Files.write(Array(repeating: 1, count: size), to: fixture("w/\(size)"), mode: 0o664)
        }
        let report = try fixture.take(types: [.hardlink, .copy])
        #expect(report.linked.count == 2 && report.stored.count == 3)
        for size in [5, 300_000] {
            let own = try status(fixture("w/\(size)"))
            let object = try status(
                fixture.store.path(of: fixture.id(Array(repeating: 1, count: size))).string)
            #expect(own.inode == object.inode && own.links == 2 && own.permissions == 0o444)
        }
        #expect(try status(fixture("w/0")).links == 1)
        try fixture.expectClean()
    }

    @Test(
        "what another name could change is copied: a second hard link, a symbolic link, a file behind one",
        arguments: [LinkType.hardlink, .symlink])
    func notShared(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        try Files.write("outside", to: fixture("outside/f"), mode: 0o664)
        try Files.write("twice", to: fixture("w/one"))
        #expect(link(fixture("w/one"), fixture("w/two")) == 0)
        try Files.link(fixture("w/to-file"), to: "../outside/f")
        try Files.write("outside 2", to: fixture("outside/g"), mode: 0o664)
        try Files.link(fixture("w/to-folder"), to: "../outside")
        let report = try fixture.take(types: [type])
        #expect(report.failures.isEmpty && report.linked.isEmpty && report.stored.count == 3)
        for path in ["outside/f", "outside/g"] {
            #expect(try status(fixture(path)).permissions == 0o664)
            #expect(try status(fixture(path)).links == 1)
        }
        #expect(try status(fixture("w/to-file")).kind == .symbolicLink)
        try fixture.expectClean()
    }

    @Test("on another file system links become copies")
    func farStore() throws {
        let fixture = try StoreFixture()
        let far = "/dev/shm/cairn-intake-\(getpid())"
        defer { Files.delete(far) }
        for size in [5, 300_000] {
            try Files.write(Array(repeating: 1, count: size), to: fixture("w/\(size)"), mode: 0o664)
        }
        let store = try LooseStore(at: FilePath(far), creating: true)
        let batch = try DurableBatch(in: #require(store.folder))
        let destination = Intake.Destination(
            store: ObjectStore(store), inventory: try ObjectInventory(of: ObjectStore(store), expecting: 1),
            batch: batch,
            types: [.hardlink],
            quarantine: fixture.quarantine)
        let report = try Intake(
            .md5, into: destination, workers: Workers(count: 2), reporter: SilentReporter()
        )
        .read(fixture.snapshot(), at: [0, 1], in: fixture.workspace)
        try report.commit(batch)
        #expect(report.failures.isEmpty && report.linked.isEmpty)
        #expect(try StoreCheck.problems(in: far) == [])
        #expect(try store.allObjects([.md5]).count == 2)
        #expect(try status(fixture("w/5")).permissions == 0o664)
    }

    @Test("a file that cannot be read is reported by name, and the others are stored")
    func unreadable() async throws {
        let scratch = try ScratchDirectory()
        let root = scratch.path
        try Files.makeFolder(root + "/w")
        chmod(root, 0o777)
        chmod(root + "/w", 0o777)
        await #expect(processExitsWith: .success) { [root = root as String] in
            dropPrivileges()
            for name in ["a", "b", "c"] { try Files.write(name, to: "\(root)/w/\(name)") }
            try Files.write([UInt8](repeating: 1, count: 300_000), to: "\(root)/w/d")
            let snapshot = try TreeWalker(workers: Workers(count: 1), following: .all) { _, _ in false }
                .snapshot(of: FilePath(root + "/w"))
            chmod("\(root)/w/b", 0)
            chmod("\(root)/w/d", 0)
            unlink("\(root)/w/c")
            let store = try LooseStore(at: FilePath(root + "/store"), creating: true)
            guard let folder = store.folder else { exit(2) }
            let batch = try DurableBatch(in: folder)
            let destination = Intake.Destination(
                store: ObjectStore(store),
                inventory: try ObjectInventory(of: ObjectStore(store), expecting: 1), batch: batch,
                types: [.copy],
                quarantine: FilePath(root + "/damaged"))
            let report = try Intake(
                .md5, into: destination, workers: Workers(count: 2), reporter: SilentReporter()
            )
            .read(snapshot, at: [0, 1, 2, 3], in: Folder(FilePath(root + "/w")))
            try report.commit(batch)
            let failures = report.failures.map { "\($0.index) \($0.error.reason) \($0.error.path)" }
            let expected = [
                "1 \(StoreError.Reason.io(.permissionDenied)) \(root)/w/b",
                "2 \(StoreError.Reason.io(.noSuchFileOrDirectory)) \(root)/w/c",
                "3 \(StoreError.Reason.io(.permissionDenied)) \(root)/w/d",
            ]
            let isRight = failures == expected && report.files.map(\.index) == [0]
            exit(try isRight && store.allObjects([.md5]).count == 1 ? 0 : 1)
        }
    }

    @Test("something that is no file by now is refused", arguments: ["fifo", "folder"])
    func noFile(_ kind: String) throws {
        let fixture = try StoreFixture()
        try Files.write("x", to: fixture("w/f"))
        let snapshot = try fixture.snapshot()
        Files.delete(fixture("w/f"))
        if kind == "fifo" {
            #expect(mkfifo(fixture("w/f"), 0o600) == 0)
        } else {
            try Files.makeFolder(fixture("w/f"))
        }
        let report = try fixture.take(snapshot)
        #expect(report.files.isEmpty && report.failures.count == 1)
        try fixture.expectClean()
    }

    @Test(
        "a full disk stops everything and leaves nothing",
        .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"),
        arguments: [100, 1000])
    func fullDisk(kilobytes: Int) throws {
        let disk = try MountedDisk(.tmpfs, kilobytes: 512)
        let fixture = try StoreFixture()
        for number in 0..<10 {
            try Files.write(
                Array(repeating: UInt8(number), count: kilobytes << 10), to: fixture("w/\(number)"))
        }
        let store = try LooseStore(at: FilePath(disk("store")), creating: true)
        do {
            let batch = try DurableBatch(in: #require(store.folder))
            let destination = Intake.Destination(
                store: ObjectStore(store),
                inventory: try ObjectInventory(of: ObjectStore(store), expecting: 1), batch: batch,
                types: [.copy],
                quarantine: fixture.quarantine)
            let intake = Intake(
                .md5, into: destination, workers: Workers(count: 2), reporter: SilentReporter())
            let snapshot = try fixture.snapshot()
            do {
                _ = try intake.read(snapshot, at: Array(0..<snapshot.count), in: fixture.workspace)
                Issue.record("ten files fitted")
            } catch {
                #expect(error.reason == .io(.noSpace))
            }
        }
        #expect(Files.paths(below: disk.path) == [])
    }

    @Test("equal files fail together when the one that was to be stored fails")
    func relyingFiles() throws {
        let fixture = try StoreFixture()
        for name in ["a", "b", "c"] { try Files.write("same", to: fixture("w/\(name)")) }
        try Files.write("other", to: fixture("w/d"))
        // The store has it, damaged, and it can be moved nowhere.
        try fixture.put("same", as: "damaged")
        try Files.write("", to: fixture.quarantine.string)
        let report = try fixture.take(commits: false)
        #expect(report.files.map(\.index) == [3])
        #expect(report.failures.map(\.index) == [0, 1, 2])
    }
}
