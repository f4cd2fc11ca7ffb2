import CairnSystem
import Foundation
import CairnTestSupport
import Testing

@testable import CairnGit

@Suite("changes of the work tree", .ownThreads)
struct GitWorktreeTests {
    /// `git status --porcelain` as a table from path to its two letters.
    private func status(_ fixture: GitFixture) throws -> [[UInt8]: String] {
        let arguments = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"]
        let lines = zeroSeparated(try fixture.git(arguments))
        return Dictionary(
            uniqueKeysWithValues: lines.map {
                (Array($0.dropFirst(3)), String(decoding: $0.prefix(2), as: UTF8.self))
            })
    }

    private func letters(_ repository: GitRepository) throws -> [[UInt8]: String] {
        func letter(_ kind: GitChangeKind?) -> String {
            switch kind {
            case .added: "A"
            case .modified: "M"
            case .deleted: "D"
            case .typeChanged: "T"
            case nil: " "
            }
        }
        var table: [[UInt8]: String] = [:]
        for change in try repository.changes() {
            table[change.path] = change.isConflicted ? "UU" : letter(change.staged) + letter(change.unstaged)
        }
        for path in try repository.untrackedFiles() { table[path] = "??" }
        return table
    }

    @Test("agrees with git status")
    func agrees() throws {
        let fixture = try GitFixture()
        #expect(try !fixture.open().hasChanges())
        for name in oddNames { try fixture.write(bytes("dir/") + name, [1]) }
        for name in ["staged", "unstaged", "both", "gone", "removed", "type"] { try fixture.write(name, "1") }
        #expect(try letters(fixture.open()) == status(fixture))
        try fixture.commit("one")
        #expect(try letters(fixture.open()).isEmpty)
        #expect(try !fixture.open().hasChanges())

        try fixture.write("seen", "new")
        #expect(try fixture.open().hasChanges())
        #expect(try !fixture.open().hasChanges(countsUntracked: false))
        for name in ["staged", "both"] { try fixture.write(name, "second") }
        try fixture.git(["add", "staged", "both"])
        for name in ["unstaged", "both"] { try fixture.write(name, "third!") }
        try fixture.git(["rm", "-q", "removed"])
        try fixture.removeFile("gone")
        try fixture.removeFile("type")
        fixture.link("type", to: "staged")
        for name in oddNames.dropFirst(3) { try fixture.write(bytes("dir/") + name, [2, 2]) }
        for name in oddNames { try fixture.write(bytes("untracked/") + name, [1]) }
        try fixture.write(".gitignore", "ignored\n/folder\n")
        try fixture.write("folder/x", "1")
        try fixture.write("a/ignored", "1")
        try fixture.write("sub/.gitignore", "!ignored\n")
        try fixture.write("sub/ignored", "1")
        try fixture.make(folder: fixture.top.appending(bytes: bytes("void/inner")))
        fixture.link("dangling", to: "nowhere")
        try fixture.git(["init", "-q", "nested"])
        try fixture.write("nested/x", "1")
        try fixture.git(["add", "-N", "seen"])
        var expected = try status(fixture)
        #expect(expected.removeValue(forKey: bytes("seen")) == " A")
        var ours = try letters(fixture.open())
        #expect(ours.removeValue(forKey: bytes("seen")) != nil)
        #expect(ours == expected)
        #expect(try fixture.open().untrackedFiles(below: bytes("untracked")).count == oddNames.count)
        #expect(try fixture.open().untrackedFiles(below: bytes("folder")).isEmpty)
    }

    @Test("a sparse checkout leaves nothing deleted", arguments: [["--cone"], ["--no-cone"]])
    func sparse(_ kind: [String]) throws {
        let fixture = try GitFixture()
        for path in ["in/a", "out/b", "out/c", "top"] { try fixture.write(path, "1") }
        try fixture.commit("one")
        try fixture.git(["sparse-checkout", "set"] + kind + ["in"])
        #expect(!GitFiles.isFolder(fixture.top.appending("out")))
        let repository = try fixture.open()
        #expect(try repository.changes().isEmpty)
        #expect(try !repository.hasChanges())
        #expect(try repository.entries(below: bytes("out")).map(\.isSkipped) == [true, true])
        #expect(try repository.isTracked(bytes("out/b")))
        try repository.stage([bytes("out"), bytes("out/b")])
        #expect(try fixture.text(["status", "--porcelain"]) == "")
        try fixture.removeFile("in/a")
        #expect(try repository.changes().map(\.path) == [bytes("in/a")])
    }

    @Test("staging a folder keeps what a sparse checkout leaves out of it, and submodules")
    func stagesSparseFolder() throws {
        let fixture = try GitFixture()
        let other = fixture.scratch.appending("other")
        try fixture.git(["init", "-q", other.string])
        try fixture.write("inner", in: other, "1")
        try fixture.commit("inner", in: other)
        try fixture.git(["submodule", "add", "-q", other.string, "mixed/sub"])
        for path in ["mixed/a", "mixed/b"] { try fixture.write(path, "1") }
        try fixture.commit("one")
        try fixture.git(["sparse-checkout", "set", "--no-cone", "/mixed/a", "/.gitmodules", "/mixed/sub"])
        try fixture.write("mixed/a", "2")
        try fixture.write("mixed/c", "2")
        let repository = try fixture.open()
        try repository.stage([bytes("mixed")])
        #expect(try fixture.text(["diff", "--cached", "--name-status"]) == "M\tmixed/a\nA\tmixed/c")
        let error = #expect(throws: GitError.self) { try repository.stage([bytes("mixed/sub")]) }
        #expect(error?.reason == .notStageable)
        try fixture.git(["init", "-q", "mixed/nested"])
        try fixture.write("mixed/nested/x", "1")
        #expect(throws: GitError.self) { try repository.stage([bytes("mixed/nested")]) }
    }

    @Test("a file taken as unchanged is not deleted")
    func assumedUnchanged() throws {
        let fixture = try GitFixture()
        try fixture.write("file", "1")
        try fixture.commit("one")
        try fixture.git(["update-index", "--assume-unchanged", "file"])
        try fixture.removeFile("file")
        #expect(try fixture.open().changes().isEmpty)
    }

    @Test("a conflict is a change")
    func conflict() throws {
        let fixture = try GitFixture()
        try fixture.write("file", "1\n")
        try fixture.commit("one")
        try fixture.git(["checkout", "-q", "-b", "side"])
        try fixture.write("file", "2\n")
        try fixture.commit("two")
        try fixture.git(["checkout", "-q", "main"])
        try fixture.write("file", "3\n")
        try fixture.commit("three")
        try fixture.git(["merge", "-q", "side"], mayFail: true)
        let changes = try fixture.open().changes()
        #expect(changes.map(\.path) == [bytes("file")] && changes.allSatisfy(\.isConflicted))
        #expect(try Set(fixture.open().entries().map(\.stage)) == [1, 2, 3])
    }

    @Test("one repository value answers many threads")
    func threads() async throws {
        let fixture = try GitFixture()
        for number in 0..<50 { try fixture.write("f\(number)", "\(number)") }
        let id = try fixture.commit("one")
        let repository = try fixture.open()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let commit = try repository.resolve("HEAD")
                    let file = try repository.file(at: bytes("f\(number % 50)"), in: commit)
                    return try commit.id == id && file == bytes("\(number % 50)")
                        && repository.isTracked(bytes("f\(number % 50)"))
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
