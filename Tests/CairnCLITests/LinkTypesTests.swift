import CairnTestSupport
import Glibc
import Testing

/// Every link type on a file system that has it: contents, modes and protection through add, checkout, relink and unprotect.
@Suite("Link types", .serialized)
struct LinkTypesTests {
    private static let contents: [(path: String, content: [UInt8])] = [
        ("empty", []), ("small", Array("small\n".utf8)), ("sub/large", Array(repeating: 7, count: 3_000_000)),
        ("sub/same", Array("small\n".utf8)),
    ]

    /// A project whose cache has the link type, and data that is not added yet.
    private func makeProject(_ sandbox: Sandbox, _ type: String) throws {
        try sandbox.makeProject("disk/one")
        try Files.write("[cache]\n    type = \(type)\n", to: sandbox("disk/one/.dvc/config"))
        for (path, content) in Self.contents {
            try Files.write(content, to: sandbox("disk/one/data/\(path)"))
        }
        try Files.write("#!/bin/sh\n", to: sandbox("disk/one/script"), mode: 0o755)
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SupportError("there is no \(path)") }
        return status
    }

    /// Every file has its bytes, and lies in the workspace as the type wants it.
    private func expect(
        _ type: String, in sandbox: Sandbox, _ comment: Comment, isExecutable: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let objects = StoreCheck.objects(in: sandbox("disk/one/.dvc/cache"))
        let inodes = Set(try objects.values.map { try status($0).st_ino })
        for (path, content) in Self.contents {
            let file = sandbox("disk/one/data/\(path)")
            let own = try status(file)
            #expect(try Files.read(file) == content, comment, sourceLocation: sourceLocation)
            switch type {
            case "symlink": #expect(own.st_mode & S_IFMT == S_IFLNK, comment, sourceLocation: sourceLocation)
            case "hardlink" where !content.isEmpty:
                #expect(
                    inodes.contains(own.st_ino) && own.st_mode & 0o777 == 0o444, comment,
                    sourceLocation: sourceLocation)
            default:
                #expect(
                    own.st_mode & S_IFMT == S_IFREG && own.st_nlink == 1, comment,
                    sourceLocation: sourceLocation)
                #expect(own.st_mode & 0o777 == 0o644, comment, sourceLocation: sourceLocation)
            }
        }
        if isExecutable {
            #expect(
                try status(sandbox("disk/one/script")).st_mode & 0o100 != 0, comment,
                sourceLocation: sourceLocation)
        }
        #expect(
            try StoreCheck.problems(in: sandbox("disk/one/.dvc/cache")) == [], comment,
            sourceLocation: sourceLocation)
        let left = Files.paths(below: sandbox("disk/one")).filter {
            $0.contains("cairn.tmp") || $0.contains("/.cairn-") || $0.contains("/scratch/")
        }
        #expect(left == [], comment, sourceLocation: sourceLocation)
    }

    private func run(_ type: String, in sandbox: Sandbox) throws {
        func cairn(_ arguments: String...) throws {
            try Program.run(
                sandbox("bin/cairn"), arguments, in: sandbox("disk/one"), environment: sandbox.environment
            ).succeeded()
        }
        try makeProject(sandbox, type)
        try cairn("add", "data", "script")
        try expect(type, in: sandbox, "after add")
        for path in ["data", "script"] { Files.delete(sandbox("disk/one/\(path)")) }
        try cairn("checkout")
        try expect(type, in: sandbox, "after checkout")
        try cairn("config", "cache.type", "copy")
        try cairn("checkout", "--relink")
        try expect("copy", in: sandbox, "relinked to copies", isExecutable: true)
        try cairn("config", "cache.type", type)
        try cairn("checkout", "--relink")
        try expect(type, in: sandbox, "relinked to the type")
        #expect(
            try Program.run(
                sandbox("bin/cairn"), ["status", "-q"], in: sandbox("disk/one"),
                environment: sandbox.environment
            ).exitCode == 0)
        try cairn("unprotect", "data", "script")
        try expect("copy", in: sandbox, "after unprotect")
        // What is writable now can be changed without harm to the store.
        for (path, _) in Self.contents {
            try Files.write("changed \(path)", to: sandbox("disk/one/data/\(path)"))
        }
        #expect(try StoreCheck.problems(in: sandbox("disk/one/.dvc/cache")) == [])
        try cairn("add", "data")
        for (path, _) in Self.contents {
            #expect(try Files.text(sandbox("disk/one/data/\(path)")) == "changed \(path)")
        }
        #expect(try StoreCheck.problems(in: sandbox("disk/one/.dvc/cache")) == [])
    }

    @Test("hard links, symbolic links and copies", arguments: ["hardlink", "symlink", "copy"])
    func everywhere(_ type: String) throws {
        let sandbox = try Sandbox()
        try run(type, in: sandbox)
    }

    @Test(
        "shared blocks",
        .enabled(
            if: !MountedDisk.reflinkKinds.isEmpty, "needs mkfs.xfs or mkfs.btrfs, and the right to mount"),
        arguments: MountedDisk.reflinkKinds)
    func reflink(_ kind: MountedDisk.Kind) throws {
        let sandbox = try Sandbox()
        let disk = try MountedDisk(kind, on: sandbox("disk"))
        defer { withExtendedLifetime(disk) {} }
        try run("reflink", in: sandbox)
    }

    @Test("what lies outside of the workspace stays as it is", arguments: ["hardlink", "symlink"])
    func outside(_ type: String) throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox, type)
        for folder in ["outside", "linked"] {
            try Files.write("theirs \(folder)", to: sandbox("\(folder)/sub/f"), mode: 0o664)
        }
        try Files.link(sandbox("disk/one/link"), to: sandbox("linked"))
        _ = try sandbox.cairn("add", sandbox("outside"), "--out", "ours", in: "disk/one").succeeded()
        _ = try sandbox.cairn("add", "link", in: "disk/one").succeeded()
        for folder in ["outside", "linked"] {
            let own = try status(sandbox("\(folder)/sub/f"))
            #expect(own.st_nlink == 1 && own.st_mode & 0o7777 == 0o664, "\(folder)")
            #expect(try Files.text(sandbox("\(folder)/sub/f")) == "theirs \(folder)")
        }
        #expect(try StoreCheck.problems(in: sandbox("disk/one/.dvc/cache")) == [])
    }

    @Test(
        "a cache on another file system gives copies where links cannot be",
        arguments: ["hardlink,copy", "reflink,copy"])
    func farCache(_ type: String) throws {
        let sandbox = try Sandbox()
        try makeProject(sandbox, type)
        let far = "/dev/shm/cairn-cache-\(getpid())-\(type.prefix(4))"
        defer { Files.delete(far) }
        try Files.write(
            "[cache]\n    type = \(type)\n    dir = \(far)\n", to: sandbox("disk/one/.dvc/config"))
        _ = try sandbox.cairn("add", "data", in: "disk/one").succeeded()
        #expect(try StoreCheck.problems(in: far) == [])
        Files.delete(sandbox("disk/one/data"))
        _ = try sandbox.cairn("checkout", in: "disk/one").succeeded()
        for (path, content) in Self.contents {
            #expect(try Files.read(sandbox("disk/one/data/\(path)")) == content)
            #expect(try status(sandbox("disk/one/data/\(path)")).st_mode & 0o777 == 0o644)
        }
    }
}
