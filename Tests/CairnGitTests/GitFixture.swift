import CairnSystem
import Foundation
import Testing

@testable import CairnGit

/// A folder of its own with a repository made by the real git, which sees no configuration but the fixture's.
final class GitFixture {
    let scratch: FilePath
    /// The top of the main repository.
    let top: FilePath

    /// Makes the repository, with `git init` and these options; `nil` to leave that to the test.
    init(_ options: [String]? = []) throws {
        let template = NSTemporaryDirectory() + "/cairn-git-XXXXXX"
        var name = Array(template.utf8CString)
        let made = try #require(mkdtemp(&name).map { String(cString: $0) })
        scratch = try #require(GitFiles.realPath(FilePath(made)))
        top = scratch.appending("main")
        try make(folder: top)
        write(global: "[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n")
        if let options { try git(["init", "-q"] + options) }
    }

    deinit { try? FileManager.default.removeItem(atPath: scratch.string) }

    var globalConfiguration: FilePath { scratch.appending("global.config") }

    /// What our own code takes in place of the environment of the test process.
    var surroundings: GitSurroundings {
        GitSurroundings(
            systemConfiguration: nil, globalConfigurations: [globalConfiguration], userID: geteuid())
    }

    func open(_ folder: FilePath? = nil) throws -> GitRepository {
        try #require(try GitRepository.discover(from: folder ?? top, surroundings: surroundings))
    }

    /// Runs git; a failure fails the test.
    @discardableResult
    func git(
        _ arguments: [String], in folder: FilePath? = nil, input: [UInt8] = [], time: Int = 1_700_000_000,
        mayFail: Bool = false
    ) throws -> [UInt8] {
        let name = scratch.string + "/" + UUID().uuidString
        try Data(input).write(to: URL(fileURLWithPath: name + ".in"))
        #expect(FileManager.default.createFile(atPath: name + ".out", contents: nil))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: (folder ?? top).string)
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: name + ".in"))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: name + ".out"))
        var environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        environment["HOME"] = scratch.string
        environment["GIT_CONFIG_GLOBAL"] = globalConfiguration.string
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = "Ada"
            environment["GIT_\(role)_EMAIL"] = "ada@example.org"
            environment["GIT_\(role)_DATE"] = "\(time) +0100"
        }
        process.environment = environment
        try process.run()
        process.waitUntilExit()
        let output = [UInt8](try Data(contentsOf: URL(fileURLWithPath: name + ".out")))
        for suffix in [".in", ".out"] { try FileManager.default.removeItem(atPath: name + suffix) }
        if !mayFail { #expect(process.terminationStatus == 0, "git \(arguments)") }
        return output
    }

    /// What git prints, without the line end.
    func text(_ arguments: [String], in folder: FilePath? = nil) throws -> String {
        String(decoding: try git(arguments, in: folder), as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    /// Commits everything that is there.
    @discardableResult
    func commit(_ message: String, time: Int = 1_700_000_000, in folder: FilePath? = nil) throws
        -> GitObjectID
    {
        try git(["add", "-A"], in: folder)
        try git(["commit", "-q", "--allow-empty", "-m", message], in: folder, time: time)
        return try #require(GitObjectID(hex: try text(["rev-parse", "HEAD"], in: folder)))
    }

    /// Writes a file of the main repository, with the folders above it.
    func write(_ path: String, in folder: FilePath? = nil, _ text: String) throws {
        try write(Array(path.utf8), in: folder, Array(text.utf8))
    }

    func write(_ path: [UInt8], in folder: FilePath? = nil, _ bytes: [UInt8]) throws {
        let file = (folder ?? top).appending(bytes: path)
        try make(folder: file.removingLastComponent())
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
    }

    func write(global text: String) { try? write("global.config", in: scratch, text) }

    func make(folder: FilePath) throws {
        guard !GitFiles.isFolder(folder) else { return }
        try make(folder: folder.removingLastComponent())
        #expect(folder.withPlatformString { mkdir($0, 0o755) } == 0)
    }

    func removeFile(_ path: String) throws {
        #expect(top.appending(bytes: Array(path.utf8)).withPlatformString { unlink($0) } == 0)
    }

    func link(_ path: String, to target: String) {
        #expect(symlink(target, top.appending(bytes: Array(path.utf8)).string) == 0)
    }
}

/// Splits output of `-z` options.
func zeroSeparated(_ bytes: [UInt8]) -> [[UInt8]] { bytes.split(separator: 0).map(Array.init) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Names that have caught programs before, none of them with a slash.
let oddNames: [[UInt8]] = [
    bytes("plain.txt"), bytes("two words"), bytes("it's"), bytes("say \"hi\""), bytes("line\nbreak"),
    bytes("back\\slash"),
    bytes("tab\there"), [0x63, 0x61, 0x66, 0xE9], bytes("caf\u{e9}"), bytes("cafe\u{301}"), bytes("#start"),
    bytes("!not"),
    bytes("star*"), bytes("what?"), bytes("[ab]"), bytes("end "), bytes("end  "), bytes("return\r"),
    bytes(" lead"),
    bytes("-dash"), bytes("a\\"), bytes("**"), bytes("tab\t"), bytes("\u{fffd}"),
]
