import CairnTestSupport
import Testing

extension DocumentationTests {
    @Test(
        "commands that a page shows print what it shows",
        arguments: [
            "docs/guide/first-steps.md", "docs/guide/migrate.md", "docs/guide/sizes.md",
            "docs/guide/keeping-data-safe.md", "docs/guide/pipelines.md", "docs/guide/git.md",
            "docs/scripting.md",
        ])
    func pageRuns(_ path: String) throws {
        let page = try DocumentationPage(path)
        let sandbox = try Self.world()
        let steps = page.steps
        #expect(steps.count > 5, "the page's commands were not found")
        DocumentationRun.expectAsShown(try DocumentationRun.run(steps, in: "", of: sandbox), page)
    }

    @Test("the commands of README.md can be pasted, and what it has make do is in the Makefile")
    func readmeRuns() throws {
        let page = try DocumentationPage("README.md")
        let makefile = try Files.text("\(PackageRoot.path)/Makefile")
        let rules = Set(makefile.matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
        let (made, pasted) = page.steps.reduce(into: ([DocumentationPage.Step](), [DocumentationPage.Step]()))
        {
            if $1.script.hasPrefix("make ") { $0.0.append($1) } else { $0.1.append($1) }
        }
        for step in made {
            for line in step.script.split(separator: "\n") {
                let word = line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                #expect(rules.contains(word), "README.md:\(step.line): the Makefile has no rule '\(word)'")
            }
        }
        #expect(!made.isEmpty && !pasted.isEmpty)
        // Each line for itself, as a terminal runs what is pasted: every one has to succeed.
        let lines = pasted.flatMap { step in
            step.script.split(separator: "\n").enumerated().map {
                DocumentationPage.Step(line: step.line + $0, script: String($1), output: nil)
            }
        }
        DocumentationRun.expectAsShown(try DocumentationRun.run(lines, in: "", of: Self.world()), page)
    }

    @Test(
        "the comparison of shown and printed lines can fail",
        arguments: [
            (["a"], ["a"], true), (["a"], ["b"], false), (["a"], ["a", "b"], false),
            (["a", "…"], ["a", "b", "c"], true),
            (["…", "c"], ["a", "b"], false), (["x …y"], ["x 12 y"], true), (["x …y"], ["x 12 z"], false),
            ([], [], true),
            ([], ["a"], false),
        ])
    func comparison(_ shown: [String], _ printed: [String], _ isSame: Bool) {
        #expect(DocumentationRun.matches(shown[...], printed[...]) == isSame)
    }

    /// A world in which `$demo` is the folder of the demo's data, and commits have fixed dates.
    private static func world() throws -> Sandbox {
        try Sandbox(environment: [
            "demo": PackageRoot.fixture("demo"), "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
            "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
        ])
    }
}
