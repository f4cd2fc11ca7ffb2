import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Loose store")
struct LooseStoreTests {
    private static let hex = "d41d8cd98f00b204e9800998ecf8427e"

    @Test(
        "every kind of object has its place",
        arguments: [
            (HashAlgorithm.md5, false, "files/md5/d4/1d8cd98f00b204e9800998ecf8427e"),
            (.md5, true, "files/md5/d4/1d8cd98f00b204e9800998ecf8427e.dir"),
            (.md5DOS2Unix, false, "d4/1d8cd98f00b204e9800998ecf8427e"),
            (.md5DOS2Unix, true, "d4/1d8cd98f00b204e9800998ecf8427e.dir"),
        ])
    func place(_ algorithm: HashAlgorithm, _ isDirectory: Bool, _ expected: String) throws {
        let id = try #require(ObjectID(algorithm, parsing: bytes(Self.hex + (isDirectory ? ".dir" : ""))))
        let (folder, name) = LooseStore.place(of: id)
        #expect((folder.map(Array.init) + [name]).joined(separator: [47]).elementsEqual(expected.utf8))
        #expect(try LooseStore(at: "/nowhere/at/all").path(of: id) == FilePath("/nowhere/at/all/\(expected)"))
    }

    @Test("a store that is not there is an empty one")
    func missingStore() throws {
        let scratch = try ScratchDirectory()
        let store = try LooseStore(at: FilePath(scratch("none")))
        let id = try #require(ObjectID(.md5, parsing: bytes(Self.hex)))
        #expect(try store.status(of: id) == nil)
        #expect(try store.remove(id) == 0)
        #expect(try store.allObjects([.md5, .md5DOS2Unix]) == [])
        #expect(throws: StoreError(.missing(id), store.path(of: id))) { try store.read(id) }
        #expect(throws: StoreError.self) { try store.moveAside(id, into: FilePath(scratch("aside"))) }
        #expect(Files.names(in: scratch.path).isEmpty)
    }

    @Test("objects are read, verified and removed; the folders of others stay")
    func basics() throws {
        let fixture = try StoreFixture()
        let (one, two) = (try fixture.put("one"), try fixture.put("two"))
        #expect(try fixture.store.read(one) == bytes("one"))
        #expect(try fixture.store.verify(two).size == 3)
        #expect(try fixture.store.allObjects([.md5]) == [one, two].sorted())
        #expect(try fixture.store.remove(one) == 3)
        #expect(try fixture.store.remove(one) == 0)
        #expect(!Files.exists(fixture.store.path(of: one).removingLastComponent().string))
        #expect(try fixture.store.allObjects([.md5]) == [two])
    }

