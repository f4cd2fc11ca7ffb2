import CairnTestSupport
import Testing

/// Secrets stay out of files that go into git, and out of everything that is printed.
@Suite("Secrets")
struct SecretTests {
    private static let secret = "TOPSECRET"
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.makeProject("one")
    }

    private func config(_ name: String = "config") throws -> String {
        try Files.text(sandbox("one/.dvc/\(name)"))
    }

    @Test(
        "one is refused for the file that goes into git, with what to type; the file stays as it was",
        arguments: [
            (
                ["remote", "modify", "store", "secret_access_key", secret],
                "error: 'secret_access_key' is a secret, and '.dvc/config' goes into git\n"
                    + "hint: keep it out of git: `cairn remote modify --local store secret_access_key VALUE`\n"
            ),
            (
                ["remote", "modify", "--project", "Store", "Session_Token", secret],
                "error: 'session_token' is a secret, and '.dvc/config' goes into git\n"
                    + "hint: keep it out of git: `cairn remote modify --local store session_token VALUE`\n"
            ),
            (
                ["config", "remote.store.password", secret],
                "error: 'password' is a secret, and '.dvc/config' goes into git\n"
                    + "hint: keep it out of git: `cairn remote modify --local store password VALUE`\n"
            ),
            (
                ["config", "studio.token", secret],
                "error: 'token' is a secret, and '.dvc/config' goes into git\n"
                    + "hint: keep it out of git: `cairn config --local studio.token VALUE`\n"
            ),
            (
                ["remote", "add", "web", "https://me:\(secret)@host/data"],
                "error: a URL with a password in it is a secret, and '.dvc/config' goes into git\n"
                    + "hint: give https://host/data, and keep the rest out of git: `cairn remote modify --local web auth basic`, "
                    + "`cairn remote modify --local web user USER`, `cairn remote modify --local web password PASSWORD`\n"
            ),
            (
                ["remote", "modify", "store", "url", "s3://ID:\(secret)@bucket/x"],
                "error: a URL with a password in it is a secret, and '.dvc/config' goes into git\n"
                    + "hint: give s3://bucket/x, and keep the rest out of git: `cairn remote modify --local store access_key_id ID`, "
                    + "`cairn remote modify --local store secret_access_key SECRET`\n"
            ),
        ])
    func refused(_ arguments: [String], _ message: String) throws {
        try sandbox.cairn("remote", "add", "store", "s3://bucket/x", in: "one").succeeded()
        let before = try config()
        let result = try sandbox.run(.cairn, arguments, in: "one")
        #expect(result.exitCode == 128, "\(result)")
        #expect(result.stderr == message && result.stdout.isEmpty)
        #expect(try config() == before)
    }

    @Test("what is typed as the hint says works, and the secret is in no file of git")
    func hints() throws {
        try sandbox.cairn("remote", "add", "web", "https://host/data", in: "one").succeeded()
        for (option, value) in [("auth", "basic"), ("user", "me"), ("password", Self.secret)] {
            try sandbox.cairn("remote", "modify", "--local", "web", option, value, in: "one").succeeded()
        }
        try sandbox.cairn("remote", "modify", "--global", "web", "custom_auth_header", "X", in: "one")
            .succeeded()
        #expect(try !config().contains(Self.secret))
        #expect(try config("config.local").contains(Self.secret))
        let tracked = try sandbox.shell("git add -A && git grep --cached \(Self.secret)", in: "one")
        #expect(tracked.exitCode == 1, "\(tracked)")
    }

    @Test("called as dvc it is written, with a warning")
    func asDVC() throws {
        try sandbox.cairnAsDVC("remote", "add", "store", "s3://bucket/x", in: "one").succeeded()
        let result = try sandbox.cairnAsDVC(
            "remote", "modify", "store", "secret_access_key", Self.secret, in: "one")
        #expect(result.exitCode == 0, "\(result)")
        #expect(
            result.stderr == "WARNING: 'secret_access_key' is a secret, and '.dvc/config' goes into git\n")
        #expect(try config().contains("secret_access_key = \(Self.secret)\n"))
        let local = try sandbox.cairnAsDVC(
            "remote", "modify", "--local", "store", "secret_access_key", Self.secret, in: "one")
        #expect(local.exitCode == 0 && local.stderr.isEmpty)
    }

    @Test("one that is in a file of git can be taken out, and is told of until then")
    func mending() throws {
        try Files.write(
            "['remote \"s\"']\n    url = s3://b\n    secret_access_key = \(Self.secret)\n['remote \"w\"']\n    url = https://u:\(Self.secret)@h/x\n",
            to: sandbox("one/.dvc/config"))
        var doctor = try sandbox.cairn("doctor", in: "one").succeeded()
        #expect(doctor.stdout.contains("secret in git: remote.s.secret_access_key in .dvc/config\n"))
        #expect(doctor.stdout.contains("secret in git: remote.w.url in .dvc/config\n"))
        let json = try sandbox.cairn("doctor", "--json", in: "one").succeeded()
        #expect(json.stdout.contains("\"secretsInGit\": [\"remote.s.secret_access_key\", \"remote.w.url\"]"))
        #expect(!json.stdout.contains(Self.secret) && !doctor.stdout.contains(Self.secret))
        try sandbox.cairn("remote", "modify", "--unset", "s", "secret_access_key", in: "one").succeeded()
        try sandbox.cairn("remote", "modify", "w", "url", "https://h/x", in: "one").succeeded()
        doctor = try sandbox.cairn("doctor", in: "one").succeeded()
        #expect(!doctor.stdout.contains("secret in git"))
    }

    @Test("no command prints one unasked")
    func printing() throws {
        try Files.write(
            """
            [core]
                remote = s
            ['remote "s"']
                url = s3://bucket/x
                access_key_id = \(Self.secret)1
                secret_access_key = \(Self.secret)2
                session_token = \(Self.secret)3
                sse_customer_key = \(Self.secret)4
            ['remote "w"']
                url = https://user:\(Self.secret)5@host.invalid/x
                auth = custom
                custom_auth_header = X-Token
                password = \(Self.secret)6
            ['remote "inner"']
                url = remote://w/y
            [studio]
                token = \(Self.secret)8

            """,
            to: sandbox("one/.dvc/config.local"))
        try Files.write("x", to: sandbox("one/f"))
        try sandbox.cairn("add", "f", in: "one").succeeded()
        let commands = [
            ["config", "-l"], ["config", "-l", "--json"], ["config", "-l", "--show-origin"],
            ["remote", "list"],
            ["remote", "list", "--json"], ["remote", "list", "-v"], ["doctor"], ["doctor", "--json"],
            ["push"],
            ["push", "-r", "w"], ["fetch", "-r", "inner"], ["status", "-c", "-r", "w"],
            ["remote", "remove", "nobody"], ["config", "core.nope", "1"], ["push", "-v", "-r", "s"],
        ]
        for command in commands {
            let result = try sandbox.run(.cairn, command, in: "one")
            #expect(!(result.stdout + result.stderr).contains(Self.secret), "\(result)")
        }
        let list = try sandbox.cairn("config", "-l", in: "one").stdout
        #expect(list.contains("remote.s.secret_access_key=***\n"))
        #expect(list.contains("remote.w.url=https://user:***@host.invalid/x\n"))
        let json = try sandbox.cairn("config", "-l", "--json", in: "one").stdout
        #expect(json.contains("https://user:***@host.invalid/x"))
        let asked = try sandbox.cairn("config", "remote.w.password", in: "one")
        #expect(asked.stdout == "\(Self.secret)6\n", "who asks for it gets it")
    }

    @Test("a password that is to be asked for is asked for at a terminal, and is not shown")
    func asking() throws {
        try Files.write(
            "['remote \"w\"']\n    url = http://127.0.0.1:9/x\n    auth = basic\n    user = me\n    ask_password = true\n",
            to: sandbox("one/.dvc/config"))
        try Files.write("x", to: sandbox("one/f"))
        try sandbox.cairn("add", "f", in: "one").succeeded()
        let nobody = try sandbox.cairn("fetch", "-r", "w", in: "one")
        #expect(nobody.exitCode == 128, "\(nobody)")
        #expect(
            nobody.stderr.contains(
                "'ask_password' of remote 'w' wants somebody to be asked, and there is no terminal"))
        // script(1) is a terminal; what it shows comes back.
        let cairn = sandbox("bin/cairn")
        let shown = try sandbox.shell(
            "command -v script >/dev/null || exit 77; (sleep 2; printf '\(Self.secret)\\n'; sleep 1) | script -qec '\(cairn) fetch -r w' /dev/null",
            in: "one")
        guard shown.exitCode != 77 else { return }
        #expect(shown.stdout.contains("password of me for remote 'w': "), "\(shown)")
        #expect(!shown.stdout.contains(Self.secret), "\(shown)")
    }

    @Test("limits of a remote are settings of cairn's own")
    func limits() throws {
        try sandbox.cairn("remote", "add", "s", "s3://bucket/x", in: "one").succeeded()
        try sandbox.cairn("remote", "modify", "s", "bandwidth", "10 MiB", in: "one").succeeded()
        try sandbox.cairn("remote", "modify", "--local", "s", "requests_per_second", "50", in: "one")
            .succeeded()
        #expect(try config("cairn.config") == "['remote \"s\"']\n    bandwidth = 10 MiB\n")
        #expect(try config("cairn.config.local") == "['remote \"s\"']\n    requests_per_second = 50\n")
        let wrong = try sandbox.cairn("remote", "modify", "s", "bandwidth", "fast", in: "one")
        #expect(wrong.exitCode == 129, "\(wrong)")
        #expect(wrong.stderr == "error: 'bandwidth': a number of bytes, as 10MiB, is expected, not 'fast'\n")
        try sandbox.cairn("remote", "modify", "--unset", "s", "bandwidth", in: "one").succeeded()
        #expect(try config("cairn.config") == "\n")
        let user = try sandbox.cairn("remote", "modify", "--global", "s", "bandwidth", "1", in: "one")
        #expect(user.exitCode == 129, "\(user)")
        #expect(user.stderr.hasPrefix("error: 'bandwidth' of a remote is a setting of a workspace\n"))
        let unknown = try sandbox.cairn("remote", "modify", "x", "bandwidth", "1", in: "one")
        #expect(unknown.exitCode == 128 && unknown.stderr.hasPrefix("error: remote 'x' doesn't exist"))
        try Files.write("['remote \"s\"']\n    bandwidth = much\n", to: sandbox("one/.dvc/cairn.config"))
        let broken = try sandbox.cairn("push", "-r", "s", in: "one")
        #expect(
            broken.stderr.contains(
                ".dvc/cairn.config:2:1: 'remote.s.bandwidth': a number of bytes, as 10MiB, is expected, not 'much'"
            ))
    }
}
