import CairnTestSupport
import Glibc
import Testing

/// Files, folders, names and disks that get in the way.
@Suite("Bad input: files and disks", .tags(.badInput))
struct BadFileTests {
    static let special: [BadInput] = [
        BadInput("add a FIFO", ["add", "pipe"], names: ["pipe"], "mkfifo pipe"),
        BadInput(
            "add a folder with a FIFO", ["add", "d"], names: ["d/pipe"],
            "mkdir d; echo 1 > d/a; mkfifo d/pipe"),
        BadInput(
            "add a folder with a socket", ["add", "d"], names: ["d/socket"],
            "mkdir d; cd d; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'"),
        BadInput("add a dangling link", ["add", "d"], names: ["d/nowhere"], "mkdir d; ln -s gone d/nowhere"),
        BadInput(
            "add a link that leads to itself", ["add", "d"], names: ["d/loop"], "mkdir d; ln -s . d/loop"),
        BadInput(
            "add through a linked folder", ["add", "way/x"], names: ["way"],
            "mkdir real; echo 1 > real/x; ln -s real way"),
        BadInput(
            "add a folder with an ignore file", ["add", "d"], names: ["d"],
            "mkdir d; echo '*.x' > d/.dvcignore"),
        BadInput("add what is not there", ["add", "gone"], names: ["gone"], "true"),
        BadInput("add something outside", ["add", "../outside"], names: ["outside"], "echo 1 > ../outside"),
        BadInput("add the project", ["add", "."], names: ["."], "true"),
        BadInput("add git's folder", ["add", ".git"], names: [".git"], "true"),
        BadInput("add a pointer", ["add", "f.dvc"], names: ["f.dvc"], "true"),
        BadInput(
            "add an ignored file", ["add", "x.log"], names: ["x.log", ".dvcignore"],
            "echo '*.log' > .dvcignore; echo 1 > x.log"),
        BadInput(
            "a file name that is not UTF-8", ["add", "--glob", "raw*"], names: ["raw"],
            "echo 1 > \"$(printf 'raw\\377')\""),
    ]

    @Test("what cannot be added", arguments: special)
    func cannotBeAdded(_ input: BadInput) throws { try input.expectRefusal() }

    @Test("a device", .enabled(if: geteuid() == 0, "needs the right to make a device"))
    func device() throws {
        try BadInput(
            "add a folder with a device", ["add", "d"], names: ["d/null"], "mkdir d; mknod d/null c 1 3"
        ).expectRefusal()
    }

    static let overlaps: [BadInput] = [
        BadInput(
            "add a folder around an output", ["add", "p"], names: ["p"],
            "mkdir p; echo 1 > p/a; printf 'outs:\\n- path: a\\n' > p/a.dvc"),
        BadInput(
            "the output of another pointer", ["add", "--file", "g.dvc", "f"], names: ["f", "f.dvc"], "true"),
        BadInput("two pointers with one output", ["status"], names: ["f"], "sed 's/9a/9b/' f.dvc > g.dvc"),
        BadInput(
            "an output inside an output", ["status"], names: ["data"],
            "printf 'outs:\\n- path: data/sub\\n' > g.dvc"),
        BadInput(
            "an output that git tracks", ["add", "code"], names: ["code"], "echo 1 > code; git add code"),
        BadInput(
            "a folder in which git tracks a file", ["add", "src"], names: ["src"],
            "mkdir src; echo 1 > src/a; git add src/a"),
        BadInput(
            "a git-ignored pointer", ["add", "g"], names: ["g.dvc"], "echo 1 > g; echo '*.dvc' >> .gitignore"),
    ]

    @Test("outputs that overlap", arguments: overlaps)
    func overlap(_ input: BadInput) throws { try input.expectRefusal() }

    static let denied: [BadInput] = [
        BadInput(
            "an unreadable file", ["add", "g"], names: ["g"], unprivileged: true, "echo 1 > g; chmod 000 g"),
        BadInput(
            "an unreadable folder", ["add", "d"], names: ["d/sub"], unprivileged: true,
            "mkdir -p d/sub; echo 1 > d/a; chmod 000 d/sub"),
        BadInput(
            "a read-only project", ["add", "g"], names: ["g"], mayChange: ["one/.dvc/cache"],
            unprivileged: true, "echo 1 > g; mkdir .dvc/tmp; chmod 555 ."),
        BadInput(
            "a read-only cache", ["add", "g"], names: [".dvc/cache"], unprivileged: true,
            "echo 1 > g; chmod -R a-w .dvc/cache"),
        BadInput(
            "a read-only remote", ["push"], names: ["remote"], unprivileged: true,
            "rm -rf ../remote; mkdir ../remote; chmod 555 ../remote"),
        BadInput(
            "an unreadable object", ["checkout"], names: ["f"], unprivileged: true,
            "rm f; chmod 000 .dvc/cache/files/md5/9a/*"),
        BadInput(
            "checkout into a read-only folder", ["checkout"], names: ["data"], unprivileged: true,
            "rm data/sub/b; chmod 555 data/sub"),
        BadInput(
            "an unreadable pointer", ["checkout"], names: ["f.dvc"], unprivileged: true, "chmod 000 f.dvc"),
    ]

    @Test(
        "no permission", .enabled(if: Unprivileged.isPossible, Comment(rawValue: Unprivileged.reason ?? "")),
        arguments: denied)
    func permission(_ input: BadInput) throws { try input.expectRefusal() }

