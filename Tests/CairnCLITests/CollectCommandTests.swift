import CairnTestSupport
import Glibc
import Testing

/// `gc` of packed caches as it is typed: what it says, what can be brought back, and what it does beside others.
@Suite("gc of packed caches")
struct CollectCommandTests {
    private func versions() throws -> Sandbox { try CrashTests.Original(.packed, versions: 2).sandbox }

    @Test("--undo brings back what the last collection took, and ends with 1 when there is nothing more")
    func undo() throws {
        let sandbox = try versions()
        for _ in 0..<2 {
            try sandbox.must(.cairn, "gc", "-w", "-f", in: "one")
            let lost = try sandbox.cairn("verify", "--all-commits", in: "one")
            #expect(lost.exitCode == 1 && lost.stderr.contains("missing"), "\(lost)")
            let undone = try sandbox.cairn("gc", "--undo", in: "one")
            #expect(undone.exitCode == 0 && undone.stderr.hasPrefix("brought back "), "\(undone)")
            try sandbox.must(.cairn, "verify", "--all-commits", in: "one")
        }
        let nothing = try sandbox.cairn("gc", "--undo", in: "one")
        #expect(nothing.exitCode == 1 && nothing.stderr == "there is nothing to bring back\n", "\(nothing)")
        let json = try sandbox.cairn("gc", "--undo", "--json", in: "one")
        #expect(json.exitCode == 1 && json.stdout == #"{"bytes": 0, "restored": 0}"# + "\n", "\(json)")
        let together = try sandbox.cairn("gc", "--undo", "-w", in: "one")
        #expect(together.exitCode == 129 && together.stderr.contains("--undo"), "\(together)")
    }

    @Test("--undo in a repository without packs says that there is nothing")
    func undoWithoutPacks() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        let nothing = try sandbox.cairn("gc", "--undo", in: "one")
        #expect(nothing.exitCode == 1 && nothing.stderr == "there is nothing to bring back\n", "\(nothing)")
    }

    @Test(
        "the note tells how long what goes is kept, as the cache's marker says",
        arguments: [
            (86_400, "1 day"), (604_800, "7 days"), (129_600, "36 hours"), (5400, "90 minutes"),
            (60, "1 hour"),
        ])
    func grace(_ seconds: Int, _ words: String) throws {
        let sandbox = try versions()
        let marker = sandbox("one/.dvc/cache/cairn.json")
        let text = try Files.text(marker).replacing("\"grace\": 86400", with: "\"grace\": \(seconds)")
        Files.delete(marker)
        try Files.write(text, to: marker, mode: 0o444)
        let result = try sandbox.cairn("gc", "-w", "-f", in: "one")
        #expect(
            result.exitCode == 0
                && result.stderr.contains("put aside until a collection \(words) from now or later"),
            "\(result)")
        try sandbox.must(.cairn, "gc", "--undo", in: "one")
        let json = try sandbox.cairn("gc", "-w", "-f", "--json", in: "one").succeeded().stdout
        let kept = max(seconds, 3600)
        #expect(json.contains("\"grace\": \(kept), ") && !json.contains("\"aside\": 0"), "\(json)")
    }

    @Test(
        "when the grace period is over, the next collection deletes what was put aside; until then --undo works",
        .enabled(if: MountedDisk.reason(.ext4) == nil, "needs mkfs.ext4 and the right to mount"))
    func graceIsOver() throws {
        let sandbox = try Sandbox()
        let disk = try MountedDisk(.ext4, kilobytes: 64 << 10)
        try StoreForm.packed.makeProject("one", in: sandbox)
        try sandbox.must(.cairn, "cache", "dir", "-q", disk("cache"), in: "one")
        for version in 0..<2 {
            try CrashTests.edit(sandbox, version: version)
            try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
            try sandbox.commit("one", "version \(version)")
        }
        for isEmptied in [false, true] {
            try sandbox.must(.cairn, "gc", "-w", "-f", in: "one")
            let item = try #require(Files.names(in: disk("cache/trash")).last)
            // Nobody can set this time but who has the disk itself.
            try disk.setChangeTime("cache/trash/\(item)", to: "20200101")
            if isEmptied {
                let result = try sandbox.cairn("gc", "-w", "-f", in: "one").succeeded()
                #expect(
                    result.stderr.contains("that an earlier collection put aside are deleted now"),
                    "\(result)")
                #expect(!Files.exists(disk("cache/trash")))
            }
            let undone = try sandbox.cairn("gc", "--undo", in: "one")
            #expect(undone.exitCode == (isEmptied ? 1 : 0), "\(undone)")
            #expect(try sandbox.cairn("verify", "-q", "--all-commits", in: "one").exitCode == undone.exitCode)
            try sandbox.must(.cairn, "verify", "-q", in: "one")
        }
    }

    @Test("what gc makes in the cache of a group can be used by all of the group, whatever the umask")
    func group() throws {
        let sandbox = try Sandbox()
        try StoreForm.packed.makeProject("one", in: sandbox)
        try sandbox.must(.cairn, "config", "-q", "cache.shared", "group", in: "one")
        for version in 0..<2 {
            try CrashTests.edit(sandbox, version: version)
            try sandbox.shell("umask 077; cairn add -q data big", in: "one").succeeded()
        }
        let cache = sandbox("one/.dvc/cache")
        func modes() throws -> String {
            try sandbox.shell("find \(cache) -mindepth 1 ! -perm -g+r -printf '%P %m\\n'", in: "").stdout
                + sandbox.shell("find \(cache) -mindepth 1 -type d ! -perm 2775 -printf '%P %m\\n'", in: "")
                .stdout
                + sandbox.shell("find \(cache) -name cairn.lock ! -perm 664 -printf '%P %m\\n'", in: "")
                .stdout
        }
        #expect(try modes() == "")
        Files.delete("\(cache)/cairn.lock")
        for command in ["gc -w -f", "gc --undo"] {
            try sandbox.shell("umask 077; cairn \(command)", in: "one").succeeded()
            #expect(Files.exists("\(cache)/cairn.lock"))
            #expect(try modes() == "", "\(command)")
        }
    }
}
