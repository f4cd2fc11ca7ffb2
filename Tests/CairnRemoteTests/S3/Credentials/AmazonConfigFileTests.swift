import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Files of Amazon's programs")
struct AmazonConfigFileTests {
    private typealias Value = AmazonConfigFile.Value

    private static let sample = """
        # keys
        [default]
        aws_access_key_id = AKID
        aws_secret_access_key=a/b+c=d
        AWS_SESSION_TOKEN : t=1:2

        [profile "two words"]
          ; indented, and so is what follows
          region = eu-central-1 # no comment
          s3 =
            addressing_style = path

            # a comment
            max_concurrent_requests = 20
          output = json
        credential_process = /bin/x
            --more "a b"
        [default]
        region: us-east-1
        empty =
        """

    @Test("are read as configparser reads them")
    func reads() throws {
        let file = try AmazonConfigFile(parsing: Array(Self.sample.utf8))
        #expect(
            file.sections["default"] == [
                "aws_access_key_id": .text("AKID"), "aws_secret_access_key": .text("a/b+c=d"),
                "aws_session_token": .text("t=1:2"), "region": .text("us-east-1"), "empty": .text(""),
            ])
        #expect(
            file.sections["profile \"two words\""] == [
                "region": .text("eu-central-1 # no comment"),
                "s3": .nested(["addressing_style": "path", "max_concurrent_requests": "20"]),
                "output": .text("json"), "credential_process": .text("/bin/x\n--more \"a b\""),
            ])
        #expect(file.sections.count == 2)
    }

    @Test("line ends of Windows and a byte order mark do no harm")
    func windows() throws {
        let text =
            "\u{FEFF}"
            + Self.sample.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let other = try AmazonConfigFile(parsing: Array(Self.sample.utf8))
        #expect(try AmazonConfigFile(parsing: Array(text.utf8)) == other)
        #expect(try AmazonConfigFile(parsing: []) == AmazonConfigFile())
    }

    @Test(
        "what makes no sense is told with its line",
        arguments: [
            ("\n[a]\nnonsense\n", 3, "is neither a section nor `name = value`"),
            ("a = b\n", 1, "stands before the first section"),
            ("[a]\n= b\n", 2, "is neither a section nor `name = value`"),
            ("[a]\ns3 =\n  path\n", 3, "is indented and no `name = value`"),
            ("[a\n", 1, "stands before the first section"),
        ])
    func faults(_ text: String, _ line: Int, _ reason: String) {
        #expect(throws: AmazonConfigFile.Fault(line: line, reason: reason)) {
            try AmazonConfigFile(parsing: Array(text.utf8))
        }
    }

    @Test("bytes that are no text are told with their line")
    func notText() {
        #expect(throws: AmazonConfigFile.Fault(line: 2, reason: "is not UTF-8")) {
            try AmazonConfigFile(parsing: Array("[a]\nb = ".utf8) + [0xFF])
        }
    }

    @Test("profiles come from both files, and of both the file of keys counts more")
    func profiles() throws {
        let credentials = """
            [default]
            aws_access_key_id = K
            [work]
            region = r1
            [profile odd]
            """
        let config = """
            [profile default]
            region = d2
            [default]
            region = d1
            output = text
            [profile work]
            region = r2
            services = mine
            s3 =
              addressing_style = virtual
            [profile 'a b']
            [services mine]
            s3 =
              endpoint_url = https://s3.example
            [other]
            [sso-session x]
            """
        let profiles = AmazonProfiles(
            credentials: try AmazonConfigFile(parsing: Array(credentials.utf8)),
            config: try AmazonConfigFile(parsing: Array(config.utf8)))
        #expect(profiles["default"]?["region"] == "d2" && profiles["default"]?["output"] == "text")
        #expect(profiles["default"]?["aws_access_key_id"] == "K")
        #expect(profiles["work"]?["region"] == "r1")
        #expect(profiles["work"]?["s3", "addressing_style"] == "virtual")
        #expect(profiles["work"]?.endpoint(of: "s3") == "https://s3.example")
        #expect(profiles["work"]?.endpoint(of: "sts") == nil)
        #expect(profiles["a b"] != nil && profiles["profile odd"] != nil)
        for name in ["other", "x", "mine", "odd", "none"] { #expect(profiles[name] == nil) }
    }

    @Test("damaged files are read or refused, quickly")
    func fuzz() {
        let samples = [Array(Self.sample.utf8)]
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let bytes = random.damagedText(samples[0], others: samples)
            guard let file = try? AmazonConfigFile(parsing: bytes) else { return nil }
            let profiles = AmazonProfiles(credentials: file, config: file)
            let names = file.sections.keys.filter { profiles[$0] == nil }
            return names.isEmpty ? nil : "sections without a profile: \(names)"
        }
        #expect(found == nil)
    }

    @Test("a value of many lines and a list of many names take no time")
    func long() throws {
        let lines = (0..<30_000).map { "  n\($0) = v\n" }.joined()
        let clock = ContinuousClock()
        let time = try clock.measure {
            _ = try AmazonConfigFile(parsing: Array("[a]\ns3 =\n\(lines)b = c\n\(lines)".utf8))
        }
        #expect(time < .seconds(8))
    }
}

@Suite("Words of a command line")
struct CommandWordsTests {
    @Test(
        "are cut as a shell cuts them",
        arguments: [
            ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), ("a\\ b", ["a b"]),
            ("\"a\\\"b\\\\c\\d\"", ["a\"b\\c\\d"]), ("a'b'\"c\"d", ["abcd"]), ("'' x \"\"", ["", "x", ""]),
            ("'a\\'", ["a\\"]), ("a\nb\tc", ["a", "b", "c"]), ("", []), ("  ", []),
            ("é $X;#", ["é", "$X;#"]),
            ("'\"'", ["\""]), ("\"'\"", ["'"]), ("'open", nil), ("\"open", nil), ("end\\", nil),
            ("\"end\\", nil),
        ] as [(String, [String]?)])
    func split(_ line: String, _ words: [String]?) { #expect(CommandWords.split(line) == words) }
}