    static let remotes: [BadInput] = [
        BadInput(
            "push to a remote that is not configured", ["push", "-r", "nowhere"], names: ["nowhere"], "true"),
        BadInput(
            "fetch from a folder that does not exist", ["fetch"], names: ["remote"],
            "rm -rf ../remote .dvc/cache"),
        BadInput(
            "push to a remote that is a file", ["push"], names: ["remote"],
            "rm -rf ../remote; echo 1 > ../remote"),
        BadInput("push without a remote", ["push"], names: ["remote"], "true > .dvc/config"),
        BadInput("a target that is nothing", ["push", "nothing"], names: ["nothing"], "true"),
        BadInput(
            "a remote of an unknown kind", ["push"], names: ["ftp"],
            #"printf "[core]\n    remote = a\n['remote \"a\"']\n    url = ftp://x/y\n" > .dvc/config"#),
        BadInput("outside of a project", ["status"], names: ["one"], "rm -rf .dvc .git"),
    ]

    @Test("remotes and targets that are not there", arguments: remotes)
    func remote(_ input: BadInput) throws { try input.expectRefusal() }

    @Test(
        "a full disk", .enabled(if: canMount, "needs the right to mount a file system"),
        arguments: ["cache", "remote", "workspace"])
    func fullDisk(_ place: String) throws {
        let sandbox = try Sandbox()
        try BadInput.makeProject(sandbox)
        let disk = sandbox("disk")
        try sandbox.shell("mkdir disk && mount -t tmpfs -o size=1m,mode=755 cairn-test disk", in: "")
            .succeeded()
        sandbox.scratch.atEnd { umount2(disk, Int32(MNT_DETACH)) }
        var random = SeededRandom(seed: 5)
        let data = random.bytes(3_000_000)
        let command: [String]
        switch place {
        case "cache":
            try sandbox.shell("printf '[cache]\\n    dir = \(disk)\\n' > .dvc/config", in: "one").succeeded()
            try Files.write(data, to: sandbox("one/big"))
            command = ["add", "big"]
        case "remote":
            try sandbox.cairn("remote", "add", "-d", "full", disk, in: "one").succeeded()
            try Files.write(data, to: sandbox("one/big"))
            try sandbox.cairn("add", "big", in: "one").succeeded()
            command = ["push", "big.dvc"]
        default:
            try Files.write(data, to: sandbox("one/big"))
            try sandbox.cairn("add", "big", in: "one").succeeded()
            try sandbox.shell(
                "mkdir -p disk/one/.dvc && cp -a one/.git one/.gitignore one/big.dvc disk/one/", in: ""
            ).succeeded()
            try sandbox.shell(
                "printf '[cache]\\n    dir = \(sandbox("one/.dvc/cache"))\\n' > .dvc/config", in: "disk/one"
            ).succeeded()
            command = ["checkout"]
        }
        let result = try sandbox.cairn(command, in: place == "workspace" ? "disk/one" : "one", seconds: 60)
        #expect(result.exitCode != 0, "\(result)")
        if !Cairn.isStandIn { #expect(result.stderr.contains("space"), "\(result)") }
        if place == "cache" { #expect(!Files.exists(sandbox("one/big.dvc"))) }
        if place == "workspace" { #expect(!Files.exists(sandbox("disk/one/big"))) }
        #expect(try Files.read(sandbox("one/big")) == data)
        #expect(StoreCheck.leftovers(in: disk) == [])
        for store in [disk, sandbox("one/.dvc/cache")] where place != "workspace" {
            try expectSound(store: store)
        }
    }

    static let canMount: Bool = {
        guard geteuid() == 0, let scratch = try? ScratchDirectory() else { return false }
        let mounted = mount("cairn-test", scratch.path, "tmpfs", 0, "size=64k") == 0
        if mounted { umount2(scratch.path, Int32(MNT_DETACH)) }
        return mounted
    }()

    @Test("names with spaces, quotes, newlines, any normalisation and no UTF-8 come back from the store")
    func names() throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        try sandbox.shell(
            """
            mkdir d && cd d && printf 1 > 'a b' && printf 2 > "q'\\"uote" && printf 3 > "new
            line" && printf 4 > "$(printf 'nfc-\\303\\251')" && printf 5 > "$(printf 'nfd-e\\314\\201')" &&
            printf 6 > "$(printf 'raw-\\377\\376')" && printf 7 > '-n' && printf 8 > '~' && cd .. && cp -a d ../copy
            """, in: "one"
        ).succeeded()
        try sandbox.cairn("add", "d", in: "one").succeeded()
        Files.delete(sandbox("one/d"))
        try sandbox.cairn("checkout", in: "one").succeeded()
        try sandbox.shell("diff -r copy one/d", in: "").succeeded()
        try expectClean(.cairn, sandbox, in: "one")
    }

    @Test(
        "a file that changes while it is read gives a sound store or a refusal",
        arguments: [1, 2, 3] as [UInt64])
    func changing(_ seed: UInt64) throws {
        let sandbox = try Sandbox()
        try sandbox.makeProject("one")
        var random = SeededRandom(seed: seed)
        try Files.write(random.bytes(8_000_000), to: sandbox("one/log"))
        let writer = try Program.start(
            "/bin/sh", ["-c", "while :; do echo line >> log; done"], in: sandbox("one"),
            environment: sandbox.environment)
        let result = try sandbox.cairn("add", "log", in: "one")
        writer.kill(SIGKILL)
        _ = try writer.wait(seconds: 10)
        if result.exitCode != 0 {
            #expect(!Files.exists(sandbox("one/log.dvc")), "\(result)")
            if !Cairn.isStandIn { #expect(result.stderr.contains("log")) }
        }
        try expectSound(store: sandbox("one/.dvc/cache"), for: sandbox("one"))
    }
}