    @Test(
        "a damaged object is told from a sound one, whatever its size",
        arguments: [0, 1, 100, 300_000, 9_000_000])
    func damaged(size: Int) throws {
        let fixture = try StoreFixture()
        var random = SeededRandom(seed: UInt64(size))
        let content = random.content(size)
        let sound = try fixture.put(content)
        #expect(try fixture.store.verify(sound).size == Int64(size))
        #expect(try fixture.store.read(sound) == content)
        var wrong = content + [1]
        wrong[size / 2] ^= 1
        let damaged = try fixture.put(content, as: wrong)
        #expect(throws: StoreError(.damaged(damaged), fixture.store.path(of: damaged))) {
            try fixture.store.verify(damaged)
        }
        #expect(throws: StoreError(.damaged(damaged), fixture.store.path(of: damaged))) {
            try fixture.store.read(damaged)
        }
    }

    @Test("a listing is checked by its bytes and by its form")
    func listing() throws {
        let fixture = try StoreFixture()
        let text = #"[{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "a"}]"#
        func put(_ text: String) throws -> ObjectID {
            let id = ObjectID(.md5, MD5.digest(of: bytes(text)), isDirectory: true)
            try Files.write(text, to: fixture.store.path(of: id).string)
            return id
        }
        #expect(try fixture.store.listing(put(text)).count == 1)
        let broken = try put(String(text.dropLast(5)))
        do {
            _ = try fixture.store.listing(broken)
            Issue.record("a truncated listing was taken")
        } catch {
            guard case .unreadableListing(broken, _) = error.reason else { throw error }
        }
    }

    @Test(
        "what is no file is no object",
        arguments: ["folder", "link", "fifo", "linked fan-out", "linked files"])
    func noFile(_ kind: String) throws {
        let fixture = try StoreFixture()
        let id = try fixture.put("foreign")
        let path = fixture.store.path(of: id).string
        let store = try LooseStore(at: fixture.store.root)
        let outside = fixture("outside")
        switch kind {
        case "folder":
            Files.delete(path)
            try Files.makeFolder(path)
        case "link":
            #expect(rename(path, outside) == 0)
            try Files.link(path, to: outside)
        case "fifo":
            Files.delete(path)
            #expect(mkfifo(path, 0o644) == 0)
        default:
            let folder =
                kind == "linked files"
                ? fixture("store/files") : fixture.store.path(of: id).removingLastComponent().string
            #expect(rename(folder, outside) == 0)
            try Files.link(folder, to: outside)
        }
        let before = Files.paths(below: fixture.root)
        #expect(try store.status(of: id) == nil)
        #expect(try store.allObjects([.md5]) == [])
        for expecting in [1, 1 << 20] {
            #expect(try !ObjectInventory(of: ObjectStore(store), expecting: expecting).contains(id))
        }
        #expect(throws: StoreError(.missing(id), store.path(of: id))) { _ = try store.open(id) }
        #expect(throws: StoreError(.missing(id), store.path(of: id))) { try store.read(id) }
        #expect(throws: StoreError(.missing(id), store.path(of: id))) { try store.verify(id) }
        #expect(throws: StoreError(.missing(id), store.path(of: id))) {
            try store.moveAside(id, into: fixture.quarantine)
        }
        #expect(try store.remove(id) == 0)
        #expect(Files.paths(below: fixture.root) == before)
    }

    @Test("names that are not of objects are never listed or removed")
    func foreignNames() throws {
        let fixture = try StoreFixture()
        let id = try fixture.put("x")
        let rest = String(id.text.dropFirst(2))
        let folder = "store/files/md5/\(id.text.prefix(2))"
        let names = [
            "\(folder)/\(rest.uppercased())", "\(folder)/\(rest)0", "\(folder)/\(rest.dropLast())",
            "\(folder)/\(rest).di",
            "\(folder)/\(rest).dir2", "\(folder)/\(rest.dropLast())g", "store/files/md5/zz/\(rest)",
            "store/files/md5/\(rest)",
            "store/README", "store/files/sha/\(id.text.prefix(2))/\(rest)",
        ].filter { $0 != "\(folder)/\(rest)" }
        for name in names { try Files.write("foreign", to: fixture(name)) }
        for algorithms in [[HashAlgorithm.md5], [.md5, .md5DOS2Unix]] {
            #expect(try fixture.store.allObjects(algorithms) == [id])
        }
        try fixture.store.remove(id)
        for name in names { #expect(try Files.text(fixture(name)) == "foreign") }
    }

    @Test(
        "a damaged object is moved aside with its bytes, also to another file system",
        arguments: [false, true])
    func moveAside(isFar: Bool) throws {
        let fixture = try StoreFixture()
        let far = isFar ? "/dev/shm/cairn-test-\(getpid())" : fixture("damaged/deep")
        defer { if isFar { Files.delete(far) } }
        let id = try fixture.put("what should be", as: "what is")
        let place = try fixture.store.moveAside(id, into: FilePath(far))
        #expect(place.removingLastComponent() == FilePath(far))
        #expect(try Files.text(place.string) == "what is")
        #expect(try fixture.store.status(of: id) == nil)
        #expect(throws: StoreError(.missing(id), fixture.store.path(of: id))) {
            try fixture.store.moveAside(id, into: FilePath(far))
        }
        // A second one of the same name does not replace the first.
        try fixture.put("what should be", as: "what else is")
        let second = try fixture.store.moveAside(id, into: FilePath(far))
        #expect(try Files.text(place.string) == "what is" && Files.text(second.string) == "what else is")
        #expect(Files.names(in: far).count == 2)
    }

    @Test(
        "a damaged object that does not fit where it is to be kept stays where it is",
        .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"))
    func moveAsideFull() throws {
        let fixture = try StoreFixture()
        let disk = try MountedDisk(.tmpfs, kilobytes: 64)
        let id = try fixture.put(Array(repeating: 1, count: 200_000), as: Array(repeating: 2, count: 200_000))
        #expect(throws: StoreError.self) { try fixture.store.moveAside(id, into: FilePath(disk("aside"))) }
        #expect(try fixture.store.status(of: id)?.size == 200_000)
        #expect(Files.paths(below: disk.path) == [])
    }

    @Test("few questions and many get equal answers", arguments: 0..<6)
    func inventory(seed: UInt64) throws {
        let fixture = try StoreFixture()
        var random = SeededRandom(seed: seed)
        var ids: [ObjectID] = []
        for number in 0..<300 {
            let algorithm: HashAlgorithm = number % 3 == 0 ? .md5DOS2Unix : .md5
            let digest = try #require(Digest(bytes: random.bytes(16)))
            let id = ObjectID(algorithm, digest, isDirectory: number % 5 == 0)
            ids.append(id)
            let path = fixture.store.path(of: id).string
            switch Int.random(in: 0..<6, using: &random) {
            case 0: break
            case 1: try Files.makeFolder(path)
            case 2:
                try Files.makeFolder(fixture.store.path(of: id).removingLastComponent().string)
                try Files.link(path, to: "/etc/hostname")
            default: try Files.write("", to: path)
            }
        }
        let store = try LooseStore(at: fixture.store.root)
        let (few, many) = (
            try ObjectInventory(of: ObjectStore(store), expecting: 1),
            try ObjectInventory(of: ObjectStore(store), expecting: 1 << 20)
        )
        for id in ids { #expect(try few.contains(id) == many.contains(id)) }
        let there = try ids.filter { try few.contains($0) }
        #expect(there.count > 50)
        #expect(try store.allObjects([.md5, .md5DOS2Unix]) == there.sorted())
        #expect(try Set(store.allObjects([.md5])) == Set(there.filter { $0.algorithm == .md5 }))
    }
}
