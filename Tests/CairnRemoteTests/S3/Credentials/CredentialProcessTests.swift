import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Keys: programs that tell them", .ownThreads)
struct CredentialProcessTests {
    private static func world(_ output: String, code: Int32 = 0) -> CredentialWorld {
        var world = CredentialWorld()
        world.files["~/.aws/config"] = "[default]\ncredential_process = \"/opt/my tool\" --for 'me too'\n"
        world.program = { words throws(SystemError) in
            guard words == ["/opt/my tool", "--for", "me too"] else {
                throw SystemError(.invalidArgument, "start", FilePath(words[0]))
            }
            return ChildProcess.Output(exitCode: code, bytes: Array(output.utf8))
        }
        return world
    }

    @Test(
        "what they print is checked",
        arguments: [
            (#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}"#, "A/S/-"),
            (
                #"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "Expiration": "2026-01-01T01:00:00Z", "AccountId": "1"}"#,
                "A/S/T"
            ),
            (
                #"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": null, "Expiration": null}"#,
                "A/S/-"
            ),
            (
                #"{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "S"}"#,
                "error: credential_process of profile 'default' does not print \"Version\": 1"
            ),
            (
                #"{"Version": "1", "AccessKeyId": "A", "SecretAccessKey": "S"}"#,
                "error: credential_process of profile 'default' does not print \"Version\": 1"
            ),
            (
                #"{"Version": 1, "AccessKeyId": "A"}"#,
                "error: in what credential_process of profile 'default' answers there is no \"SecretAccessKey\""
            ),
            (
                #"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "soon"}"#,
                "error: the \"Expiration\" that credential_process of profile 'default' answers is no time"
            ),
            (
                #"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "2025-12-31T23:30:00Z"}"#,
                "error: the access key that was found ended 30 minutes ago: sign in anew, or set the clock"
            ),
            ("SECRET", "error: what credential_process of profile 'default' answers is no JSON object"),
            ("", "error: what credential_process of profile 'default' answers is no JSON object"),
        ])
    func output(_ output: String, _ expected: String) async {
        #expect(await Self.world(output).found() == expected)
    }

    @Test("failures are told with the program's name, not with what it said")
    func failures() async {
        #expect(
            await Self.world("SECRET", code: 3).found()
                == "error: credential_process of profile 'default' failed: '/opt/my tool' ended with 3")
        var world = Self.world("")
        world.program = { words throws(SystemError) in
            throw SystemError(.noSuchFileOrDirectory, "start", FilePath(words[0]))
        }
        #expect(
            await world.found()
                == "error: credential_process of profile 'default' cannot be run: '/opt/my tool': No such file or directory"
        )
        world.files["~/.aws/config"] = "[default]\ncredential_process = 'SECRET\n"
        #expect(
            await world.found()
                == "error: credential_process of profile 'default' is no command line: is there a quote without an end?"
        )
    }

    @Test("a file that a repository names cannot have programs run, or files read")
    func trust() async {
        var world = Self.world("never")
        world.files["/repo/aws"] = world.files.removeValue(forKey: "~/.aws/config")
        world.options.configFile = "/repo/aws"
        world.options.trustsFiles = false
        world.program = { words throws(SystemError) in
            Issue.record("a program was run")
            throw SystemError(.notPermitted, "start", FilePath(words[0]))
        }
        let refusal = { (option: String) in
            "error: profile 'default' uses \(option), and the file with the profile is named by the configuration that travels with the repository, which everybody who may push can change: name it by credentialpath and configpath with --local"
        }
        #expect(await world.found() == refusal("credential_process"))
        world.files["/repo/aws"] =
            "[default]\nweb_identity_token_file = /home/u/.ssh/id\nrole_arn = r\nendpoint_url = http://evil\n"
        world.files["~/.ssh/id"] = "SECRET"
        #expect(await world.found() == refusal("web_identity_token_file"))
        #expect(world.services.requests.isEmpty)
        world.files["/repo/aws"] = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n"
        #expect(await world.found() == "A/s/-")
    }

    @Test("a real program is run")
    func real() async throws {
        let scratch = try ScratchDirectory()
        try Files.write(
            "#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"%s\"}' \"$1\" \"$WORD\"\n",
            to: scratch("a tool"), mode: 0o755)
        try Files.write("[default]\ncredential_process = '\(scratch("a tool"))' KEY\n", to: scratch("config"))
        let environment = ["AWS_CONFIG_FILE": scratch("config"), "WORD": "secret", "PATH": "/usr/bin:/bin"]
        let nobody = CredentialWorld().services
        let surroundings = S3CredentialSurroundings(
            Surroundings(environment: environment, workingDirectory: "/", home: nil), services: nobody,
            metadata: nobody)
        let key = try await S3CredentialChain(S3CredentialOptions(), surroundings).credentials()
        #expect(key?.accessKeyID == "KEY" && key?.secretAccessKey == "secret")
    }
}
