import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite(
    "Shared blocks",
    .enabled(if: !MountedDisk.reflinkKinds.isEmpty, "needs mkfs.xfs or mkfs.btrfs, and the right to mount"))
struct ReflinkTests {
    @Test(
        "files are taken in and placed without a byte copied, and stay writable",
        arguments: MountedDisk.reflinkKinds)
    func roundTrip(_ kind: MountedDisk.Kind) throws {
        let fixture = try StoreFixture(on: MountedDisk(kind))
        let sizes = [0, 5, 70_000, 20 << 20]
        var random = SeededRandom(seed: 3)
        let contents = sizes.map { random.content($0) }
        for (size, content) in zip(sizes, contents) {
            try Files.write(content, to: fixture("w/\(size)"), mode: 0o664)
        }
        #expect(fixture.store.probeReflink())
        let report = try fixture.take(types: [.reflink, .copy])
        #expect(report.failures.isEmpty && report.linked.isEmpty && report.stored.count == 4)
        #expect(fixture.store.mayReflink)
        sync()
        let free = try #require(FilePath(fixture.root).freeSpace)
        var items = Placement.Items()
        for (size, content) in zip(sizes, contents) {
            items.append(bytes("again/\(size)"), fixture.id(content), isExecutable: size == 5)
        }
        let placed = try fixture.place(items, types: [.reflink])
        #expect(placed.failures.map(\.error) == [])
        sync()
        #expect(try #require(FilePath(fixture.root).freeSpace) > free - (10 << 20))
        for (size, content) in zip(sizes, contents) {
            #expect(try Files.read(fixture("w/\(size)")) == content)
            #expect(try Files.read(fixture("w/again/\(size)")) == content)
            #expect(try status(fixture("w/\(size)")).permissions == 0o664)
            #expect(try status(fixture("w/again/\(size)")).permissions == (size == 5 ? 0o744 : 0o644))
        }
        // Writing to either does not reach the object.
        try Files.write("changed", to: fixture("w/5"))
        try Files.write("changed", to: fixture("w/again/70000"))
        try fixture.expectClean()
    }

    @Test("detaching a hard link on such a file system shares blocks", arguments: MountedDisk.reflinkKinds)
    func detach(_ kind: MountedDisk.Kind) throws {
        let fixture = try StoreFixture(on: MountedDisk(kind))
        let id = try fixture.put([UInt8](repeating: 1, count: 1 << 20))
        var items = Placement.Items()
        items.append(bytes("f"), id)
        #expect(try fixture.place(items, types: [.hardlink]).failures.isEmpty)
        try fixture.workspace.detach(bytes("f"))
        #expect(try status(fixture("w/f")).links == 1 && status(fixture("w/f")).permissions == 0o644)
        try Files.write("mine", to: fixture("w/f"))
        try fixture.expectClean()
    }

    @Test(
        "what changes between hashing and cloning is not stored under the old name",
        arguments: MountedDisk.reflinkKinds)
    func changedBeforeClone(_ kind: MountedDisk.Kind) throws {
        let fixture = try StoreFixture(on: MountedDisk(kind))
        for name in ["a", "b"] { try Files.write("before \(name)", to: fixture("w/\(name)")) }
        let path = fixture("w/b")
        let once = Once()
        let reporter = Interloper { _, _ in once { try? Files.write("replaced", to: path) } }
        let report = try fixture.take(types: [.reflink], workers: 1, reporter: reporter)
        #expect(report.failures.isEmpty)
        #expect(report.files.map(\.digest) == [fixture.id("before a").digest, fixture.id("replaced").digest])
        try fixture.expectClean()
    }
}
