import CairnFormats
import CairnPipeline
import CairnTestSupport
import Foundation
import Testing

@Suite("Pipelines of fixtures")
struct PipelineCorpusTests {
    @Test("a pipeline has the stages that dvc makes of it", arguments: PipelineCorpus.good)
    func stages(_ corpus: PipelineCorpus) throws {
        let all = try #require(try corpus.expected()["files"] as? [String: NSDictionary])
        #expect(Set(all.keys) == Set(corpus.files))
        for (file, expected) in all {
            let found = try corpus.resolved(file).comparable
            #expect(found == expected, "\(corpus.name): \(difference(found, expected))")
        }
    }

    @Test("what dvc refuses is refused, in these words", arguments: PipelineCorpus.bad)
    func errors(_ corpus: PipelineCorpus) throws {
        #expect(try corpus.expected()["error"] != nil)
        let error = #expect(throws: FormatsError.self) { try corpus.resolved("dvc.yaml") }
        guard let error else { return }
        let place = error.location.map { ":\($0.line):\($0.column)" } ?? ""
        let quote = error.quote.map { "    \(error.location?.line ?? 0) | \($0)\n" } ?? ""
        let text = Array("\(error.file)\(place): \(error.reason)\n\(quote)".utf8)
        #expect(try GoldenFile.difference(text, from: "../pipelines/\(corpus.name)/error.txt") == nil)
    }

    @Test("dvc still says what expected.json says", .enabled(if: RealDVC.isAvailable, "\(RealDVC.reason)"))
    func same() throws {
        let python =
            try #require(RealDVC.path).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            + "/python"
        let scratch = try ScratchDirectory()
        let result = try Program.run(
            python, ["\(PackageRoot.path)/Tests/tools/resolve-pipelines"] + PipelineCorpus.all.map(\.folder),
            in: scratch.path, environment: ["HOME": scratch.path, "PATH": "/usr/bin:/bin"], seconds: 600
        ).succeeded()
        let answers = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: NSDictionary])
        for corpus in PipelineCorpus.all {
            let expected = try corpus.expected()
            if expected["error"] != nil {
                #expect(answers[corpus.name]?["error"] != nil, "\(corpus.name)")
            } else {
                #expect(answers[corpus.name] == expected, "\(corpus.name)")
            }
        }
    }

    /// The keys of stages and top that differ, for a message that can be read.
    private func difference(_ found: NSDictionary, _ expected: NSDictionary) -> String {
        var lines: [String] = []
        for (key, value) in expected where key as? String != "stages" && !same(found[key], value) {
            lines.append("\(key): \(found[key] ?? "nothing") is not \(value)")
        }
        let stages = (found["stages"] as? [NSDictionary] ?? [], expected["stages"] as? [NSDictionary] ?? [])
        if stages.0.count != stages.1.count {
            lines.append("\(stages.0.count) stages, not \(stages.1.count)")
        }
        for (one, other) in zip(stages.0, stages.1) {
            for (key, value) in other where !same(one[key], value) {
                lines.append("\(other["name"] ?? "").\(key): \(one[key] ?? "nothing") is not \(value)")
            }
        }
        return lines.joined(separator: "\n")
    }

    private func same(_ left: Any?, _ right: Any) -> Bool {
        NSArray(array: [left ?? NSNull()]) == NSArray(array: [right])
    }
}
