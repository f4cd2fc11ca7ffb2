import CairnSystem
import Foundation
import Testing

@testable import CairnGit

@Suite("the index")
struct GitIndexTests {
    @Test("knows tracked files and folders with odd names, as git lists them")
    func tracked() throws {
        let fixture = try GitFixture()
        for name in oddNames { try fixture.write(bytes("dir/") + name, name) }
        try fixture.write("run.sh", "#!/bin/sh\n")
        #expect(chmod(fixture.top.appending("run.sh").string, 0o755) == 0)
        fixture.link("ln", to: "run.sh")
        try fixture.commit("all")
        let repository = try fixture.open()
        let listed = zeroSeparated(try fixture.git(["ls-files", "-z", "--stage"])).map { line in
            let tab = line.firstIndex(of: 9) ?? line.endIndex
            return (Array(line[(tab + 1)...]), String(decoding: line[..<tab], as: UTF8.self))
        }
        let entries = try repository.entries()
        let modes: [GitFileMode: String] = [.file: "100644", .executable: "100755", .link: "120000"]
        #expect(entries.map(\.path) == listed.map(\.0))
        #expect(entries.map { "\(modes[$0.mode] ?? "?") \($0.blob) \($0.stage)" } == listed.map(\.1))
        for name in oddNames { #expect(try repository.isTracked(bytes("dir/") + name)) }
        #expect(try repository.isTracked(bytes("dir")))
        for missing in ["di", "dir/plain", "dir/plain.txt/x", "ru", "x"] {
            #expect(try !repository.isTracked(bytes(missing)))
        }
        #expect(try repository.entries(below: bytes("dir")).count == oddNames.count)
        #expect(try repository.entries(below: bytes("di")).isEmpty)
        #expect(
            try repository.entries { $0.suffix(3).elementsEqual(bytes(".sh")) }.map(\.path) == [
                bytes("run.sh")
            ])
        #expect(throws: GitError.self) { try repository.isTracked([0x61, 0, 0x62]) }
    }

    @Test("sees what another process has staged since")
    func rereads() throws {
        let fixture = try GitFixture()
        let repository = try fixture.open()
        #expect(try repository.entries().isEmpty)
        try fixture.write("late", "1")
        try fixture.git(["add", "late"])
        #expect(try repository.isTracked(bytes("late")))
        try fixture.git(["rm", "-q", "--cached", "late"])
        #expect(try !repository.isTracked(bytes("late")))
    }

    @Test("stages files, whole folders, links, modes and removals as git add does")
    func stages() throws {
        let fixture = try GitFixture()
        for name in oddNames { try fixture.write(bytes("old/") + name, [1]) }
        try fixture.write("keep", "1")
        try fixture.write("becomes-folder", "1")
        try fixture.commit("old")
        for name in oddNames { try fixture.write(bytes("new/deep/") + name, [2]) }
        try FileManager.default.removeItem(atPath: fixture.top.appending("old").string)
        try fixture.removeFile("becomes-folder")
        try fixture.write("becomes-folder/file", "2")
        try fixture.write("run", "x")
        #expect(chmod(fixture.top.appending("run").string, 0o755) == 0)
        fixture.link("ln", to: "nowhere")
        try fixture.write("untouched", "x")
        let repository = try fixture.open()
        try repository.stage(
            ["old", "new", "becomes-folder", "run", "ln", "keep", "absent"].map { bytes($0) })
        let ours = try fixture.git(["ls-files", "-z", "--stage"])
        #expect(
            try fixture.text(["status", "--porcelain", "--untracked-files=all"]).contains("?? untouched"))
        try fixture.git(["read-tree", "HEAD"])
        try fixture.git(["add", "-A", "--", "old", "new", "becomes-folder", "run", "ln", "keep"])
        #expect(try fixture.git(["ls-files", "-z", "--stage"]) == ours)
        try fixture.git(["fsck", "--strict"])
    }

    @Test("works from a repository found in a subdirectory")
    func subdirectory() throws {
        let fixture = try GitFixture()
        try fixture.write("project/data.dvc", "x")
        let folder = fixture.top.appending("project")
        let repository = try fixture.open(folder)
        let path = try #require(repository.relativePath(of: folder.appending("data.dvc")))
        try repository.stage([path])
        #expect(try fixture.text(["diff", "--cached", "--name-only"]) == "project/data.dvc")
    }

    @Test("leaves ignored files alone, unless they are tracked")
    func ignored() throws {
        let fixture = try GitFixture()
        try fixture.write("tracked.log", "1")
        try fixture.commit("before")
        try fixture.write(".gitignore", "*.log\n/all\n")
        for path in ["a.log", "tracked.log", "all/x", "dir/b.log", "dir/c"] { try fixture.write(path, "2") }
        let skipped = try fixture.open().stage(["a.log", "tracked.log", "all", "dir"].map { bytes($0) })
        #expect(skipped == [bytes("a.log"), bytes("all")])
        #expect(try fixture.text(["diff", "--cached", "--name-only"]) == "dir/c\ntracked.log")
    }

    @Test(
        "changes nothing when one of the paths is refused",
        arguments: ["behind/x", "secret", "../out", "fifo"])
    func refuses(_ bad: String) throws {
        let fixture = try GitFixture()
        try fixture.write("good", "1")
        try fixture.write("real/x", "1")
        fixture.link("behind", to: "real")
        try fixture.write(".gitattributes", "secret filter=git-crypt\n")
        try fixture.write("secret", "password")
        #expect(mkfifo(fixture.top.appending("fifo").string, 0o644) == 0)
        let repository = try fixture.open()
        let error = #expect(throws: GitError.self) { try repository.stage([bytes("good"), bytes(bad)]) }
        #expect(error?.reason == .notStageable)
        #expect(try fixture.text(["ls-files"]) == "")
        try repository.stage([bytes("real/x")])
        #expect(try fixture.text(["ls-files"]) == "real/x")
    }

    @Test("says so when another process holds the index")
    func locked() throws {
        let fixture = try GitFixture()
        try fixture.write("file", "1")
        try fixture.write(".git/index.lock", "")
        let repository = try fixture.open()
        let error = #expect(throws: GitError.self) { try repository.stage([bytes("file")]) }
        #expect(error?.reason == .locked)
        try fixture.removeFile(".git/index.lock")
        try repository.stage([bytes("file")])
        #expect(try fixture.text(["ls-files"]) == "file")
    }

    @Test("reads the index that git names to the hooks of a partial commit")
    func otherIndex() throws {
        let fixture = try GitFixture()
        try fixture.write("one", "1")
        try fixture.commit("one")
        try fixture.write("two", "2")
        try FileManager.default.copyItem(
            atPath: fixture.top.appending(bytes: bytes(".git/index")).string,
            toPath: fixture.top.appending(bytes: bytes(".git/next")).string)
        try fixture.git(["add", "two"])
        var surroundings = fixture.surroundings
        surroundings.indexFile = ".git/next"
        let repository = try #require(
            try GitRepository.discover(from: fixture.top, surroundings: surroundings))
        #expect(try !repository.isTracked(bytes("two")))
        #expect(try fixture.open().isTracked(bytes("two")))
    }
}
