import CairnTestSupport
import Foundation
import Testing

@testable import CairnFormats

@Suite("ConfigFile")
struct ConfigFileTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/dvc/08-config")

    static func file(_ text: String) throws -> ConfigFile {
        try ConfigFile(parsing: Array(text.utf8), name: "config")
    }

    static func text(_ file: ConfigFile) -> String { String(decoding: file.serialized, as: UTF8.self) }

    /// What DVC's `config` and `remote` commands do to a file.
    enum Edit {
        case set(String, String)
        case unset(String)
        case remove(String)
        case rename(String, String)
        case nothing
    }

    /// The commands whose results are kept in `steps`: the edit, and whether it is one of the local file.
    static let steps: [(Edit, isLocal: Bool)] = [
        (.set("core.autostage", "true"), false), (.set("cache.type", "reflink,symlink"), false),
        (.set("remote.s3r.url", "s3://bkt/prefix"), false),
        (.set("remote.s3r.endpointurl", "http://127.0.0.1:9000"), false),
        (.set("remote.s3r.access_key_id", "AK ID#1"), true),
        (.set("remote.s3r.secret_access_key", "se\"cret,x"), true),
        (.set("remote.s3r.session_token", "it's"), true), (.set("remote.s3r.use_ssl", "false"), false),
        (.set("remote.s3r.ssl_verify", "false"), false), (.set("remote.s3r.region", "us-east-1"), false),
        (.set("remote.s3r.credentialpath", "../../creds"), false),
        (.set("remote.lr.url", "../../../remotes/x"), false),
        (.set("cache.dir", "../../mycache"), false), (.set("remote.UP.url", "/abs/p"), false),
        (.set("core.checksum_jobs", "3"), false), (.nothing, false), (.nothing, false),
        (.set("core.remote", "up"), false),
        (.unset("cache.type"), false), (.unset("core.autostage"), false), (.rename("lr", "lr2"), false),
        (.remove("up"), false), (.unset("core.checksum_jobs"), false), (.unset("cache.dir"), false),
        (.remove("s3r"), false), (.remove("lr2"), false),
    ]

    @Test("writes what DVC writes, command by command")
    func commands() throws {
        var project = ConfigFile()
        var local = ConfigFile()
        for (number, step) in Self.steps.enumerated() {
            if step.isLocal {
                try Self.apply(step.0, to: &local)
            } else {
                try Self.apply(step.0, to: &project)
            }
            // `remote add -d` sets the default, `remote remove` unsets it.
            if number == 11 { try Self.apply(.set("core.remote", "lr"), to: &project) }
            if number == 21 { try Self.apply(.unset("core.remote"), to: &project) }
            let name = (number + 1 < 10 ? "0" : "") + "\(number + 1).config"
            for (file, suffix) in [(project, ""), (local, ".local")] {
                guard
                    let expected = try? Data(
                        contentsOf: Self.fixtures.appending(path: "steps/\(name)\(suffix)"))
                else {
                    #expect(suffix == ".local" && number < 4)
                    continue
                }
                #expect(Self.text(file) == String(decoding: expected, as: UTF8.self), "\(name)\(suffix)")
                let again = try ConfigFile(parsing: Array(expected))
                #expect(again.serialized == Array(expected))
            }
            project = try ConfigFile(parsing: project.serialized)
        }
    }

    static func apply(_ edit: Edit, to file: inout ConfigFile) throws {
        switch edit {
        case .set(let name, let value): try file.set(#require(ConfigKey(parsing: name)), to: value)
        case .unset(let name):
            let found = file.unset(try #require(ConfigKey(parsing: name)))
            #expect(found)
        case .remove(let name):
            let found = file.removeSection(.remote(name))
            #expect(found)
        case .rename(let name, let new):
            let found = try file.renameSection(.remote(name), to: .remote(new))
            #expect(found)
        case .nothing: break
        }
    }

    /// Texts and values with what configobj 5.0.9 makes of them.
    static func dialect() throws -> [String: [[Any]]] {
        let json = try JSONSerialization.jsonObject(
            with: Data(contentsOf: fixtures.appending(path: "dialect.json")))
        return try #require(json as? [String: [[Any]]])
    }

    @Test("quotes values as the reference does, and reads them back")
    func quoting() throws {
        for entry in try #require(Self.dialect()["values"]) {
            let value = try #require(entry[0] as? String)
            let expected = try #require(entry[1] as? String)
            var file = ConfigFile()
            let key = ConfigKey(ConfigSectionName("s"), "k")
            try file.set(key, to: value)
            #expect(
                Self.text(file).utf8.elementsEqual(expected.utf8),
                "\(value.debugDescription) gave \(Self.text(file).debugDescription) not \(expected.debugDescription)"
            )
            #expect(try Self.file(expected)[key] == .text(value), "\(expected.debugDescription)")
        }
    }

    @Test("reads what the reference reads, and refuses what it refuses at the same line")
    func dialectOfReader() throws {
        for entry in try #require(Self.dialect()["texts"]) {
            let text = try #require(entry[0] as? String)
            let result = try #require(entry[1] as? [String: Any])
            let found: String
            do {
                let file = try Self.file(text)
                let options = file.sections.map { section in
                    "[\(section.name.text)]" + section.options.map { Self.shown($0.name, $0.value) }.joined()
                }
                found = file.topOptions.map { Self.shown($0.name, $0.value) }.joined() + options.joined()
            } catch let error as FormatsError {
                found = "\(error.reason) at line \(error.location?.line ?? 0)."
            }
            let expected = try Self.expected(result)
            #expect(
                found.utf8.elementsEqual(expected.utf8),
                "\(text.debugDescription) gave \(found), not \(expected)")
        }
    }

    static func shown(_ name: String, _ value: ConfigValue) -> String {
        switch value {
        case .text(let text): "\(name)=\(text.debugDescription);"
        case .list(let items): "\(name)=\(items.map(\.debugDescription));"
        }
    }

    static func expected(_ result: [String: Any]) throws -> String {
        if let error = result["error"] as? String { return error }
        func options(_ list: Any?) throws -> String {
            try #require(list as? [[Any]]).map { option in
                let name = try #require(option[0] as? String)
                if let text = option[1] as? String { return shown(name, .text(text)) }
                return shown(name, .list(try #require(option[1] as? [String])))
            }.joined()
        }
        var output = try options(result["top"])
        for section in try #require(result["ok"] as? [[Any]]) {
            output += "[\(try #require(section[0] as? String))]" + (try options(section[1]))
        }
        return output
    }

    @Test("keeps comments and layout of lines that an edit does not touch")
    func comments() throws {
        let text = """
            # about this file

            [core]
              remote = a  # the default
            # jobs
              checksum_jobs=4

            # the storage
            ['remote "a"']
            	url = "/x"   # where
            # end
            """
        var file = try Self.file(text)
        #expect(Self.text(file) == text)
        try file.set(ConfigKey(ConfigSectionName("core"), "remote"), to: "b")
        #expect(
            Self.text(file) == text.replacing(
                "  remote = a  # the default", with: "    remote = b  # the default") + "\n")
        file.unset(ConfigKey(ConfigSectionName("core"), "checksum_jobs"))
        try file.set(ConfigKey(ConfigSectionName("cache"), "dir"), to: "../c")
        try file.renameSection(.remote("a"), to: .remote("b"))
        #expect(
            Self.text(file) == """
                # about this file

                [core]
                    remote = b  # the default
                [cache]
                    dir = ../c
                # jobs

                # the storage
                ['remote "b"']
                	url = "/x"   # where
                # end

                """)
    }

    @Test("puts sections in DVC's order when it writes, their comments with them")
    func order() throws {
        var file = try Self.file(
            "['db \"d\"']\nurl=x\n# r\n[remote \"a\"]\nurl=/x\n# c\n[core]\nanalytics=true\n")
        try file.set(ConfigKey(ConfigSectionName("core"), "remote"), to: "a")
        #expect(
            Self.text(file)
                == "# c\n[core]\nanalytics=true\n    remote = a\n# r\n[remote \"a\"]\nurl=/x\n['db \"d\"']\nurl=x\n"
        )
    }

    @Test("names are lower case, values are not")
    func cases() throws {
        let file = try Self.file("[CORE]\nRemote = UP\n['Remote \"UP\"']\nURL = S3://B\n")
        #expect(file[ConfigKey(ConfigSectionName("core"), "remote")] == .text("UP"))
        #expect(file[ConfigKey(.remote("up"), "url")] == .text("S3://B"))
    }

    @Test(
        "refuses with the line and DVC's reason",
        arguments: [
            ("[core]\n; x\n", 2, "Invalid line ('; x') (matched as neither section nor keyword)"),
            (
                "[core]\nit's\tbad\n", 2,
                "Invalid line (\"it's\\tbad\") (matched as neither section nor keyword)"
            ),
            ("[core]\n[core]\n", 2, "Duplicate section name"),
            ("[core]\na = 1\nA = 2\n", 3, "Duplicate keyword name"),
            ("[core]\na = \"x\n", 2, "Parse error in value"),
            ("[core]\n\na = '''x\ny\n", 3, "Parse error in multiline value"),
            ("[[core]\n", 1, "Cannot compute the section depth"),
            ("[core]\na = %(b)s\n", 2, "the value of 'a' has %(name)s in it, write the value out"),
            (
                "[x]\n  Secret_Access_Key: hunter2\n", 2,
                "Invalid line ('  Secret_Access_Key…') (matched as neither section nor keyword)"
            ),
        ])
    func refuses(_ text: String, _ line: Int, _ reason: String) {
        let expected = FormatsError(file: "config", at: SourceLocation(line: line, column: 1), reason)
        #expect(throws: expected) { try Self.file(text) }
    }

    @Test(
        "refuses values that would not be read back", arguments: ["a\rb", "a\u{2028}b", "%(x)s", "'''\"\"\""])
    func unwritable(_ value: String) {
        var file = ConfigFile()
        #expect(throws: FormatsError.self) {
            try file.set(ConfigKey(ConfigSectionName("core"), "k"), to: value)
        }
        #expect(file.serialized == [UInt8(ascii: "\n")] && file.sections.isEmpty)
    }

    @Test("survives any text, and writes back what it read")
    func fuzz() throws {
        let pieces = [
            "[", "]", "'", "\"", "=", ",", "#", "\n", " ", "a", "remote \"x\"", "\r\n", "\u{85}", "'''", "é",
            "%(a)s", "url = /x",
        ]
        let samples =
            ["config", "config.local"].compactMap { name in
                try? Array(Data(contentsOf: Self.fixtures.appending(path: "after/.dvc/\(name)")))
            } + [Array("[core]\n    remote = \"a b\"\n['remote \"x\"']\n    url = s3://b/p # why\n".utf8)]
        let found = Fuzzing.firstProblem(rounds: 1500) { random in
            var bytes: [UInt8] = []
            if Bool.random(using: &random) {
                for _ in 0..<60 { bytes += Array((pieces.randomElement(using: &random) ?? "").utf8) }
            } else {
                bytes = random.damagedText(samples.randomElement(using: &random) ?? [], others: samples)
            }
            guard let file = try? ConfigFile(parsing: bytes, name: "config") else { return nil }
            guard file.serialized == bytes else { return "other bytes for \(bytes)" }
            return try Self.problem(editing: file)
        }
        #expect(found == nil)
    }

    /// Adds a remote: all that was there before has to be there still.
    private static func problem(editing original: ConfigFile) throws -> String? {
        var file = original
        let key = ConfigKey(.remote("new"), "url")
        let isThere = file[key] != nil || file[.remote("new")] != nil
        do { try file.set(key, to: "/y") } catch { return nil }
        let again = try ConfigFile(parsing: file.serialized, name: "config")
        guard again[key] == .text("/y") else { return "the edit is lost" }
        guard isThere || again.sections.count == original.sections.count + 1 else {
            return "sections are lost"
        }
        for section in file.sections {
            for option in section.options where again[ConfigKey(section.name, option.name)] != option.value {
                return "\(option.name) is another one"
            }
        }
        return nil
    }

    @Test("a line made to be slow is not")
    func hostile() {
        let long = 200_000
        for text in [
            "[a" + String(repeating: " ", count: long), "[" + String(repeating: "]", count: long) + "x",
        ] {
            #expect(throws: FormatsError.self) { try Self.file(text) }
        }
    }
}
