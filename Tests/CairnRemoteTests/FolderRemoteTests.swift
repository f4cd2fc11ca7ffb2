import CairnRemote
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

/// What is a folder's alone; the rest is in `RemoteContract`.
@Suite("Remote in a folder", .ownThreads)
struct FolderRemoteTests {
    private let scratch: ScratchDirectory
    private let remote: FolderRemote

    init() throws {
        scratch = try ScratchDirectory()
        remote = FolderRemote(FilePath(scratch("remote")))
    }

    /// A path in the remote's folder.
    private func path(_ key: String) -> String { scratch("remote/\(key)") }

    @Test("objects are files that nobody may write to, and nothing else stays")
    func files() async throws {
        for count in [1, 4, 5, 20] {
            let uploads = (0..<count).map { RemoteUpload("d\(count)/\($0 % 3)/\($0)", text: "\($0)") }
            try await remote.write(uploads, jobs: 2)
            #expect(
                Files.paths(below: path("d\(count)")).sorted()
                    == uploads.map { String($0.key.dropFirst("d\(count)/".utf8.count)) }.sorted())
            for upload in uploads {
                #expect(try FilePath(path(upload.key)).status()?.permissions == 0o444)
            }
        }
        #expect(!Files.exists(path("cairn.tmp")))
        #expect(remote.place == scratch("remote"))
    }

    @Test("folders are the group's where the remote is")
    func group() async throws {
        let remote = FolderRemote(FilePath(path("")), isGroupShared: true)
        try await remote.write(RemoteUpload("a/b/c", text: "x"), RemoteUpload("d", text: "x"))
        for folder in ["a", "a/b"] {
            #expect(try FilePath(path(folder)).status()?.permissions == 0o2775, "\(folder)")
        }
    }

    @Test("reading and listing make nothing, not even the folder")
    func nothingMade() async throws {
        #expect(try await remote.keys() == [])
        #expect(try await remote.top() == [])
        try await remote.delete(["a/b"])
        await #expect(throws: RemoteError(.notFound, "a/b")) { try await remote.read("a/b") }
        #expect(!Files.exists(path("")))
        try Files.makeFolder(path("packs/ab"))
        #expect(try await remote.keys() == [])
        #expect(try await remote.top() == [])
        #expect(Files.names(in: path("")) == ["packs"])
    }

    @Test("what is no object is not listed: links, folders, pipes, names that are no keys, files of batches")
    func strangers() async throws {
        try await remote.write(RemoteUpload("a/object", text: "x"))
        try Files.write("y", to: path("cairn.tmp/1-2/3"))
        try Files.write("", to: path("cairn.lock"))
        try Files.write("z", to: path("a/with space"))
        try Files.write("z", to: path("a/\u{e9}"))
        try Files.link(path("a/link"), to: "object")
        try Files.link(path("linked"), to: "a")
        #expect(mkfifo(path("a/pipe"), 0o600) == 0)
        try Files.makeFolder(path("a/folder"))
        #expect(try await remote.keys() == ["a/object"])
        #expect(try await remote.top() == ["a/"])
        for key in ["a/folder", "a/pipe"] {
            await #expect(throws: RemoteError(.notFound, key)) { try await remote.read(key) }
            try await remote.delete([key])
            #expect(Files.exists(path(key)))
            await #expect(throws: RemoteError(.conflict, key)) {
                try await remote.write(RemoteUpload(key, []))
            }
        }
    }

    @Test("no symbolic link is followed or deleted, wherever it is in the key")
    func links() async throws {
        try Files.write("secret", to: scratch("elsewhere/file"))
        try Files.makeFolder(path("a"))
        try Files.link(path("a/file"), to: scratch("elsewhere/file"))
        try Files.link(path("away"), to: scratch("elsewhere"))
        let loop = RemoteError.Reason.io(.tooManySymbolicLinkLevels)
        for key in ["a/file", "away/file"] {
            await #expect(throws: RemoteError(loop, key)) { try await remote.read(key) }
        }
        await #expect(throws: RemoteError(.conflict, "a/file")) {
            try await remote.write(RemoteUpload("a/file", text: "secret"))
        }
        for key in ["away/file", "away/new"] {
            await #expect(throws: RemoteError(loop, key)) {
                try await remote.write(RemoteUpload(key, text: "x"))
            }
            await #expect(throws: RemoteError(loop, key)) { try await remote.delete([key]) }
        }
        await #expect(throws: RemoteError(loop, "away/")) { try await remote.list("away/") }
        try await remote.delete(["a/file"])
        #expect(Files.names(in: scratch("elsewhere")) == ["file"])
        #expect(Files.exists(path("a/file")))
    }

    @Test("an object has no objects below it")
    func fileAsFolder() async throws {
        try await remote.write(RemoteUpload("a", text: "x"))
        await #expect(throws: RemoteError(.notFound, "a/b")) { try await remote.read("a/b") }
        #expect(try await remote.keys("a/") == [])
        try await remote.delete(["a/b"])
        await #expect(throws: RemoteError(.io(.notDirectory))) {
            try await remote.write(RemoteUpload("a/b", text: "x"))
        }
        #expect(try await remote.keys() == ["a"])
    }

    @Test("a file that is expendable gets its key as it is; another one is copied and stays")
    func expendable() async throws {
        for isExpendable in [true, false] {
            let (file, key) = (scratch("file"), "packs/\(isExpendable)")
            try Files.write("content", to: file)
            let inode = try FilePath(file).status()?.inode
            try await remote.write(
                RemoteUpload(key, .file(FilePath(file), size: 7, isExpendable: isExpendable)))
            let object = try #require(try FilePath(path(key)).status())
            #expect((object.inode == inode) == isExpendable)
            #expect(object.permissions == 0o444 && object.links == 1)
            #expect(Files.exists(file) == !isExpendable)
        }
    }

    @Test("an expendable file is there to be written again when something else fails")
    func expendableStays() async throws {
        let file = FilePath(scratch("file"))
        try Files.write("content", to: scratch("file"))
        try Files.write("x", to: path("other"))
        let uploads = [
            RemoteUpload("packs/new", .file(file, size: 7, isExpendable: true)),
            RemoteUpload("other/x", text: "x"),
        ]
        for _ in 0..<2 {
            await #expect(throws: RemoteError(.io(.notDirectory))) {
                try await remote.write(uploads, jobs: 1)
            }
            #expect(try Files.text(scratch("file")) == "content")
        }
        try await remote.write(uploads[0])
        #expect(try await remote.read("packs/new") == Array("content".utf8))
        #expect(!Files.exists(scratch("file")))
    }

    @Test("a link or a file that is not there is no content")
    func oddFiles() async throws {
        try Files.write("content", to: scratch("file"))
        try Files.link(scratch("link"), to: "file")
        try await remote.write(
            RemoteUpload("a", .file(FilePath(scratch("link")), size: 7, isExpendable: true)))
        #expect(try await remote.read("a") == Array("content".utf8))
        #expect(try Files.text(scratch("file")) == "content")
        await #expect(throws: RemoteError(.io(.noSuchFileOrDirectory), "b")) {
            try await remote.write(
                RemoteUpload("b", .file(FilePath(scratch("none")), size: 7, isExpendable: true)))
        }
        #expect(try await remote.keys() == ["a"])
    }

    @Test("the time of a listing is that of the file system")
    func time() async throws {
        try Files.makeFolder(path(""))
        for _ in 0..<20 {
            let before = try await remote.list("").now
            try await remote.write(RemoteUpload("t\(before)", text: "x"))
            let listing = try await remote.list("")
            let modified = try #require(listing.objects.last?.modified)
            #expect((before...listing.now).contains(modified))
            try await remote.delete(["t\(before)"])
        }
    }

    @Test("a writer that is killed leaves nothing under a key, and the next one clears up")
    func killed() async throws {
        let root = path("")
        for round in 0..<3 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [root = root as String, round = round as Int] in
                let content = [UInt8](repeating: 1, count: 1 << 20)
                let uploads = (0..<200).map { RemoteUpload("packs/\(round)/\($0)", content) }
                async let _ = FolderRemote(FilePath(root)).write(uploads, jobs: 1)
                while (try? FilePath(root).appending("cairn.tmp").status()) ?? nil == nil { usleep(100) }
                usleep(UInt32(3000 * (round + 1)))
                kill(getpid(), SIGKILL)
            }
            for object in try await remote.list("").objects { #expect(object.size == 1 << 20) }
        }
        try await remote.write(RemoteUpload("after", text: "x"))
        #expect(!Files.exists(path("cairn.tmp")))
    }

    @Test("who may not write learns that, and can read", .enabled(if: geteuid() == 0, "needs root"))
    func denied() async throws {
        try await remote.write(RemoteUpload("a/b", text: "x"))
        let root = path("")
        await #expect(processExitsWith: .success) { [root = root as String] in
            guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else { exit(99) }
            let remote = FolderRemote(FilePath(root))
            #expect(try await remote.keys() == ["a/b"])
            #expect(try await remote.read("a/b") == [UInt8(ascii: "x")])
            await #expect(throws: RemoteError(.denied)) {
                try await remote.write(RemoteUpload("a/c", text: "x"))
            }
            await #expect(throws: RemoteError(.denied, "a/b")) { try await remote.delete(["a/b"]) }
            // What is there already needs no writing.
            try await remote.write(RemoteUpload("a/b", text: "y"))
        }
    }
}

