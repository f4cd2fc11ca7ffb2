import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Atomic file", .ownThreads)
struct AtomicFileTests {
    @Test(
        "makes a file, and replaces one keeping its mode",
        arguments: [0o600, 0o644, 0o755, 0o444] as [mode_t])
    func keepsMode(_ mode: mode_t) throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("f")
        try AtomicFile.write(bytes("one"), to: path)
        #expect(try path.readIfPresent() == bytes("one"))
        chmod(path.string, mode)
        try AtomicFile.write(bytes("two"), to: path)
        #expect(try path.readIfPresent() == bytes("two"))
        #expect(try path.status()?.permissions == UInt32(mode))
        try AtomicFile.write([], to: path, permissions: 0o640)
        #expect(try path.status()?.permissions == 0o640)
        #expect(try path.readIfPresent() == [])
        #expect(Files.names(in: scratch.path) == ["f"])
    }

    @Test("writes through a symbolic link, which stays")
    func throughLink() throws {
        let scratch = try ScratchDirectory()
        try Files.write("old", to: scratch("real/f"))
        try Files.makeFolder(scratch("links"))
        try Files.link(scratch("links/f"), to: "../real/f")
        try AtomicFile.write(bytes("new"), to: scratch.path("links/f"))
        #expect(try Files.text(scratch("real/f")) == "new")
        #expect(try scratch.path("links/f").status()?.kind == .symbolicLink)
        #expect(Files.paths(below: scratch.path) == ["links/f", "real/f"])
    }

    @Test("takes long names and names that are not UTF-8")
    func names() throws {
        let scratch = try ScratchDirectory()
        for name in [Array(repeating: UInt8(ascii: "n"), count: 255), [0xFF, 0x20, 0x0A]] {
            let path = FilePath(bytes: bytes(scratch.path + "/") + name)
            try AtomicFile.write([1], to: path)
            #expect(try path.readIfPresent() == [1])
        }
        #expect(try scratch.folder().names().count == 2)
    }

    @Test("a folder is not replaced, nor is anything written")
    func folder() throws {
        let scratch = try ScratchDirectory()
        try Files.makeFolder(scratch("d"))
        #expect(throws: SystemError(.isDirectory, "write", scratch.path("d"))) {
            try AtomicFile.write([1], to: scratch.path("d"))
        }
        #expect(Files.names(in: scratch.path) == ["d"])
    }

    @Test(
        "what fails leaves the old bytes and no temporary file: a full disk",
        .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"))
    func fullDisk() throws {
        let disk = try MountedDisk(.tmpfs, kilobytes: 64)
        try Files.write("old", to: disk("f"))
        #expect(throws: SystemError.self) {
            try AtomicFile.write(Array(repeating: 1, count: 200_000), to: FilePath(disk("f")))
        }
        #expect(try Files.text(disk("f")) == "old")
        #expect(Files.names(in: disk.path) == ["f"])
    }

    @Test("what fails leaves the old bytes and no temporary file: a folder that may not be written")
    func readOnlyFolder() async throws {
        let scratch = try ScratchDirectory()
        try Files.write("old", to: scratch("d/f"), mode: 0o666)
        chmod(scratch("d"), 0o555)
        let path = scratch("d/f")
        await #expect(processExitsWith: .success) { [path = path as String] in
            dropPrivileges()
            do {
                try AtomicFile.write([1], to: FilePath(path))
                exit(1)
            } catch let error as SystemError {
                exit(error.errno == .permissionDenied ? 0 : 2)
            }
        }
        #expect(try Files.text(path) == "old")
        #expect(Files.names(in: scratch("d")) == ["f"])
        chmod(scratch("d"), 0o755)
    }

    @Test("several threads that write one file leave one of their texts")
    func threads() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("f")
        try Workers(count: 4).run { (number) throws(SystemError) in
            for _ in 0..<30 {
                try AtomicFile.write(Array(repeating: UInt8(number), count: 1000 + number), to: path)
            }
        }
        let text = try #require(try path.readIfPresent())
        #expect(text.count == 1000 + Int(text[0]) && text.allSatisfy { $0 == text[0] })
        #expect(Files.names(in: scratch.path) == ["f"])
    }
}
