import CairnTestSupport
import Foundation
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
        .enabled(if: SchemaChecker.isAvailable, Comment(rawValue: SchemaChecker.reason)),
        arguments: [
            ("github-workflow", "docs/ci/github.yml"), ("gitlab-ci", "docs/ci/gitlab.yml"),
            ("pre-commit-hooks", ".pre-commit-hooks.yaml"),
        ])
    func schema(_ name: String, _ path: String) throws {
        let python = try #require(SchemaChecker.python)
        func problems(_ arguments: [String], _ input: String = "") throws -> [Any] {
            let result = try Program.run(
                python,
                [
                    "\(PackageRoot.path)/Tests/tools/check-schema",
                    "\(PackageRoot.path)/fixtures/integration/\(name).schema.json",
                ] + arguments, in: PackageRoot.path, environment: ["LC_ALL": "C.UTF-8"],
                input: Array(input.utf8)
            ).succeeded()
            return try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [Any])
        }
        let found = try problems([path])
        #expect(found.allSatisfy { $0 is NSNull }, "\(found)")
        // The check can fail.
        let wrong = try Self.text(path).replacing("name:", with: "nmae:").replacing("script:", with: "scrpt:")
        let texts = String(decoding: try JSONSerialization.data(withJSONObject: [wrong]), as: UTF8.self)
        #expect(try problems(["--texts"], texts).allSatisfy { $0 is String })
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
