import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Stat index", .ownThreads)
struct StatIndexTests {
    private func digest(_ number: UInt8) throws -> Digest {
        try #require(Digest(bytes: Array(repeating: number, count: 16)))
    }

    private func status(_ number: Int64, ctime: Int64 = 100) -> FileStatus {
        FileStatus(size: number, mtime: 5, ctime: ctime, inode: UInt64(number))
    }

    private func snapshot(_ files: [(path: String, status: FileStatus)]) -> TreeSnapshot {
        var result = TreeSnapshot()
        let sorted = files.sorted { bytes($0.path).lexicographicallyPrecedes(bytes($1.path)) }
        for file in sorted { result.append(bytes(file.path), file.status, isLink: false) }
        return result
    }

    @Test(
        "a file that changed when or after the clock was read is not recorded",
        arguments: [(99, true), (100, false), (101, false)] as [(Int64, Bool)])
    func racy(ctime: Int64, isRecorded: Bool) throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        let row = StatIndex.Row(path: bytes("f"), status: status(1, ctime: ctime), digest: try digest(1))
        try index.record([row], by: .md5, at: 100)
        let found = try index.digests(of: snapshot([("f", status(1, ctime: ctime))]), in: [], by: .md5)
        #expect(Array(found) == [isRecorded ? try digest(1) : nil])
    }

    @Test("every change of the status makes the digest unknown, as does another algorithm")
    func changes() throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        let known = FileStatus(size: 1, mtime: 2, ctime: 3, inode: UInt64.max)
        try index.record(
            [StatIndex.Row(path: bytes("f"), status: known, digest: try digest(9))], by: .md5, at: 100)
        func find(_ status: FileStatus, _ algorithm: HashAlgorithm = .md5) throws -> Digest? {
            try index.digests(of: snapshot([("f", status)]), in: [], by: algorithm)[0]
        }
        #expect(try find(known) == digest(9))
        #expect(try find(FileStatus(size: 2, mtime: 2, ctime: 3, inode: UInt64.max)) == nil)
        #expect(try find(FileStatus(size: 1, mtime: 3, ctime: 3, inode: UInt64.max)) == nil)
        #expect(try find(FileStatus(size: 1, mtime: 2, ctime: 4, inode: UInt64.max)) == nil)
        #expect(try find(FileStatus(size: 1, mtime: 2, ctime: 3, inode: 1)) == nil)
        #expect(try find(known, .md5DOS2Unix) == nil)
    }

    @Test("a snapshot of any folder finds its rows and no others", arguments: 0..<60)
    func scan(seed: UInt64) throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        var random = SeededRandom(seed: seed)
        let names = ["a", "a b", "a0", "a.", "a-", "b", "\u{1}", "\u{7f}", "é"]
        var rows: [String: (status: FileStatus, digest: Digest)] = [:]
        for number in 0..<80 {
            let depth = Int.random(in: 1...3, using: &random)
            let path = (0..<depth).map { _ in names[Int.random(in: 0..<names.count, using: &random)] }.joined(
                separator: "/")
            rows[path] = (status(Int64(number)), try digest(UInt8(number)))
        }
        try index.record(
            rows.map { StatIndex.Row(path: bytes($0.key), status: $0.value.status, digest: $0.value.digest) },
            by: .md5, at: 200)
        for folder in [""] + names + ["a/a", "a/a b", "nothing"] {
            let prefix = folder.isEmpty ? "" : folder + "/"
            // Some of the rows' files, and some that have no row.
            var files: [(path: String, status: FileStatus)] = []
            for (path, row) in rows where path.hasPrefix(prefix) && Bool.random(using: &random) {
                files.append((String(path.dropFirst(prefix.count)), row.status))
            }
            for name in ["0", "a/zz", "zzz"] where rows[prefix + name] == nil {
                files.append((name, status(7777)))
            }
            let snapshot = snapshot(files)
            let expected = (0..<snapshot.count).map {
                rows[prefix + String(decoding: snapshot.paths[$0], as: UTF8.self)]?.digest
            }
            for isFolder in [true, false] {
                #expect(
                    try Array(index.digests(of: snapshot, in: bytes(folder), isFolder: isFolder, by: .md5))
                        == expected)
            }
        }
        #expect(try index.digests(of: TreeSnapshot(), in: [], by: .md5).isEmpty)
    }

    @Test("what was recorded is there when it is opened again, and newer rows replace older ones")
    func persistence() throws {
        let scratch = try ScratchDirectory()
        let path = FilePath(scratch("index"))
        for number in 1...3 {
            let index = try StatIndex(at: path)
            let row = StatIndex.Row(
                path: bytes("f"), status: status(Int64(number)), digest: try digest(UInt8(number)))
            try index.record([row], by: .md5, at: 200)
        }
        let index = try StatIndex(at: path)
        #expect(try index.digests(of: snapshot([("f", status(3))]), in: [], by: .md5)[0] == digest(3))
        #expect(try index.digests(of: snapshot([("f", status(2))]), in: [], by: .md5)[0] == nil)
    }

    @Test(
        "a file that is no database is replaced",
        arguments: [
            "", "not a database, but long enough to look at it",
            "SQLite format 3\0 and then nothing sensible at all, for a while at least",
        ])
    func noDatabase(_ text: String) throws {
        let scratch = try ScratchDirectory()
        try Files.write(text + String(repeating: "x", count: text.isEmpty ? 0 : 8192), to: scratch("index"))
        let index = try StatIndex(at: FilePath(scratch("index")))
        let row = StatIndex.Row(path: bytes("f"), status: status(1), digest: try digest(1))
        try index.record([row], by: .md5, at: 200)
        #expect(try index.digests(of: snapshot([("f", status(1))]), in: [], by: .md5)[0] == digest(1))
    }

    @Test("damage inside of it is reported once, and the next one starts anew")
    func damage() throws {
        let scratch = try ScratchDirectory()
        let path = scratch("index")
        var files: [(path: String, status: FileStatus)] = []
        do {
            let index = try StatIndex(at: FilePath(path))
            let rows = try (0..<3000).map { number in
                files.append((String(format(number)), status(Int64(number))))
                return StatIndex.Row(
                    path: bytes(format(number)), status: status(Int64(number)), digest: try digest(1))
            }
            try index.record(rows, by: .md5, at: 200)
        }
        var content = try Files.read(path)
        for index in 8192..<content.count { content[index] = 0xA5 }
        try Files.write(content, to: path)
        for suffix in ["-wal", "-shm"] { Files.delete(path + suffix) }
        let snapshot = snapshot(files)
        do {
            let broken = try StatIndex(at: FilePath(path))
            #expect(throws: StoreError.self) { try broken.digests(of: snapshot, in: [], by: .md5) }
        }
        let fresh = try StatIndex(at: FilePath(path))
        #expect(try fresh.digests(of: snapshot, in: [], by: .md5).allSatisfy { $0 == nil })
        try fresh.record(
            [StatIndex.Row(path: bytes("f"), status: status(1), digest: try digest(1))], by: .md5, at: 200)
    }

    private func format(_ number: Int) -> String { "folder/file \(number + 10000)" }

    @Test("a symbolic link or a folder in its place is not touched")
    func link() throws {
        let scratch = try ScratchDirectory()
        do { _ = try StatIndex(at: FilePath(scratch("theirs"))) }
        let before = try Files.read(scratch("theirs"))
        try Files.link(scratch("index"), to: "theirs")
        #expect(throws: StoreError.self) { try StatIndex(at: FilePath(scratch("index"))) }
        #expect(try Files.read(scratch("theirs")) == before)
        try Files.makeFolder(scratch("folder"))
        #expect(throws: StoreError.self) { try StatIndex(at: FilePath(scratch("folder"))) }
    }

    @Test("where nothing may be written it is an error, not a crash, and nothing is changed")
    func readOnly() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch("d/index")
        try Files.makeFolder(scratch("d"))
        do { _ = try StatIndex(at: FilePath(path)) }
        chmod(scratch("d"), 0o555)
        await #expect(processExitsWith: .success) { [path = path as String] in
            dropPrivileges()
            do {
                let index = try StatIndex(at: FilePath(path))
                let row = StatIndex.Row(
                    path: [1], status: FileStatus(size: 1, mtime: 1, ctime: 1, inode: 1),
                    digest: MD5.digest(of: [] as [UInt8]))
                try index.record([row], by: .md5, at: 100)
                exit(1)
            } catch is StoreError {
                exit(0)
            }
        }
        chmod(scratch("d"), 0o755)
    }

    @Test("several processes make it and write to it at the same time")
    func processes() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch("index")
        await withTaskGroup(of: Void.self) { group in
            for process in 0..<4 {
                group.addTask {
                    await #expect(processExitsWith: .success) {
                        [path = path as String, process = process as Int] in
                        for round in 0..<20 {
                            let index = try StatIndex(at: FilePath(path))
                            let row = StatIndex.Row(
                                path: Array("\(process)/\(round)".utf8),
                                status: FileStatus(size: 1, mtime: 1, ctime: 1, inode: 1),
                                digest: MD5.digest(of: [UInt8(process)]))
                            try index.record([row], by: .md5, at: 100)
                        }
                        exit(0)
                    }
                }
            }
        }
        let index = try StatIndex(at: FilePath(path))
        var rows: [(path: String, status: FileStatus)] = []
        for process in 0..<4 {
            for round in 0..<20 {
                rows.append(("\(process)/\(round)", FileStatus(size: 1, mtime: 1, ctime: 1, inode: 1)))
            }
        }
        #expect(try index.digests(of: snapshot(rows), in: [], by: .md5).allSatisfy { $0 != nil })
    }

    @Test("several threads use one index")
    func threads() throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        try Workers(count: 4).run { (number) throws(StoreError) in
            for round in 0..<30 {
                let place = FilePath("/store/\(number)/\(round)")
                let seen = FileStatus(size: 1, mtime: 1, ctime: 1, inode: 1)
                try index.trust([(place, seen)])
                guard try index.isTrusted(place, seen) else { throw StoreError(.changing, place) }
            }
        }
    }

    @Test("objects are trusted only as they were when they were verified")
    func trust() throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        let place = FilePath(bytes: bytes("/store/") + [0xFF])
        try index.trust([])
        try index.trust([(place, status(1))])
        #expect(try index.isTrusted(place, status(1)))
        #expect(try !index.isTrusted(place, status(2)))
        #expect(try !index.isTrusted("/store", status(1)))
    }

    @Test("outputs are remembered and forgotten")
    func outputs() throws {
        let scratch = try ScratchDirectory()
        let index = try StatIndex(at: FilePath(scratch("index")))
        let (one, two) = (try RepoPath(validating: "b/one"), try RepoPath(validating: "a/two"))
        let ids = [
            ObjectID(.md5, try digest(1), isDirectory: true), ObjectID(.md5DOS2Unix, try digest(2)),
        ]
        try index.rememberOutput(one, ids[0])
        try index.rememberOutput(two, ids[0])
        try index.rememberOutput(two, ids[1])
        #expect(try index.rememberedOutputs().map(\.path) == [two, one])
        #expect(try index.rememberedOutputs().map(\.id) == [ids[1], ids[0]])
        try index.forgetOutput(two)
        #expect(try index.rememberedOutputs().map(\.path) == [one])
    }
}
