import CairnTestSupport
import Testing

/// Remotes on web servers with the whole program: pulled from, and never written to.
@Suite(
    "Remotes on web servers", .tags(.served),
    .enabled(if: TestServer.Kind.nginx.isAvailable, TestServer.Kind.nginx.comment))
struct WebRemoteTests {
    /// Where a server shows a folder, and what the settings say for it.
    struct Door: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: TestServer.Kind
        let url: String
        let options: @Sendable (TestServer) -> [String]
    }

    static let doors: [Door] = [
        Door(testDescription: "http", kind: .nginx, url: "HTTP_URL") { _ in [] },
        Door(testDescription: "https", kind: .nginx, url: "HTTPS_URL") {
            ["ssl_verify = \($0["CA_BUNDLE"])"]
        },
        Door(testDescription: "any certificate", kind: .nginx, url: "UNTRUSTED_URL") { _ in
            ["ssl_verify = false"]
        },
        Door(testDescription: "basic", kind: .nginx, url: "BASIC_URL") {
            ["auth = basic", "user = \($0["USER"])", "password = \($0["PASSWORD"])"]
        },
        Door(testDescription: "token", kind: .nginx, url: "TOKEN_URL") {
            ["auth = custom", "custom_auth_header = Authorization", "password = Bearer \($0["TOKEN"])"]
        },
        Door(testDescription: "header", kind: .nginx, url: "HEADER_URL") {
            ["auth = custom", "custom_auth_header = X-Api-Key", "password = \($0["HEADER"].dropFirst(11))"]
        },
        Door(testDescription: "redirect", kind: .nginx, url: "REDIRECT_URL") { _ in [] },
        Door(testDescription: "digest", kind: .lighttpd, url: "DIGEST_URL") {
            ["auth = digest", "user = \($0["USER"])", "password = \($0["PASSWORD"])"]
        },
    ].filter(\.kind.isAvailable)

    /// A repository with data that was pushed to a folder which a server shows.
    private struct World {
        let sandbox: Sandbox
        let server: TestServer
        let folder: String
        let name: String
        let form: StoreForm

        init(_ form: StoreForm, _ kind: TestServer.Kind = .nginx) throws {
            sandbox = try Sandbox()
            server = try TestServer.shared(kind)
            self.form = form
            name = "remote \(UInt64.random(in: 0 ... .max))"
            folder = "\(server["FILES"])/\(name)"
            try sandbox.makeProject("one", settings: form.configuration(remote: folder))
            var random = SeededRandom(seed: 3)
            try random.fill(sandbox("one/data"), files: 30)
            try Files.write(random.noise(2_000_000), to: sandbox("one/big"))
            try sandbox.must(.cairn, "add", "-q", "data", "big", in: "one")
            try sandbox.commit("one", "data")
            try sandbox.must(.cairn, "push", "-q", in: "one")
        }

        /// Clones the repository and has it read from the server.
        func clone(_ url: String, _ options: [String] = []) throws {
            Files.delete(sandbox("two"))
            try sandbox.git("clone", "-q", sandbox("one"), "two", in: "")
            let path = "\(server[url])/\(name.replacing(" ", with: "%20"))"
            try Files.write(form.configuration(remote: path), to: sandbox("two/.dvc/config"))
            let secrets = ["['remote \"store\"']"] + options.map { "    \($0)" }
            try Files.write(
                options.isEmpty ? "" : secrets.joined(separator: "\n") + "\n",
                to: sandbox("two/.dvc/config.local"))
        }

        func expectPulled() throws {
            for path in ["data", "big"] { try expectSameData(sandbox("one/\(path)"), sandbox("two/\(path)")) }
            try expectClean(.cairn, sandbox, in: "two")
        }
    }

    @Test("a clone pulls through every door", arguments: doors, [StoreForm.dvc, .packed])
    func pull(_ door: Door, _ form: StoreForm) throws {
        let world = try World(form, door.kind)
        try world.clone(door.url, door.options(world.server))
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        try world.expectPulled()
        let status = try world.sandbox.must(.cairn, "status", "-c", "--json", in: "two")
        #expect(status.stdout == "{}\n")
    }

    @Test(
        "the real dvc pulls what cairn left there",
        .enabled(if: RealDVC.isAvailable, Comment(rawValue: RealDVC.reason)))
    func dvc() throws {
        let world = try World(.dvc)
        try world.clone("HTTP_URL")
        try world.sandbox.must(.dvc, "pull", "-q", in: "two")
        try world.expectPulled()
    }

    @Test(
        "nothing is written: push says that the remote can only be read", arguments: [StoreForm.dvc, .packed])
    func readOnly(_ form: StoreForm) throws {
        let world = try World(form)
        try world.clone("HTTP_URL")
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        let before = Files.paths(below: world.folder)
        try Files.write("new", to: world.sandbox("two/new"))
        try world.sandbox.must(.cairn, "add", "-q", "new", in: "two")
        for command in [["push"], ["gc", "-w", "-c", "-f"]] {
            let result = try world.sandbox.run(.cairn, command, in: "two")
            #expect(result.exitCode == 128, "\(result)")
            #expect(
                result.stderr.contains("read-only") || result.stderr.contains("only be read"), "\(result)")
            #expect(result.stderr.contains("'store'"), "\(result)")
        }
        #expect(Files.paths(below: world.folder) == before)
    }

    @Test(
        "without the right password nobody gets in, and it is not shown",
        arguments: ["BASIC_URL", "TOKEN_URL"])
    func wrongPassword(_ url: String) throws {
        let world = try World(.dvc)
        try world.clone(url, ["auth = basic", "user = reader", "password = not-the-password"])
        let result = try world.sandbox.run(.cairn, ["pull"], in: "two")
        #expect(result.exitCode != 0, "\(result)")
        #expect(result.stderr.contains("'store'"), "\(result)")
        #expect(!result.stderr.contains("not-the-password"), "\(result)")
        #expect(!Files.exists(world.sandbox("two/big")))
    }

    @Test("a certificate that nobody vouches for is refused")
    func untrusted() throws {
        let world = try World(.packed)
        try world.clone("UNTRUSTED_URL")
        let result = try world.sandbox.run(.cairn, ["pull"], in: "two")
        #expect(result.exitCode == 128, "\(result)")
        #expect(result.stderr.contains("certificate"), "\(result)")
    }

    @Test("a truncated or altered file is not taken", arguments: [StoreForm.dvc, .packed])
    func damaged(_ form: StoreForm) throws {
        let world = try World(form)
        let paths = Files.paths(below: world.folder).map { "\(world.folder)/\($0)" }
        let victim = try #require(try paths.max { try Files.read($0).count < Files.read($1).count })
        let bytes = try Files.read(victim)
        var altered = bytes
        altered[bytes.count / 2] ^= 1
        for wrong in [altered, Array(bytes.prefix(bytes.count / 2))] {
            Files.delete(victim)
            try Files.write(wrong, to: victim)
            try world.clone("HTTP_URL")
            let result = try world.sandbox.run(.cairn, ["pull"], in: "two")
            #expect(result.exitCode != 0, "\(result)")
            #expect(!Files.exists(world.sandbox("two/big")))
        }
        Files.delete(victim)
        try Files.write(bytes, to: victim)
        try world.sandbox.must(.cairn, "pull", "-q", in: "two")
        try world.expectPulled()
    }
}
