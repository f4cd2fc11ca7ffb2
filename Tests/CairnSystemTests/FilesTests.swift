import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Files and folders")
struct FilesTests {
    @Test(
        "a file is read up to the limit and not beyond",
        arguments: [(0, 0, true), (10, 10, true), (11, 10, false), (700, 600, false), (70_000, 70_000, true)])
    func limit(size: Int, limit: Int, isRead: Bool) throws {
        let scratch = try ScratchDirectory()
        try Files.write(Array(repeating: 7, count: size), to: scratch("f"))
        if isRead {
            #expect(try scratch.path("f").readIfPresent(limit: limit)?.count == size)
        } else {
            #expect(throws: SystemError(.fileTooLarge, "read", scratch.path("f"))) {
                try scratch.path("f").readIfPresent(limit: limit)
            }
        }
    }

    @Test("a file that does not tell its size is read whole, and within the limit")
    func proc() throws {
        #expect(try FilePath("/proc/self/status").readIfPresent()?.isEmpty == false)
        #expect(throws: SystemError.self) { try FilePath("/dev/zero").readIfPresent(limit: 1 << 20) }
        #expect(try FilePath("/nonexistent/file").readIfPresent() == nil)
        #expect(throws: SystemError.self) { try FilePath("/").readIfPresent() }
    }

    @Test("times far away do not wrap around")
    func farTimes() throws {
        let scratch = try ScratchDirectory()
        try Files.write("", to: scratch("f"))
        var times = [
            timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: 9_000_000_000, tv_nsec: 0),
        ]
        #expect(utimensat(AT_FDCWD, scratch("f"), &times, 0) == 0)
        let future = try #require(try scratch.path("f").status()?.mtime)
        #expect(future >= 9_000_000_000 * 1_000_000_000 || future == 9_000_000_000 * 1_000_000_000)
        times[1].tv_sec = 12_000_000_000
        #expect(utimensat(AT_FDCWD, scratch("f"), &times, 0) == 0)
        #expect(try #require(try scratch.path("f").status()?.mtime) > future)
        times[1].tv_sec = -2_000_000_000
        #expect(utimensat(AT_FDCWD, scratch("f"), &times, 0) == 0)
        #expect(try #require(try scratch.path("f").status()?.mtime) < 0)
    }

    @Test("no component on the way to a folder may be a symbolic link")
    func links() throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("a/b"))
        try Files.link(scratch("link"), to: "a")
        let root = try scratch.folder()
        let parts = { (text: String) in bytes(text).split(separator: UInt8(ascii: "/")) }
        #expect(try root.folder(parts("a/b")).names().isEmpty)
        #expect(throws: SystemError.self) { try root.folder(parts("link/b")) }
        #expect(throws: SystemError.self) { try root.makeFolder(parts("link/c")) }
        #expect(!Files.exists(scratch("a/c")))
        #expect(try root.makeFolder(parts("x/y/z")).names().isEmpty)
    }

    @Test("a rename that must not replace anything does not")
    func exclusive() throws {
        let scratch = try ScratchDirectory()
        for name in ["a", "b"] { try Files.write(name, to: scratch(name)) }
        let root = try scratch.folder()
        #expect(throws: SystemError(.fileExists, "rename to", scratch.path("b"))) {
            try root.renameExclusively(bytes("a"), to: root, bytes("b"))
        }
        #expect(try Files.text(scratch("b")) == "b" && Files.text(scratch("a")) == "a")
        try root.renameExclusively(bytes("a"), to: root, bytes("c"))
        #expect(Files.names(in: scratch.path) == ["b", "c"])
    }

    @Test("a FIFO does not hang whoever opens it")
    func fifo() throws {
        let scratch = try ScratchDirectory()
        #expect(mkfifo(scratch("f"), 0o600) == 0)
        #expect(try OpenFile(reading: scratch.path("f")).status().kind == .fifo)
    }

    @Test("folders are made with all that lead to them", arguments: ["a", "a/b/c", "there/x"])
    func makeFolders(_ name: String) throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("there"))
        try scratch.path(name).makeFolders()
        try scratch.path(name).makeFolders()
        #expect(Files.isFolder(scratch(name)))
        try Files.write("", to: scratch("file"))
        #expect(throws: SystemError(.fileExists, "make folder", scratch.path("file"))) {
            try scratch.path("file").makeFolders()
        }
        #expect(throws: SystemError.self) { try scratch.path("file/x").makeFolders() }
    }

    @Test("of files that share an inode, a change of names is no change of content; of others it is one")
    func untouched() throws {
        let scratch = try ScratchDirectory()
        try Files.write("1", to: scratch("a"))
        let root = try scratch.folder()
        let status = { try #require(try root.status(of: bytes("a"))) }
        let alone = try status()
        try root.link(bytes("a"), to: root, bytes("b"))
        let two = try status()
        #expect(two.isUntouched(since: alone))
        try root.remove(bytes("b"))
        #expect(try status().isUntouched(since: two))
        let before = try status()
        usleep(20_000)  // a tick of the file system's clock
        chmod(scratch("a"), 0o600)
        #expect(try !status().isUntouched(since: before))
        #expect(try status().hasSameContentByAnyName(as: before))
        try Files.write("22", to: scratch("a"))
        #expect(try !status().isUntouched(since: two))
    }

    @Test(
        "detaching gives a file bytes of its own, be it one of several names or a symbolic link",
        arguments: ["hard", "symbolic"])
    func detach(_ kind: String) throws {
        let scratch = try ScratchDirectory()
        try Files.write("data", to: scratch("object"), mode: 0o444)
        try Files.makeFolder(scratch("w"))
        if kind == "hard" {
            #expect(Glibc.link(scratch("object"), scratch("w/f")) == 0)
        } else {
            try Files.link(scratch("w/f"), to: scratch("object"))
        }
        try scratch.folder().detach(bytes("w/f"))
        let status = try #require(try scratch.path("w/f").status())
        #expect(status.kind == .regular && status.links == 1 && status.permissions & 0o200 != 0)
        #expect(try Files.text(scratch("w/f")) == "data")
        #expect(try scratch.path("object").status()?.permissions == 0o444)
        #expect(Files.names(in: scratch("w")) == ["f"])
    }
}
