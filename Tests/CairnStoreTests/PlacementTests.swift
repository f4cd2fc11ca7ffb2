import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@Suite("Placement", .ownThreads)
struct PlacementTests {
    private func items(_ files: [(path: String, id: ObjectID)]) -> Placement.Items {
        var items = Placement.Items()
        for file in files { items.append(bytes(file.path), file.id) }
        return items
    }

    @Test("files of every size appear with their bytes, in folders that are made", arguments: [1, 3])
    func sizes(workers: Int) throws {
        let fixture = try StoreFixture()
        var random = SeededRandom(seed: 1)
        var contents: [[UInt8]] = IntakeTests.sizes.map { random.content($0) }
        contents += (0..<300).map { random.content($0 * 20) }
        let paths = contents.indices.map { "d\($0 % 5)/e\($0 % 3)/f\($0)" }.sorted()
        let items = items(try zip(paths, contents).map { ($0, try fixture.put($1)) })
        let report = try fixture.place(items, workers: workers)
        #expect(report.failures.isEmpty)
        for (index, (path, content)) in zip(paths, contents).enumerated() {
            #expect(try Files.read(fixture("w/" + path)) == content)
            #expect(report.isAsMade(index, try status(fixture("w/" + path))))
        }
        #expect(try status(fixture("w/" + paths[0])).permissions == 0o644)
        try fixture.expectClean()
    }

