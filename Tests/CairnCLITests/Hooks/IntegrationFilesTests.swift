import CairnTestSupport
import Testing

/// The ready-made files for services that check commits, and for the program `pre-commit`.
@Suite("Hooks: files for other programs")
struct IntegrationFilesTests {
    private static func text(_ path: String) throws -> String {
        try Files.text("\(PackageRoot.path)/\(path)")
    }

    /// The shell lines of a file: the blocks of `run: |`, or the items of `script:`.
    private static func steps(_ path: String) throws -> [String] {
        var steps: [String] = []
        var (isScript, indent) = (false, -1)
        for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
            let depth = line.prefix { $0 == " " }.count
            if indent >= 0 {
                if depth > indent {
                    steps[steps.count - 1] += line.dropFirst(indent + 2) + "\n"
                } else {
                    indent = -1
                }
            }
            let words = line.dropFirst(depth)
            if words == "run: |" {
                indent = depth
                steps.append("")
            } else if words == "script:" {
                isScript = true
                steps.append("")
            } else if isScript, words.hasPrefix("- ") {
                steps[steps.count - 1] += words.dropFirst(2) + "\n"
            } else {
                isScript = false
            }
        }
        return steps
    }

    @Test(
        "their steps pass where all is well, and fail where the remote lacks data or a commit is wrong",
        arguments: ["docs/ci/github.yml", "docs/ci/gitlab.yml"])
    func stepsRun(_ path: String) throws {
        let steps = try Self.steps(path)
        #expect(steps.contains { $0.contains("cairn verify --range") }, "\(steps)")
        let world = try HookWorld()
        func check(before: String) throws -> Int32 {
            // As the services run them: one shell for each step, which ends with the first failure.
            for step in steps {
                let variables = "export BEFORE='\(before)' CI_COMMIT_BEFORE_SHA='\(before)'"
                let result = try world.run("\(variables); set -e\n\(step)", in: "clone")
                if result.exitCode != 0 { return result.exitCode }
            }
            return 0
        }
        let none = String(repeating: "0", count: 40)
        try world.must("git clone -q . ../clone")
        #expect(try check(before: none) == 1)
        try world.must("cairn push -q")
        #expect(try check(before: none) == 0)
        #expect(try check(before: "HEAD~1") == 0)
        try world.must("git add -f data/a && git commit -q --no-verify -m wrong && git -C ../clone pull -q")
        #expect(try check(before: "HEAD~1") == 1)
    }

    @Test(
        "they are what their programs take",
        .enabled(if: PublishedSchemas.isAvailable, Comment(rawValue: PublishedSchemas.reason)),
        arguments: [
            (
                ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"], "docs/ci/github.yml",
                "steps:"
            ),
            (["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"], "docs/ci/gitlab.yml", "script:"),
            (["pre-commit", "validate-manifest"], ".pre-commit-hooks.yaml", "entry:"),
        ])
    func schema(_ command: [String], _ path: String, _ key: String) throws {
        let sandbox = try Sandbox()
        func check(_ file: String) throws -> Program.Result {
            try Program.run(
                "\(PublishedSchemas.folder)/bin/\(command[0])", command.dropFirst() + [file], in: sandbox(""),
                environment: sandbox.environment)
        }
        try check("\(PackageRoot.path)/\(path)").succeeded()
        // The check can fail.
        let wrong = try Self.text(path).replacing(key, with: "wrong:")
        try Files.write(wrong, to: sandbox("wrong.yml"))
        let result = try check(sandbox("wrong.yml"))
        #expect(result.exitCode == 1, "\(result)")
    }

    @Test("the hooks of .pre-commit-hooks.yaml are those that the program knows")
    func preCommitHooks() throws {
        let entries = try Self.text(".pre-commit-hooks.yaml").matches(of: /entry: cairn git-hook (\S+)/).map {
            String($0.1)
        }
        #expect(
            entries == [
                "pre-commit", "pre-push", "post-checkout", "post-merge", "post-rewrite", "post-commit",
            ])
        let world = try HookWorld()
        for name in entries where name != "post-checkout" {
            let result = try world.run("cairn git-hook \(name)")
            #expect(result.exitCode == 0, "\(result)")
        }
    }
}

/// The programs that check files for other programs against what those publish, as `Tests/tools/schema-tools` installs them.
enum PublishedSchemas {
    static let folder = "\(PackageRoot.path)/.build-tools/schemas"
    static let isAvailable = Files.names(in: folder).contains { $0.hasPrefix("installed-") }
    static let reason =
        (try? Files.text("\(folder).unavailable")).map { "needs check-jsonschema: \($0)" }
        ?? "needs check-jsonschema: run `make test-tools`"
}
