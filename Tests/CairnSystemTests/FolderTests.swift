import Glibc
import Testing

@testable import CairnSystem

/// Removing trees, giving files bytes of their own, looking at locks, and what is mounted where.
@Suite("Folders, locks, mounts")
struct FolderTests {
    /// A new empty folder.
    private func scratch() throws -> FilePath {
        var template = Array("/tmp/cairn-system.XXXXXX".utf8CString)
        // An array that is not empty.
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        return FilePath(platformString: try #require(made))
    }

    private func write(_ text: String, _ path: FilePath) throws {
        try AtomicFile.write(Array(text.utf8), to: path)
    }

    @Test("a tree goes with all that is in it, but what symbolic links lead to stays")
    func removeTree() throws {
        let root = try scratch()
        try root.appending("keep").makeFolders()
        try write("x", root.appending("keep/file"))
        try root.appending("tree/a/b").makeFolders()
        try write("y", root.appending("tree/a/b/file"))
        let folder = try Folder(root)
        try Folder(root.appending("tree/a")).makeSymbolicLink(Array("link".utf8), to: root.appending("keep"))
        try folder.makeSymbolicLink(Array("top".utf8), to: root.appending("keep"))
        for name in ["tree", "top", "none"] { try folder.removeTree(Array(name.utf8)) }
        #expect(try folder.names() == [Array("keep".utf8)])
        #expect(try root.appending("keep/file").readIfPresent() == Array("x".utf8))
        try folder.removeTree(Array("keep".utf8))
        #expect(rmdir(root.string) == 0)
    }

    @Test(
        "a detached file has its bytes for itself and may be written, as before executable or not",
        arguments: [false, true])
    func detach(_ isExecutable: Bool) throws {
        let root = try scratch()
        let folder = try Folder(root)
        defer { try? Folder(root.removingLastComponent()).removeTree(root.lastComponentBytes ?? []) }
        try root.appending("deep").makeFolders()
        try write("bytes", root.appending("object"))
        try folder.setPermissions(Array("object".utf8), isExecutable ? 0o555 : 0o444)
        let deep = try Folder(root.appending("deep"))
        try folder.link(Array("object".utf8), to: deep, Array("hard".utf8))
        try deep.makeSymbolicLink(Array("soft".utf8), to: root.appending("object"))
        for name in ["deep/hard", "deep/soft"] {
            try folder.detach(Array(name.utf8))
            let status = try #require(try folder.status(of: Array(name.utf8)))
            #expect(status.kind == .regular && status.links == 1 && status.isExecutable == isExecutable)
            #expect(status.permissions & 0o200 != 0)
            #expect(try root.appending(name).readIfPresent() == Array("bytes".utf8))
        }
        #expect(try deep.names().count == 2)
        #expect(throws: SystemError.self) { try folder.detach(Array("deep/none".utf8)) }
    }

    @Test("the holder of a lock is known without touching the lock")
    func lockHolder() throws {
        let root = try scratch()
        defer { try? Folder(root.removingLastComponent()).removeTree(root.lastComponentBytes ?? []) }
        let path = root.appending("lock")
        #expect(try FileLock.holder(of: path) == nil)
        guard case .acquired(let lock) = try FileLock.attempt(path, note: Array(" 7\n".utf8)) else {
            Issue.record("a new lock is free")
            return
        }
        #expect(try FileLock.holder(of: path) == Array(" 7\n".utf8))
        withExtendedLifetime(lock) {}
    }

    @Test("the mount with the longest path holds a file, the later of two on one folder")
    func mounts() {
        let table = MountTable(
            parsing: Array(
                """
                22 1 8:1 / / rw - ext4 /dev/sda1 rw
                23 22 0:5 / /data\\040set rw shared:1 master:2 - nfs4 server:/x rw
                24 22 0:6 / /data rw - tmpfs one rw
                25 22 0:7 / /data rw - xfs two rw
                broken line
                """.utf8))
        #expect(table.entry(for: "/home/x") == FileSystemFacts(type: "ext4", device: "/dev/sda1"))
        #expect(table.entry(for: "/data/a")?.type == "xfs")
        #expect(table.entry(for: "/database")?.type == "ext4")
        #expect(table.entry(for: "/data set/a")?.device == "server:/x")
        #expect(MountTable(parsing: []).entry(for: "/") == nil)
    }
}
