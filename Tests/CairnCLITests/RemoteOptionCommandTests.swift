import CairnTestSupport
import Testing

/// Options of remotes, through commands and against real servers.
@Suite("Options of remotes on servers")
struct RemoteOptionCommandTests {
    private static let nobody = ["AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"]

    /// A workspace with one tracked file and a remote in a bucket, of which the key is not known.
    private func workspace(_ place: S3Place, _ environment: [String: String] = [:]) throws -> Sandbox {
        let sandbox = try Sandbox(environment: Self.nobody.merging(environment) { $1 })
        try sandbox.makeProject("one", settings: place.settings("p\(UInt64.random(in: 0 ... .max))"))
        try Files.write("some data", to: sandbox("one/f"))
        try sandbox.cairn("add", "f", in: "one").succeeded()
        return sandbox
    }

    /// Pushes, forgets the data, and pulls it again.
    private func expectGood(_ sandbox: Sandbox, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let push = try sandbox.cairn("push", in: "one")
        #expect(push.exitCode == 0, "\(push)", sourceLocation: sourceLocation)
        for path in ["one/f", "one/.dvc/cache", "one/.dvc/tmp"] { Files.delete(sandbox(path)) }
        let pull = try sandbox.cairn("pull", in: "one")
        #expect(pull.exitCode == 0, "\(pull)", sourceLocation: sourceLocation)
        #expect(try Files.text(sandbox("one/f")) == "some data", sourceLocation: sourceLocation)
    }

    @Test(
        "a key comes from the local settings, the environment, a profile or a program",
        .enabled(if: TestServer.Kind.ceph.isAvailable))
    func keys() throws {
        let place = try S3Place(on: .ceph)
        var sandbox = try workspace(place)
        try Files.write(place.secrets(), to: sandbox("one/.dvc/config.local"))
        try expectGood(sandbox)

        sandbox = try workspace(
            place,
            ["AWS_ACCESS_KEY_ID": place.owner.id, "AWS_SECRET_ACCESS_KEY": place.owner.secret])
        try expectGood(sandbox)

        sandbox = try workspace(place)
        let home = sandbox("home/.aws")
        try Files.write(
            "[work]\naws_access_key_id = \(place.owner.id)\naws_secret_access_key = \(place.owner.secret)\n",
            to: "\(home)/credentials")
        try sandbox.cairn("remote", "modify", "store", "profile", "work", in: "one").succeeded()
        try expectGood(sandbox)

        sandbox = try workspace(place)
        let key =
            #"{"Version": 1, "AccessKeyId": "\#(place.owner.id)", "SecretAccessKey": "\#(place.owner.secret)"}"#
        try Files.write("#!/bin/sh\necho '\(key)'\n", to: sandbox("bin/tell key"), mode: 0o755)
        try Files.write("[default]\ncredential_process = '\(sandbox("bin/tell key"))'\n", to: sandbox("aws"))
        try sandbox.cairn("remote", "modify", "--local", "store", "configpath", "../aws", in: "one")
            .succeeded()
        let asked = try Program.run(
            sandbox("bin/cairn"), ["push"], in: sandbox("one"),
            environment: sandbox.environment.filter { $0.key != "AWS_CONFIG_FILE" })
        #expect(asked.exitCode == 0, "\(asked)")
        try sandbox.cairn("remote", "modify", "--local", "--unset", "store", "configpath", in: "one")
            .succeeded()
        try sandbox.cairn("remote", "modify", "store", "configpath", "../aws", in: "one").succeeded()
        let tracked = try Program.run(
            sandbox("bin/cairn"), ["push"], in: sandbox("one"),
            environment: sandbox.environment.filter { $0.key != "AWS_CONFIG_FILE" })
        #expect(tracked.exitCode == 128, "\(tracked)")
        #expect(tracked.stderr.contains("profile 'default' uses credential_process, and the file"))
    }