/// What happens on file systems of which the remote does not have enough.
@Suite(
    "Remote in a folder on a small disk", .ownThreads,
    .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"))
struct FolderRemoteDiskTests {
    @Test("a full disk is told, and leaves nothing", arguments: [1, 10])
    func full(_ count: Int) async throws {
        let disk = try MountedDisk(.tmpfs, kilobytes: 256)
        let remote = FolderRemote(FilePath(disk("remote")))
        try await remote.write(RemoteUpload("a", [1, 2, 3]))
        let uploads = (0..<count).map {
            RemoteUpload("big/\($0)", [UInt8](repeating: 1, count: 1_000_000 / count))
        }
        await #expect {
            try await remote.write(uploads, jobs: 2)
        } throws: {
            ($0 as? RemoteError)?.reason == .full
        }
        #expect(try await remote.keys() == ["a"])
        #expect(Files.names(in: disk("remote")) == ["a"])
        try await remote.delete(["a"])
        try await remote.write(RemoteUpload("b", [UInt8](repeating: 1, count: 100_000)))
    }

    @Test("a disk that cannot be written to can be read")
    func readOnly() async throws {
        let disk = try MountedDisk(.tmpfs, kilobytes: 256)
        let remote = FolderRemote(FilePath(disk("remote")))
        try await remote.write(RemoteUpload("a/b", [1, 2, 3]))
        try disk.makeReadOnly()
        #expect(try await remote.read("a/b") == [1, 2, 3])
        let listing = try await remote.list("")
        #expect(listing.objects.map(\.key) == ["a/b"])
        #expect(abs(listing.now - SystemClock().date) < 60_000)
        await #expect(throws: RemoteError(.readOnly)) { try await remote.write(RemoteUpload("c", [1])) }
        await #expect(throws: RemoteError(.readOnly, "a/b")) { try await remote.delete(["a/b"]) }
    }

    @Test("an expendable file of another file system is copied, and goes")
    func otherDisk() async throws {
        let scratch = try ScratchDirectory()
        let disk = try MountedDisk(.tmpfs, kilobytes: 256)
        let remote = FolderRemote(FilePath(disk("remote")))
        try Files.write("content", to: scratch("file"))
        let inode = try FilePath(scratch("file")).status()?.inode
        try await remote.write(
            RemoteUpload("a", .file(FilePath(scratch("file")), size: 7, isExpendable: true)))
        let object = try #require(try FilePath(disk("remote/a")).status())
        #expect(object.inode != inode && object.permissions == 0o444)
        #expect(try await remote.read("a") == Array("content".utf8))
        #expect(!Files.exists(scratch("file")))
    }
}