    @Test(
        "every link type gives the same bytes, with what belongs to it",
        arguments: [LinkType.copy, .hardlink, .symlink])
    func types(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        let contents = ["", "small", String(repeating: "large", count: 100_000)]
        let items = items(try contents.enumerated().map { ("f\($0)", try fixture.put($1)) })
        for id in items.ids { chmod(fixture.store.path(of: id).string, 0o644) }
        let report = try fixture.place(items, types: [type])
        #expect(report.failures.map(\.error) == [])
        for (number, content) in contents.enumerated() {
            let path = fixture("w/f\(number)")
            let (own, object) = (
                try status(path), try status(fixture.store.path(of: items.ids[number]).string)
            )
            #expect(try Files.text(path) == content)
            switch type {
            case .hardlink where !content.isEmpty:
                #expect(own.inode == object.inode && object.permissions == 0o444)
            case .symlink:
                #expect(own.kind == .symbolicLink && object.permissions == 0o444)
                #expect(
                    try fixture.workspace.linkTarget(bytes("f\(number)"))
                        == fixture.store.path(of: items.ids[number]))
            default: #expect(own.links == 1 && own.permissions == 0o644)
            }
        }
        #expect(report.trusted.count == (type == .copy ? 0 : type == .hardlink ? 2 : 3))
    }

    @Test("what the file system cannot do gives way to the next type, or is an error that names all")
    func fallback() throws {
        let fixture = try StoreFixture()
        try #require(try !FilePath(fixture.root).isReflinkPossible(), "this file system shares blocks")
        let files = items(try (0..<200).map { ("f\($0)", try fixture.put("text \($0)")) })
        let report = try fixture.place(files, types: [.reflink, .hardlink, .copy])
        #expect(report.failures.isEmpty)
        #expect(try status(fixture("w/f7")).links == 2)
        let again = items([("g", files.ids[0]), ("h", files.ids[1])])
        #expect(
            try fixture.place(again, types: [.reflink]).failures.map(\.error.reason) == [
                .cannotLink([.reflink]), .cannotLink([.reflink]),
            ])
        #expect(try fixture.place(again, types: []).failures.count == 2)
        #expect(!Files.exists(fixture("w/g")))
        try fixture.expectClean()
    }

    @Test("an executable is made so, and copies are not read-only", arguments: [0o022, 0o077] as [mode_t])
    func executable(mask: mode_t) async throws {
        let fixture = try StoreFixture()
        let id = try fixture.put("#!/bin/sh\n")
        let root = fixture.root
        await #expect(processExitsWith: .success) {
            [root = root as String, mask = mask as mode_t, text = id.text as String] in
            umask(mask)
            guard let id = ObjectID(.md5, parsing: text.utf8) else { exit(2) }
            var items = Placement.Items()
            items.append("script".utf8, id, isExecutable: true)
            items.append("text".utf8, id)
            let placement = Placement(
                from: try ObjectStore(at: FilePath(root + "/store")), into: try Folder(FilePath(root + "/w")),
                scratch: try ScratchFolder(in: Folder(FilePath(root)), "scratch"), types: [.copy], index: nil,
                workers: Workers(count: 1), reporter: SilentReporter())
            guard try placement.place(items).failures.isEmpty else { exit(3) }
            let modes = try ["script", "text"].map { try FilePath("\(root)/w/\($0)").status()?.permissions }
            exit(modes == (mask == 0o022 ? [0o744, 0o644] : [0o700, 0o600]) ? 0 : 1)
        }
    }

    @Test(
        "a new file replaces nothing", arguments: ["file", "folder", "link"],
        [LinkType.copy, .hardlink, .symlink])
    func occupied(_ kind: String, _ type: LinkType) throws {
        let fixture = try StoreFixture()
        switch kind {
        case "file": try Files.write("the user's", to: fixture("w/f"))
        case "folder": try Files.write("the user's", to: fixture("w/f/inner"))
        default: try Files.link(fixture("w/f"), to: "nowhere")
        }
        let before = TreeListing(of: fixture("w"))
        let report = try fixture.place(
            items([("f", try fixture.put("ours")), ("g", try fixture.put("ours"))]), types: [type])
        #expect(report.failures.map(\.error) == [StoreError(.changing, FilePath(fixture("w/f")))])
        #expect(try Files.text(fixture("w/g")) == "ours")
        #expect(TreeListing(of: fixture("w")).entries.filter { $0.path != "./g" } == before.entries)
        try fixture.expectClean()
    }

    @Test("a file is replaced only while it is what was seen", arguments: [false, true])
    func replacing(isTouched: Bool) throws {
        let fixture = try StoreFixture()
        try Files.write("the user's", to: fixture("w/f"))
        let seen = try status(fixture("w/f"))
        if isTouched {
            usleep(20_000)  // a tick of the file system's clock
            try Files.write("the USER's", to: fixture("w/f"))
        }
        var items = Placement.Items()
        items.append(bytes("f"), try fixture.put("ours"), replacing: seen)
        let report = try fixture.place(items)
        #expect(report.failures.count == (isTouched ? 1 : 0))
        #expect(try Files.text(fixture("w/f")) == (isTouched ? "the USER's" : "ours"))
        try fixture.expectClean()
    }

    @Test("a file that was to be replaced and is gone is not made")
    func replacingNothing() throws {
        let fixture = try StoreFixture()
        try Files.write("the user's", to: fixture("w/f"))
        let seen = try status(fixture("w/f"))
        Files.delete(fixture("w/f"))
        var items = Placement.Items()
        items.append(bytes("f"), try fixture.put("ours"), replacing: seen)
        #expect(try fixture.place(items).failures.count == 1)
        #expect(!Files.exists(fixture("w/f")))
    }

    @Test("files that share inodes with objects and one another are replaced together")
    func swappedHardLinks() throws {
        let fixture = try StoreFixture()
        let (one, two, three) = (try fixture.put("one"), try fixture.put("two"), try fixture.put("three"))
        let before = items([("a", one), ("b", one), ("c", two), ("d", two)])
        #expect(try fixture.place(before, types: [.hardlink]).failures.isEmpty)
        usleep(20_000)  // a tick of the file system's clock, so that every ctime differs from now on
        var after = Placement.Items()
        for (path, id) in [("a", two), ("b", three), ("c", one), ("d", one)] {
            after.append(bytes(path), id, replacing: try status(fixture("w/" + path)))
        }
        let report = try fixture.place(after, types: [.hardlink], workers: 1)
        #expect(report.failures.map(\.error) == [])
        #expect(
            try ["a", "b", "c", "d"].map { try Files.text(fixture("w/" + $0)) } == [
                "two", "three", "one", "one",
            ])
        try fixture.expectClean()
    }

    @Test(
        "a damaged object never appears, and nothing of it stays", arguments: [5, 300_000, 9 << 20],
        [LinkType.copy, .hardlink, .symlink])
    func damaged(_ size: Int, _ type: LinkType) throws {
        let fixture = try StoreFixture()
        let content = [UInt8](repeating: 1, count: size)
        let id = try fixture.put(content, as: content.dropLast() + [2])
        let report = try fixture.place(items([("a", try fixture.put("fine")), ("d/b", id)]), types: [type])
        #expect(report.failures.map(\.index) == [1])
        #expect(report.failures.map(\.error) == [StoreError(.damaged(id), fixture.store.path(of: id))])
        #expect(Files.paths(below: fixture("w")) == ["a"])
        #expect(Files.paths(below: fixture("state")) == [])
    }

    @Test("a missing object is reported, and the others appear", arguments: [LinkType.copy, .hardlink])
    func missing(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        let id = fixture.id("nowhere")
        let report = try fixture.place(items([("a", id), ("b", try fixture.put("here"))]), types: [type])
        #expect(report.failures.map(\.error) == [StoreError(.missing(id), fixture.store.path(of: id))])
        #expect(Files.paths(below: fixture("w")) == ["b"])
    }

    @Test(
        "a symbolic link on the way is not followed, and a file in the place of a folder stays",
        arguments: ["link", "file"])
    func parents(_ kind: String) throws {
        let fixture = try StoreFixture()
        try Files.makeFolder(fixture("outside"))
        if kind == "link" {
            try Files.link(fixture("w/d"), to: "../outside")
        } else {
            try Files.write("x", to: fixture("w/d"))
        }
        let id = try fixture.put("ours")
        let report = try fixture.place(items([("d/f", id), ("d/g/h", id), ("e/f", id)]))
        #expect(report.failures.map(\.index) == [0, 1])
        #expect(Files.names(in: fixture("outside")).isEmpty)
        #expect(try Files.text(fixture("w/e/f")) == "ours")
        try fixture.expectClean()
    }

    @Test("objects of both algorithms come in one go")
    func algorithms() throws {
        let fixture = try StoreFixture()
        var files: [(path: String, id: ObjectID)] = []
        for number in 0..<40 {
            let algorithm: HashAlgorithm = number % 3 == 0 ? .md5DOS2Unix : .md5
            files.append(("f\(number)", try fixture.put("line \(number)\r\n", algorithm)))
        }
        #expect(try fixture.place(items(files), workers: 1).failures.map(\.error) == [])
        for number in 0..<40 { #expect(try Files.text(fixture("w/f\(number)")) == "line \(number)\r\n") }
    }

    @Test(
        "a scratch folder on another file system costs nothing but its use",
        arguments: [LinkType.copy, .hardlink, .symlink])
    func farScratch(_ type: LinkType) throws {
        let fixture = try StoreFixture()
        let far = "/dev/shm/cairn-place-\(getpid())-\(type.rawValue)"
        defer { Files.delete(far) }
        try Files.write("the user's", to: fixture("w/d/taken"))
        let files = items(
            try [("big", 9 << 20), ("d/small", 10), ("d/taken", 11)].map {
                ($0, try fixture.put([UInt8](repeating: 1, count: $1)))
            })
        let report = try fixture.place(files, types: [type], scratch: far)
        #expect(report.failures.map(\.index) == [2])
        #expect(try Files.read(fixture("w/big")).count == 9 << 20)
        #expect(try Files.read(fixture("w/d/small")).count == 10)
        #expect(try Files.text(fixture("w/d/taken")) == "the user's")
        try fixture.expectClean()
        #expect(Files.paths(below: far) == [])
    }

    @Test(
        "a full disk stops everything; what is there is whole",
        .enabled(if: MountedDisk.reason(.tmpfs) == nil, "needs the right to mount a tmpfs"),
        arguments: [100, 1000])
    func fullDisk(kilobytes: Int) throws {
        let disk = try MountedDisk(.tmpfs, kilobytes: 450)
        let fixture = try StoreFixture()
        let contents = (0..<9).map { [UInt8](repeating: UInt8($0), count: kilobytes << 10) }
        let files = items(try contents.enumerated().map { ("f\($0)", try fixture.put($1)) })
        try Files.makeFolder(disk("w"))
        try Files.makeFolder(disk("state"))
        do {
            let placement = Placement(
                from: ObjectStore(fixture.store), into: try Folder(FilePath(disk("w"))),
                scratch: try ScratchFolder(in: Folder(FilePath(disk("state"))), "scratch"), types: [.copy],
                index: nil,
                workers: Workers(count: 2), reporter: SilentReporter())
            do {
                _ = try placement.place(files)
                Issue.record("everything fitted")
            } catch {
                #expect(error.reason == .io(.noSpace))
            }
        }
        for path in Files.paths(below: disk.path) {
            #expect(path.hasPrefix("w/f"))
            #expect(try contents.contains(Files.read(disk(path))))
        }
    }

    @Test("an object that the index knows is not read again, and one that changed is")
    func trusted() throws {
        let fixture = try StoreFixture()
        let id = try fixture.put("text")
        let index = try StatIndex(at: FilePath(fixture("index")))
        let first = try fixture.place(items([("a", id)]), types: [.symlink], index: index)
        #expect(first.trusted.count == 1)
        try index.trust(first.trusted)
        let read = Interloper()
        let second = try fixture.place(items([("b", id)]), types: [.symlink], index: index, reporter: read)
        #expect(second.failures.isEmpty && second.trusted.isEmpty)
        usleep(20_000)  // a tick of the file system's clock
        chmod(fixture.store.path(of: id).string, 0o644)
        try Files.write("TEXT", to: fixture.store.path(of: id).string, mode: 0o444)
        let third = try fixture.place(items([("c", id)]), types: [.symlink], index: index)
        #expect(third.failures.map(\.error) == [StoreError(.damaged(id), fixture.store.path(of: id))])
    }

    @Test("a file that the user wrote to after it was made is not taken for the one that was made")
    func writtenAfterwards() throws {
        let fixture = try StoreFixture()
        let report = try fixture.place(
            items([("a", try fixture.put("text")), ("b", fixture.id("no object"))]))
        #expect(report.isAsMade(0, try status(fixture("w/a"))))
        usleep(20_000)  // a tick of the file system's clock
        try Files.write("TEXT", to: fixture("w/a"))
        #expect(!report.isAsMade(0, try status(fixture("w/a"))))
        #expect(!report.isAsMade(1, try status(fixture("w/a"))))
    }
}

extension FilePath {
    /// Whether files of this folder's file system can share blocks.
    func isReflinkPossible() throws -> Bool {
        try LooseStore(at: appending("probe"), creating: true).probeReflink()
    }
}
