import Testing

@testable import CairnFormats

@Suite("Configuration")
struct ConfigurationTests {
    static func configuration(_ files: [(Configuration.Level, String)]) throws -> Configuration {
        let sources = try files.map { level, text in
            let path =
                level < .repository
                ? "/etc/dvc/config" : level == .local ? "/w/.dvc/config.local" : "/w/.dvc/config"
            return Configuration.Source(level, path: Array(path.utf8), file: try ConfigFileTests.file(text))
        }
        return Configuration(sources, home: Array("/home/u".utf8))
    }

    static func remote(_ options: String) -> String { "['remote \"x\"']\n\(options)\n" }

    @Test(
        "says in DVC's words what is wrong",
        arguments: [
            ("[core]\nnope = 1\n", "extra keys not allowed @ data['core']['nope']"),
            (
                "[core]\nremoet = x\n",
                "extra keys not allowed @ data['core']['remoet'], did you mean 'remote'?"
            ),
            ("[foo]\na = 1\n", "extra keys not allowed @ data['foo']"),
            ("[cores]\na = 1\n", "extra keys not allowed @ data['cores'], did you mean 'core'?"),
            ("a = 1\n[core]\n", "extra keys not allowed @ data['a']"),
            (
                "[core]\nautostage = yes\n",
                "expected true or false for dictionary value @ data['core']['autostage']"
            ),
            (
                "[core]\nchecksum_jobs = 0\n",
                "value must be at least 1 for dictionary value @ data['core']['checksum_jobs']"
            ),
            (
                "[core]\nchecksum_jobs = 3.0\n",
                "expected int for dictionary value @ data['core']['checksum_jobs']"
            ),
            (
                "[core]\nsite_cache_dir = a, b\n",
                "expected str for dictionary value @ data['core']['site_cache_dir']"
            ),
            (
                "[cache]\nshared = all\n",
                "expected one of group for dictionary value @ data['cache']['shared']"
            ),
            (
                "[cache]\ntype = reflink, foo\n",
                "Unsupported cache type(s): foo for dictionary value @ data['cache']['type']"
            ),
            (
                "[state]\nrow_cleanup_quota = 200\n",
                "value must be at most 100 for dictionary value @ data['state']['row_cleanup_quota']"
            ),
            (
                "[hydra]\nconfig_dir = a\nconfig_module = b\n",
                "two or more values in the same group of exclusion 'config_source' @ data['hydra'][<config_source>]"
            ),
            ("['db \"x\"']\nfoo = 1\n", "extra keys not allowed @ data['db']['x']['foo']"),
            ("[remote]\nurl = x\n", "expected a dictionary for dictionary value @ data['remote']['url']"),
            (remote("region = a"), "expected 'url' for dictionary value @ data['remote']['x']"),
            (
                remote("url = s3://b\nregoin = a"),
                "extra keys not allowed @ data['remote']['x']['regoin'], did you mean 'region'?"
            ),
            (
                remote("url = foo://b"),
                "Unsupported URL type foo:// for dictionary value @ data['remote']['x']"
            ),
            (
                remote("url = s3://b\ncache_regions = true"),
                "expected bool for dictionary value @ data['remote']['x']['cache_regions']"
            ),
            (
                remote("url = s3://b\nread_timeout = x"),
                "expected int for dictionary value @ data['remote']['x']['read_timeout']"
            ),
            (remote("url = s3:///a\nregion = x"), "extra keys not allowed @ data['remote']['x']['region']"),
            (
                remote("url = http://b/c\nread_timeout = -1"),
                "value must be at least 0 for dictionary value @ data['remote']['x']['read_timeout']"
            ),
            (
                remote("url = http://b/c\nauth = x"),
                "expected one of basic, digest, custom for dictionary value @ data['remote']['x']['auth']"
            ),
        ])
    func invalid(_ text: String, _ reason: String) throws {
        let configuration = try Self.configuration([(.repository, text)])
        let error = #expect(throws: FormatsError.self) { try configuration.validate() }
        #expect(error?.reason == reason)
        #expect(error?.file == "/w/.dvc/config")
    }

    @Test(
        "accepts what DVC accepts",
        arguments: [
            "", "[core]\nchecksum_jobs = \" 1_0 \"\nautostage = TRUE\nremote = UP\n", "[feature]\nfoo = 1\n",
            "[cairn]\nformat = native\nid = 6f\n", remote("url = /a\ntype = reflink, copy\nshared = Group"),
            remote("url = remote://b/c\nwhatever = a, b"),
            remote("url = s3://b\nssl_verify = /ca.pem\nuse_ssl = False"),
            "[cache]\nprotected = true\ndir = ../c\n",
        ])
    func valid(_ text: String) throws {
        try Self.configuration([(.repository, text)]).validate()
    }

