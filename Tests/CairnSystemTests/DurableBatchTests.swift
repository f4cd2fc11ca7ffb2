import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Durable batch and scratch folder", .ownThreads)
struct DurableBatchTests {
    private func write(_ text: String, in batch: DurableBatch, permissions: UInt32 = 0o444) throws
        -> DurableBatch.Temporary
    {
        let temporary = batch.newTemporary()
        let file = try batch.create(temporary, permissions: permissions)
        try bytes(text).withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(buffer))
        }
        return temporary
    }

    private func place(_ text: String) -> (folder: [ArraySlice<UInt8>], name: [UInt8]) {
        let parts = bytes(text).split(separator: UInt8(ascii: "/"))
        return (Array(parts.dropLast()), Array(parts.last ?? []))
    }

    private func commit(_ files: [(DurableBatch.Temporary, String)], _ batch: DurableBatch) throws {
        try batch.commit(count: files.count) { index in
            (files[index].0, place(files[index].1))
        }
    }

    @Test(
        "the folders of a batch for others have the bits that are asked for, whatever the umask",
        arguments: [0o2775, 0o700])
    func permissions(_ wanted: UInt32) throws {
        let scratch = try ScratchDirectory()
        let root = try Folder(FilePath(scratch.path))
        let batch = try DurableBatch(in: root, folderPermissions: wanted)
        let names = Files.names(in: scratch("cairn.tmp"))
        #expect(names.count == 1)
        for path in ["cairn.tmp", "cairn.tmp/\(names.first ?? "")"] {
            #expect(try FilePath(scratch(path)).status()?.permissions == wanted, "\(path)")
        }
        withExtendedLifetime(batch) {}
    }

    @Test("files get their names and modes at the commit, and nothing else stays")
    func commitAll() throws {
        let scratch = try ScratchDirectory()
        do {
            let batch = try DurableBatch(in: scratch.folder())
            let files = try (0..<700).map { (try write("\($0)", in: batch), "d\($0 % 400)/f\($0)") }
            #expect(Files.names(in: scratch.path) == ["cairn.tmp"])
            try commit(files, batch)
            try commit([], batch)
        }
        #expect(!Files.exists(scratch("cairn.tmp")))
        for number in 0..<700 {
            #expect(try Files.text(scratch("d\(number % 400)/f\(number)")) == "\(number)")
        }
        #expect(try scratch.path("d0/f0").status()?.permissions == 0o444)
    }

    @Test("permissions are exact whatever the umask", arguments: [0o000, 0o022, 0o077, 0o277] as [mode_t])
    func permissions(mask: mode_t) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path
        await #expect(processExitsWith: .success) { [path = path as String, mask = mask as mode_t] in
            umask(mask)
            let batch = try DurableBatch(in: Folder(FilePath(path)))
            let file = try batch.create(batch.newTemporary(), permissions: 0o444)
            exit(try file.status().permissions == 0o444 && umask(mask) == mask ? 0 : 1)
        }
    }

    /// Files of a batch that know their places.
    private func placed(_ paths: [String], in batch: DurableBatch) throws -> [(
        DurableBatch.Temporary, String
    )] {
        try paths.map { path in
            let temporary = batch.newTemporary(for: place(path))
            let file = try batch.create(temporary, permissions: 0o444)
            try bytes(path).withUnsafeBufferPointer { (buffer) throws(SystemError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
            return (temporary, path)
        }
    }

    @Test("a folder that is new comes with its files in one step, with the mode that new folders shall have")
    func wholeFolders() throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("a/old"))
        do {
            let batch = try DurableBatch(in: scratch.folder(), expecting: 1000, folderPermissions: 0o2775)
            let files = try placed(["a/new/1", "a/new/2", "a/old/1", "b/1"], in: batch)
            #expect(!Files.exists(scratch("a/new")))
            try commit(files, batch)
            try commit(placed(["a/new/3", "c/1"], in: batch), batch)
        }
        #expect(
            Files.paths(below: scratch.path) == ["a/new/1", "a/new/2", "a/new/3", "a/old/1", "b/1", "c/1"])
        #expect(try Files.text(scratch("a/new/2")) == "a/new/2")
        #expect(try scratch.path("a/new").status()?.permissions == 0o2775)
    }

    @Test(
        "what does not belong to the commit does not come with its folder",
        arguments: ["left out", "dropped", "from elsewhere", "made by others"])
    func strangersInFolder(_ what: String) throws {
        let scratch = try ScratchDirectory()
        do {
            let batch = try DurableBatch(in: scratch.folder(), expecting: 1000)
            var files = try placed(["new/1", "new/2"], in: batch)
            switch what {
            case "left out": files.removeLast()
            case "dropped": try batch.discard(files.removeLast().0)
            case "from elsewhere": files[1] = (try write("new/2", in: batch), "new/2")
            default: try Files.write("new/2", to: scratch("new/2"))
            }
            try commit(files, batch)
        }
        let isWhole = what == "from elsewhere" || what == "made by others"
        #expect(Files.paths(below: scratch.path) == (isWhole ? ["new/1", "new/2"] : ["new/1"]))
        #expect(try Files.text(scratch("new/1")) == "new/1")
    }

    @Test("an object that is there already stays, and is no failure")
    func existing() throws {
        let scratch = try ScratchDirectory()
        try Files.write("theirs", to: scratch("ab/cd"))
        let inode = try scratch.path("ab/cd").status()?.inode
        let batch = try DurableBatch(in: scratch.folder())
        try commit([(write("ours", in: batch), "ab/cd"), (write("new", in: batch), "ab/ef")], batch)
        #expect(try Files.text(scratch("ab/cd")) == "theirs")
        #expect(try scratch.path("ab/cd").status()?.inode == inode)
        #expect(try Files.text(scratch("ab/ef")) == "new")
    }

    @Test(
        "a name that is taken by something else than a file is a failure",
        arguments: ["folder", "link", "fifo"])
    func taken(by kind: String) throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("ab"))
        switch kind {
        case "folder": try Files.makeFolder(scratch("ab/cd"))
        case "link": try Files.link(scratch("ab/cd"), to: "/dev/null")
        default: #expect(mkfifo(scratch("ab/cd"), 0o600) == 0)
        }
        let batch = try DurableBatch(in: scratch.folder())
        let file = try write("ours", in: batch)
        #expect(throws: SystemError(.fileExists, "rename to", scratch.path("ab/cd"))) {
            try commit([(file, "ab/cd")], batch)
        }
    }

    @Test("a folder that is a symbolic link is not written into")
    func linkedFolder() throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("foreign"))
        try Files.makeFolder(scratch("store"))
        try Files.link(scratch("store/ab"), to: "../foreign")
        let batch = try DurableBatch(in: Folder(scratch.path("store")))
        let file = try write("ours", in: batch)
        #expect(throws: SystemError.self) { try commit([(file, "ab/cd")], batch) }
        #expect(Files.names(in: scratch("foreign")).isEmpty)
    }

    @Test("a batch that is dropped leaves nothing")
    func dropped() throws {
        let scratch = try ScratchDirectory()
        for _ in 0..<3 { _ = try write("x", in: DurableBatch(in: scratch.folder())) }
        #expect(Files.names(in: scratch.path).isEmpty)
    }

    @Test(
        "a killed process leaves its own folder, which the next batch clears; that of a living one it does not"
    )
    func crash() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let batch = try DurableBatch(in: Folder(FilePath(path)))
            for _ in 0..<3 { _ = try batch.create(batch.newTemporary(), permissions: 0o444) }
            withExtendedLifetime(batch) {
                kill(getpid(), SIGKILL)
                pause()
            }
        }
        #expect(Files.names(in: path) == ["cairn.tmp"])
        #expect(Files.paths(below: path).count == 3)
        let living = try DurableBatch(in: scratch.folder())
        let file = try write("mine", in: living)
        #expect(Files.paths(below: path).count == 1)
        await #expect(processExitsWith: .success) { [path = path as String] in
            _ = try DurableBatch(in: Folder(FilePath(path)))
            exit(0)
        }
        try commit([(file, "f")], living)
        #expect(try Files.text(scratch("f")) == "mine")
    }

    @Test(
        "foreign names beside its own are left alone",
        arguments: ["notes", "12-", "12-x", "-12-13", "1-2-3", "README/12-13"])
    func foreign(_ name: String) throws {
        let scratch = try ScratchDirectory()
        try Files.write("precious", to: scratch("cairn.tmp/\(name)/file"))
        try Files.write("precious", to: scratch("cairn.tmp/file"))
        do { _ = try DurableBatch(in: scratch.folder()) }
        #expect(try Files.text(scratch("cairn.tmp/\(name)/file")) == "precious")
        #expect(try Files.text(scratch("cairn.tmp/file")) == "precious")
    }

    @Test("what is left under a name of ours is only cleared where it is a folder")
    func linkWithOurName() throws {
        let scratch = try ScratchDirectory()
        try Files.write("precious", to: scratch("foreign/file"))
        try Files.makeFolder(scratch("cairn.tmp"))
        try Files.link(scratch("cairn.tmp/12-13"), to: "../foreign")
        do { _ = try DurableBatch(in: scratch.folder()) }
        #expect(try Files.text(scratch("foreign/file")) == "precious")
        #expect(Files.exists(scratch("cairn.tmp/12-13")))
    }

    @Test("many that come and go at the same place do not take each other's folders away")
    func race() throws {
        let scratch = try ScratchDirectory()
        try Workers(count: 8).run { (number) throws(SystemError) in
            let root = try Folder(FilePath(scratch.path))
            for round in 0..<40 {
                let folder = try ScratchFolder(in: root, "scratch")
                let file = try OpenFile(creating: folder.newName(), in: folder.folder, permissions: 0o600)
                _ = consume file
                try folder.folder.rename(bytes("f0"), to: root, bytes("\(number)-\(round)"))
            }
        }
        #expect(Files.names(in: scratch.path).count == 8 * 40)
    }

    @Test("a link is taken in only if the file is still what was seen")
    func link() throws {
        let scratch = try ScratchDirectory()
        try Files.write("one", to: scratch("w/f"))
        let (root, workspace) = (try scratch.folder(), try Folder(scratch.path("w")))
        let batch = try DurableBatch(in: root)
        let seen = try #require(try workspace.status(of: bytes("f")))
        func link(_ name: String = "f") throws -> DurableBatch.LinkResult {
            try batch.link(bytes(name), in: workspace, seenAs: seen)
        }
        guard case .linked(let file) = try link() else { throw SupportError("it was not linked") }
        #expect(try batch.protect(file, seenAs: seen))
        #expect(try scratch.path("w/f").status()?.permissions == 0o444)
        try Files.write("longer", to: scratch("w/f"))
        #expect(try !batch.protect(file, seenAs: seen))
        guard case .changed = try link() else { throw SupportError("a changed file was linked") }
        guard case .changed = try link("gone") else { throw SupportError("a missing file was linked") }
        try Files.link(scratch("w/l"), to: "f")
        guard case .changed = try link("l") else { throw SupportError("a symbolic link was linked") }
        let other = try Folder("/dev/shm")
        let name = bytes("cairn-test-\(getpid())")
        _ = try OpenFile(creating: name, in: other, permissions: 0o600)
        defer { try? other.remove(name) }
        guard case .impossible = try batch.link(name, in: other, seenAs: seen) else {
            throw SupportError("a file of another file system was linked")
        }
    }
}
