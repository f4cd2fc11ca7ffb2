import CairnSystem
import Testing

@testable import CairnGit

@Suite("files of commits")
struct GitTreeTests {
    @Test("reads a file as git cat-file does, and nothing where there is no file")
    func files() throws {
        let fixture = try GitFixture()
        for name in oddNames { try fixture.write(bytes("dir/") + name, name + [0, 0xFF]) }
        try fixture.write("empty", "")
        fixture.link("ln", to: "dir/plain.txt")
        try fixture.commit("one")
        try fixture.write("dir/plain.txt", "second")
        try fixture.commit("two")
        let repository = try fixture.open()
        let first = try repository.resolve("HEAD~1")
        for name in oddNames {
            #expect(try repository.file(at: bytes("dir/") + name, in: first) == name + [0, 0xFF])
        }
        #expect(try repository.file(at: bytes("empty"), in: first) == [])
        #expect(try repository.file(at: bytes("ln"), in: first) == bytes("dir/plain.txt"))
        #expect(
            try repository.file(at: bytes("dir/plain.txt"), in: repository.resolve("HEAD")) == bytes("second")
        )
        for missing in ["dir", "", "nope", "dir/nope", "empty/x", "nope/x"] {
            #expect(try repository.file(at: bytes(missing), in: first) == nil, "\(missing)")
        }
        #expect(try repository.entry(at: bytes("dir"), in: first)?.mode == .folder)
    }

    @Test("names the object that a clone lacks")
    func missing() throws {
        let fixture = try GitFixture()
        try fixture.commit("one")
        let id = try #require(GitObjectID(hex: "00112233445566778899aabbccddeeff00112233"))
        #expect(id.hex == "00112233445566778899aabbccddeeff00112233")
        let error = #expect(throws: GitError.self) { try fixture.open().blob(id) }
        #expect(error?.reason == .missingObject(id))
    }

    @Test("says what is missing in a partial clone")
    func partialClone() throws {
        let fixture = try GitFixture()
        try fixture.git(["config", "uploadpack.allowFilter", "true"])
        try fixture.write("file", "content")
        try fixture.commit("one")
        let clone = fixture.scratch.appending("clone")
        let url = "file://\(fixture.top)"
        try fixture.git(["clone", "-q", "--no-checkout", "--filter=blob:none", url, clone.string])
        let repository = try fixture.open(clone)
        let head = try #require(try repository.head())
        let entry = try #require(try repository.entry(at: bytes("file"), in: head))
        let error = #expect(throws: GitError.self) { try repository.file(at: bytes("file"), in: head) }
        #expect(error?.reason == .missingObject(entry.id))
    }

    /// `ls-tree` as our own values, for the names that make a data repository.
    private func listed(_ fixture: GitFixture, _ commit: String, below folder: String = "") throws
        -> [GitTreeFile]
    {
        let lines = zeroSeparated(
            try fixture.git(["ls-tree", "-r", "-z", folder.isEmpty ? commit : "\(commit):\(folder)"]))
        return lines.compactMap { line in
            let tab = line.firstIndex(of: 9) ?? line.endIndex
            let fields = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ")
            let path = Array(line[(tab + 1)...])
            let names = path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
            let name = names.last ?? ""
            let parent = names.count > 1 ? names[names.count - 2] : ""
            let isWanted =
                parent == ".dvc"
                ? name == "config"
                : name.hasSuffix(".dvc") && name != ".dvc"
                    || ["dvc.yaml", "dvc.lock", ".dvcignore"].contains(name)
            guard isWanted, let blob = GitObjectID(hex: String(fields[2])) else { return nil }
            let modes: [Substring: GitFileMode] = ["100644": .file, "100755": .executable, "120000": .link]
            return GitTreeFile(path: path, blob: blob, mode: modes[fields[0]] ?? .folder)
        }
    }

    @Test("finds pointer files in every commit, reading each tree once")
    func scans() throws {
        let fixture = try GitFixture()
        try fixture.write(".dvc/config", "")
        try fixture.write(".dvc/.gitignore", "")
        try fixture.write("config", "")
        for folder in 1...5 {
            try fixture.write("d\(folder)/sub/data.dvc", "\(folder)")
            try fixture.write("d\(folder)/code/main.c", "\(folder)")
        }
        try fixture.write("proj/.dvc/config", "p")
        try fixture.write(bytes("proj/caf") + [0xE9] + bytes("\n.dvc"), [1])
        fixture.link("link.dvc", to: "d1")
        for number in 1...12 {
            try fixture.write("d\(number % 3 + 1)/sub/data.dvc", "version \(number)")
            if number == 6 { try fixture.write("dvc.yaml", "stages: {}\n") }
            try fixture.commit("\(number)", time: 1_700_000_000 + number)
        }
        let repository = try fixture.open()
        var scanner = GitTreeScanner(repository)
        var fresh = GitTreeScanner(repository)
        var union: Set<GitTreeFile> = []
        var given = 0
        for commit in try repository.allCommits() {
            let files = try #require(try scanner.files(in: commit))
            #expect(try files == listed(fixture, commit.id.hex))
            union.formUnion(files)
            let new = try #require(try fresh.newFiles(in: commit))
            given += new.count
            union.subtract(try fresh.newFiles(in: commit) ?? [])
            #expect(try fresh.newFiles(in: commit) == [])
            #expect(Set(new).isSubset(of: files))
        }
        var again = GitTreeScanner(repository)
        var all: Set<GitTreeFile> = []
        for commit in try repository.allCommits() { all.formUnion(try again.newFiles(in: commit) ?? []) }
        #expect(all == union)
        #expect(given < 12 * 10)
        let trees = Set(
            try fixture.text(["rev-list", "--all", "--objects", "--filter=blob:none"]).split(separator: "\n")
        ).count
        #expect(scanner.treesRead <= trees)
        let before = scanner.treesRead
        _ = try scanner.files(in: try repository.resolve("HEAD"))
        #expect(scanner.treesRead == before)
    }

    @Test("scans below the folder of a project, and says when a commit has no such folder")
    func subdirectory() throws {
        let fixture = try GitFixture()
        try fixture.commit("empty")
        try fixture.write("a/proj/.dvc/config", "")
        try fixture.write("a/proj/x/data.dvc", "")
        try fixture.write("outside.dvc", "")
        try fixture.commit("project")
        let repository = try fixture.open()
        var scanner = GitTreeScanner(repository)
        let files = try scanner.files(in: try repository.resolve("HEAD"), below: bytes("a/proj"))
        #expect(try files == listed(fixture, "HEAD", below: "a/proj"))
        #expect(files?.map(\.path) == [bytes(".dvc/config"), bytes("x/data.dvc")])
        #expect(try scanner.files(in: try repository.resolve("HEAD~1"), below: bytes("a/proj")) == nil)
        #expect(try scanner.files(in: try repository.resolve("HEAD"), below: bytes("outside.dvc")) == nil)
    }

    @Test("does not enter folders that the caller leaves out")
    func prunes() throws {
        let fixture = try GitFixture()
        for path in ["keep/a.dvc", "drop/b.dvc", "keep/drop/c.dvc", "keep/deep/d.dvc"] {
            try fixture.write(path, "")
        }
        try fixture.commit("one")
        let repository = try fixture.open()
        var selection = GitTreeScanner.Selection.dataFiles
        selection.entersFolder = { name, folder in name != bytes("drop") || folder == bytes("keep") }
        var scanner = GitTreeScanner(repository, selection)
        let files = try scanner.files(in: try repository.resolve("HEAD"))
        #expect(files?.map(\.path) == ["keep/a.dvc", "keep/deep/d.dvc", "keep/drop/c.dvc"].map { bytes($0) })
    }
}