    @Test(
        "never shows a secret",
        arguments: ["password", "secret_access_key", "session_token", "token", "sas_token"])
    func secrets(_ name: String) throws {
        let text = Self.remote("url = gs://b\n\(name) = hunter2, hunter3")
        let configuration = try Self.configuration([(.local, text)])
        let error = #expect(throws: FormatsError.self) { try configuration.validate() }
        #expect(error?.reason.contains("hunter") == false)
        #expect(ConfigSchema.secretNames.contains(name))
    }

    @Test("the stronger level wins option by option")
    func levels() throws {
        let configuration = try Self.configuration([
            (.local, Self.remote("user = me")),
            (.global, "[core]\nremote = G\nanalytics = false\n"),
            (
                .repository,
                "[core]\nremote = X\n" + Self.remote("url = ssh://h/p\nport = 22")
                    + "['remote \"y\"']\nurl = /y\n"
            ),
        ])
        try configuration.validate()
        #expect(configuration.string("core.remote") == "x")
        #expect(!configuration.bool("core.analytics"))
        #expect(configuration.bool("core.check_update"))
        #expect(!configuration.bool("core.autostage"))
        #expect(configuration.integer("remote.x.port") == 22)
        #expect(configuration.string("remote.x.user") == "me")
        #expect(configuration.string("remote.x.verify") == "false")
        #expect(configuration.remoteNames == ["x", "y"])
        #expect(configuration.options(in: .remote("x")).map(\.option) == ["url", "port", "user"])
        #expect(configuration.origin(of: "remote.x.user")?.level == .local)
        #expect(
            configuration.origin(of: "core.remote")
                == Configuration.Origin(level: .repository, path: Array("/w/.dvc/config".utf8), line: 2))
        #expect(configuration.origin(of: "core.autostage") == nil)
        #expect(configuration.only(.global).string("core.remote") == "g")
        #expect(
            configuration.entries(of: .repository).map(\.text) == [
                "remote.x.url", "remote.x.port", "remote.y.url", "core.remote",
            ])
    }

    @Test("reads lists with and without quotes")
    func lists() throws {
        for value in ["reflink, hardlink", "\"reflink,hardlink\"", "reflink , \"hardlink\""] {
            let configuration = try Self.configuration([(.repository, "[cache]\ntype = \(value)\n")])
            #expect(configuration.list("cache.type") == ["reflink", "hardlink"])
        }
    }

    @Test(
        "finds the folder that a path option means",
        arguments: [
            ("../../mycache", "/mycache"), ("../data", "/w/data"), ("c/./d/", "/w/.dvc/c/d"),
            ("/abs//x", "/abs//x"),
            ("~/c", "/home/u/c"), ("~", "/home/u"), ("~other/c", "~other/c"), ("s3://b/p", "s3://b/p"),
            ("a b", "/w/.dvc/a b"),
        ])
    func paths(_ value: String, _ expected: String) throws {
        let configuration = try Self.configuration([(.repository, Self.remote("url = \(value)"))])
        #expect(configuration.path("remote.x.url").map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test(
        "stores a typed path relative to the file",
        arguments: [
            ("../../remotes/x", "/a/b/w", "/a/b/w/.dvc", "../../../remotes/x"),
            ("../mycache", "/a/w", "/a/w/.dvc", "../../mycache"),
            ("rel/x", "/w", "/w/.dvc", "../rel/x"), (".dvc", "/w", "/w/.dvc", "."),
            ("/abs/p", "/w", "/w/.dvc", "/abs/p"),
            ("s3://b/../c", "/w", "/w/.dvc", "s3://b/../c"), ("~/x", "/w", "/w/.dvc", "~/x"),
        ])
    func stored(_ typed: String, _ current: String, _ folder: String, _ expected: String) {
        let result = ConfigPath.stored(Array(typed.utf8), from: Array(current.utf8), in: Array(folder.utf8))
        #expect(String(decoding: result, as: UTF8.self) == expected)
    }

    @Test(
        "takes the names that config takes",
        arguments: [
            ("core.remote", "core.remote"), ("Remote.UP.URL", "remote.up.url"), ("db.x.url", "db.x.url"),
            ("a.b.c", nil),
            ("core", nil), ("remote.a.b.url", nil),
        ])
    func names(_ text: String, _ expected: String?) {
        #expect(ConfigKey(parsing: text)?.text == expected)
    }
}