    @Test(
        "no key, a wrong secret and a profile that is not there are told in a sentence without secrets",
        .enabled(if: TestServer.Kind.ceph.isAvailable))
    func faults() throws {
        let place = try S3Place(on: .ceph)
        let sandbox = try workspace(place)
        func push(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let result = try sandbox.cairn("push", in: "one")
            #expect(result.exitCode == 128, "\(result)", sourceLocation: sourceLocation)
            #expect(result.stderr.contains(words), "\(result)", sourceLocation: sourceLocation)
            #expect(!result.stderr.contains(place.owner.secret), sourceLocation: sourceLocation)
        }
        try push("remote 'store': there is no access key: neither environment nor profile has one")
        try Files.write(
            place.secrets(S3Key(id: place.owner.id, secret: place.owner.secret + "x")),
            to: sandbox("one/.dvc/config.local"))
        try push("remote 'store' refuses the signature: the secret is not that of the access key")
        try Files.write("", to: sandbox("one/.dvc/config.local"))
        try sandbox.cairn("remote", "modify", "--local", "store", "profile", "nobody", in: "one").succeeded()
        try push("there is no profile 'nobody'")
        try sandbox.cairn("remote", "modify", "--local", "--unset", "store", "profile", in: "one").succeeded()
        try Files.write(place.secrets(), to: sandbox("one/.dvc/config.local"))
        try expectGood(sandbox)
    }

    @Test(
        "web servers get to know who asks, in each way",
        .enabled(if: TestServer.Kind.nginx.isAvailable && TestServer.Kind.lighttpd.isAvailable))
    func web() throws {
        let nginx = try TestServer.shared(.nginx)
        let lighttpd = try TestServer.shared(.lighttpd)
        let ways: [(TestServer, String, [(String, String)])] = [
            (
                nginx, "BASIC_URL",
                [("auth", "basic"), ("user", nginx["USER"]), ("password", nginx["PASSWORD"])]
            ),
            (
                nginx, "TOKEN_URL",
                [
                    ("auth", "custom"), ("custom_auth_header", "Authorization"),
                    ("password", "Bearer token-of-the-tests"),
                ]
            ),
            (
                nginx, "HEADER_URL",
                [("auth", "custom"), ("custom_auth_header", "X-API-Key"), ("password", "key-of-the-tests")]
            ),
            (
                lighttpd, "DIGEST_URL",
                [("auth", "digest"), ("user", lighttpd["USER"]), ("password", lighttpd["PASSWORD"])]
            ),
            (nginx, "HTTPS_URL", [("ssl_verify", nginx["CA_BUNDLE"])]),
            (nginx, "HTTPS_URL", [("ssl_verify", "false")]),
        ]
        for (server, address, options) in ways {
            let sandbox = try Sandbox()
            let folder = "o\(UInt64.random(in: 0 ... .max))"
            try sandbox.makeProject("one")
            try Files.write("some data", to: sandbox("one/f"))
            try sandbox.cairn("add", "f", in: "one").succeeded()
            try sandbox.cairn("remote", "add", "files", "\(server["FILES"])/\(folder)", in: "one").succeeded()
            try sandbox.cairn("push", "-r", "files", in: "one").succeeded()
            try sandbox.cairn("remote", "add", "-d", "web", "\(server[address])/\(folder)", in: "one")
                .succeeded()
            for (option, value) in options {
                try sandbox.cairn("remote", "modify", "--local", "web", option, value, in: "one").succeeded()
            }
            for path in ["one/f", "one/.dvc/cache", "one/.dvc/tmp"] { Files.delete(sandbox(path)) }
            let pull = try sandbox.cairn("pull", in: "one")
            #expect(pull.exitCode == 0, "\(address): \(pull)")
            #expect(Files.exists(sandbox("one/f")), "\(address)")
            guard let password = options.first(where: { $0.0 == "password" }) else { continue }
            try sandbox.cairn("remote", "modify", "--local", "web", "password", "wrong", in: "one")
                .succeeded()
            for path in ["one/f", "one/.dvc/cache", "one/.dvc/tmp"] { Files.delete(sandbox(path)) }
            let refused = try sandbox.cairn("fetch", in: "one")
            #expect(refused.exitCode != 0 && !refused.stderr.contains(password.1), "\(address): \(refused)")
            try sandbox.cairn("remote", "modify", "--local", "--unset", "web", "password", in: "one")
                .succeeded()
            guard options[0].1 != "custom" else { continue }
            try sandbox.cairn("remote", "modify", "--local", "web", "ask_password", "true", in: "one")
                .succeeded()
            // script(1) is a terminal; what it shows comes back.
            let typed = try sandbox.shell(
                "command -v script >/dev/null || exit 77; (sleep 2; printf '%s\\n' '\(password.1)'; sleep 2) | script -qec '\(sandbox("bin/cairn")) pull' /dev/null",
                in: "one")
            guard typed.exitCode != 77 else { continue }
            #expect(
                typed.exitCode == 0 && typed.stdout.contains("password of reader for remote 'web': "),
                "\(typed)")
            #expect(!typed.stdout.contains(password.1), "\(typed)")
            #expect(Files.exists(sandbox("one/f")), "\(address): \(typed)")
        }
    }
}
