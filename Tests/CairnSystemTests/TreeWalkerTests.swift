import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Synchronization
import Testing

@Suite("Tree walker", .ownThreads)
struct TreeWalkerTests {
    private func snapshot(
        _ root: FilePath, followsLinks: Bool = true, workers: Int = 2,
        leavingOut filter: @escaping TreeWalker.Filter = { _, _ in false }
    ) throws -> TreeSnapshot {
        try TreeWalker(
            workers: Workers(count: workers), following: followsLinks ? .all : .none, leavingOut: filter
        )
        .snapshot(of: root)
    }

    private func paths(_ snapshot: TreeSnapshot) -> [String] {
        (0..<snapshot.count).map { String(decoding: snapshot.paths[$0], as: UTF8.self) }
    }

    @Test("gives whole paths in the order of their bytes, each with its own status", arguments: 0..<40)
    func order(seed: UInt64) throws {
        let scratch = try ScratchDirectory()
        var random = SeededRandom(seed: seed)
        // Bytes below and above the slash, and names that are the beginning of others.
        let names: [String] = [
            "a", "a.b", "a-", "a b", "a0", "a/", "aa", "a!", "b", "\u{e9}", "z", "a\u{1}", "A", "a\n",
        ]
        var expected: [String: Int] = [:]
        for number in 0..<60 {
            var path = ""
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let name = names[Int.random(in: 0..<names.count, using: &random)].filter { $0 != "/" }
                path += (path.isEmpty ? "" : "/") + name
                if Files.exists(scratch(path)), !Files.isFolder(scratch(path)) { break }
            }
            guard !Files.exists(scratch(path)) else { continue }
            try Files.write(Array(repeating: 0, count: number), to: scratch(path))
            expected[path] = number
        }
        let found = try snapshot(FilePath(scratch.path), workers: 1 + Int(seed % 4))
        let sorted = expected.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        #expect(paths(found) == sorted)
        #expect(found.files.map { Int($0.size) } == sorted.map { expected[$0]! })  // just put in
        #expect(found.links.isEmpty && found.emptyFolders.isEmpty)
    }

    @Test("names folders with nothing in them, and no others")
    func emptyFolders() throws {
        let scratch = try ScratchDirectory()
        try Files.write("", to: scratch("full/file"))
        for folder in ["empty", "full/inner", "z/y/x"] { try Files.makeFolder(scratch(folder)) }
        let found = try snapshot(FilePath(scratch.path))
        #expect(found.emptyFolders == ["empty", "full/inner", "z/y/x"].map(bytes))
        #expect(paths(found) == ["full/file"])
    }

    @Test("takes names that are not UTF-8")
    func anyBytes() throws {
        let scratch = try ScratchDirectory()
        let name: [UInt8] = [0x66, 0xFF, 0xFE]
        let file = try OpenFile(creating: name, in: scratch.folder(), permissions: 0o644)
        _ = consume file
        #expect(try snapshot(FilePath(scratch.path)).paths[0].elementsEqual(name))
    }

    @Test("follows links to files and folders when it should, and marks links to files")
    func links() throws {
        let scratch = try ScratchDirectory()
        try Files.write("12345", to: scratch("elsewhere/file"))
        try Files.makeFolder(scratch("tree"))
        try Files.link(scratch("tree/to-file"), to: "../elsewhere/file")
        try Files.link(scratch("tree/to-folder"), to: "../elsewhere")
        let followed = try snapshot(scratch.path("tree"))
        #expect(paths(followed) == ["to-file", "to-folder/file"])
        #expect(followed.files.map(\.size) == [5, 5])
        #expect(followed.links == [0])
        let kept = try snapshot(scratch.path("tree"), followsLinks: false)
        #expect(paths(kept) == ["to-file", "to-folder"])
        #expect(kept.files.allSatisfy { $0.kind == .symbolicLink })
    }

    @Test(
        "refuses links that lead nowhere, up again or to themselves",
        arguments: ["nowhere", ".", "..", "loop", "sub/../.."])
    func badLinks(_ target: String) throws {
        let scratch = try ScratchDirectory()
        try Files.write("x", to: scratch("tree/sub/file"))
        try Files.link(scratch("tree/loop"), to: target)
        #expect(throws: TreeWalkError.self) { try snapshot(scratch.path("tree")) }
        let isLeftOut: TreeWalker.Filter = { path, _ in path.elementsEqual("loop".utf8) }
        #expect(try paths(snapshot(scratch.path("tree"), leavingOut: isLeftOut)) == ["sub/file"])
    }

    @Test("a loop is told from a folder that is merely reached twice")
    func loopKind() throws {
        let scratch = try ScratchDirectory()
        try Files.write("x", to: scratch("tree/a/file"))
        try Files.link(scratch("tree/b"), to: "a")
        try Files.link(scratch("tree/c"), to: "a")
        #expect(try paths(snapshot(scratch.path("tree"))) == ["a/file", "b/file", "c/file"])
        try Files.link(scratch("tree/a/up"), to: "../..")
        do {
            _ = try snapshot(scratch.path("tree"))
            Issue.record("a loop was walked")
        } catch TreeWalkError.loop(let path) {
            #expect(path.string.hasPrefix(scratch("tree")))
        }
    }

    @Test("refuses what is neither file nor folder, by name", arguments: ["fifo", "socket", "device"])
    func special(_ kind: String) throws {
        let scratch = try ScratchDirectory()
        let path = scratch("odd")
        let expected: FileStatus.Kind
        switch kind {
        case "fifo":
            #expect(mkfifo(path, 0o644) == 0)
            expected = .fifo
        case "socket":
            #expect(mknod(path, S_IFSOCK | 0o644, 0) == 0)
            expected = .socket
        default:
            try Files.link(path, to: "/dev/null")
            expected = .device
        }
        do {
            _ = try snapshot(FilePath(scratch.path))
            Issue.record("it was taken")
        } catch TreeWalkError.unsupported(let found, let kind) {
            #expect(found == scratch.path("odd") && kind == expected)
        }
        #expect(try snapshot(FilePath(scratch.path), leavingOut: { _, _ in true }).count == 0)
    }

    @Test("a folder that is left out is not even opened, nor a file looked at")
    func filter() throws {
        let scratch = try ScratchDirectory()
        for path in ["keep/file", "drop/file", "keep/drop.txt"] { try Files.write("x", to: scratch(path)) }
        let asked = Mutex<[String]>([])
        let found = try snapshot(FilePath(scratch.path)) { path, isFolder in
            let text = String(decoding: path, as: UTF8.self)
            asked.withLock { $0.append("\(text)\(isFolder ? "/" : "")") }
            return text.hasSuffix("drop") || text.hasSuffix("drop.txt")
        }
        #expect(paths(found) == ["keep/file"])
        #expect(asked.withLock { $0.sorted() } == ["drop/", "keep/", "keep/drop.txt", "keep/file"])
    }

    @Test("a folder that may not be read is an error that names it")
    func unreadable() async throws {
        let scratch = try ScratchDirectory()
        try Files.write("x", to: scratch("tree/locked/file"))
        chmod(scratch("tree/locked"), 0o700)
        let path = scratch("tree")
        await #expect(processExitsWith: .success) { [path = path as String] in
            dropPrivileges()
            chmod(path + "/locked", 0)  // where the tests are run without privileges
            do {
                _ = try TreeWalker(workers: Workers(count: 2), following: .all) { _, _ in false }
                    .snapshot(of: FilePath(path))
                exit(1)
            } catch TreeWalkError.system(let error) {
                exit(error.errno == .permissionDenied && error.path == FilePath(path + "/locked") ? 0 : 2)
            } catch {
                exit(3)
            }
        }
        chmod(scratch("tree/locked"), 0o755)
    }

    @Test("leaves no descriptor open, after success or failure")
    func descriptors() async throws {
        let scratch = try ScratchDirectory()
        var random = SeededRandom(seed: 1)
        try random.fill(scratch("tree"), files: 60, size: 10)
        try Files.link(scratch("bad"), to: "nowhere")
        let root = scratch.path
        await #expect(processExitsWith: .success) { [root = root as String] in
            let walker = TreeWalker(workers: Workers(count: 3), following: .all) { _, _ in false }
            var before = 0
            for round in 0..<20 {
                if round == 1 { before = openDescriptors() }
                _ = try walker.snapshot(of: FilePath(root + "/tree"))
                _ = try? walker.snapshot(of: FilePath(root))
            }
            // Others in the process may open some, but not one in every round.
            exit(openDescriptors() < before + 10 ? 0 : 1)
        }
    }
}
