import CairnFormats
import CairnPipeline
import CairnTestSupport
import Testing

@Suite("Damaged pipelines")
struct PipelineFuzzTests {
    @Test("damaged pipelines and parameters fuzz: they are filled in or refused, never followed into a trap")
    func damaged() throws {
        let pipelines = try PipelineCorpus.all.map { try Files.read("\($0.folder)/dvc.yaml") }
        let parameters = PipelineCorpus.all.flatMap { corpus in
            ["params.yaml", "v.yaml", "v.json", "v.toml", "v.py"].compactMap {
                try? Files.read("\(corpus.folder)/\($0)")
            }
        }
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let pipeline = random.spiced(pipelines.randomElement(using: &random) ?? [], others: pipelines)
            let source = DamagedSource(
                bytes: random.damagedText(parameters.randomElement(using: &random) ?? []))
            guard let file = try? PipelineFile(parsing: pipeline, file: "dvc.yaml") else { return nil }
            guard let resolved = try? file.resolved(with: source) else { return nil }
            let grouped = resolved.groups.flatMap(\.stages).count
            return grouped <= resolved.stages.count ? nil : "a group has more stages than there are"
        }
        #expect(found == nil)
    }

    private struct DamagedSource: ParameterSource {
        let bytes: [UInt8]

        func parameters(at path: String) throws(FormatsError) -> ParameterFile? {
            try ParameterFile(parsing: bytes, file: path)
        }
    }
}

extension SeededRandom {
    /// A damaged pipeline with pieces of templates strewn in.
    fileprivate mutating func spiced(_ text: [UInt8], others: [[UInt8]]) -> [UInt8] {
        let pieces = [
            "${", "}", "${item}", "${a}", "${a.b[0]}", "\\${", "[", "]", ".", "${item.x}", "foreach: ",
            "matrix: ", "vars: ",
        ]
        var result = Int.random(in: 0..<3, using: &self) == 0 ? damagedText(text, others: others) : text
        for _ in 0..<Int.random(in: 0...3, using: &self) {
            let place = Int.random(in: 0...result.count, using: &self)
            result.insert(contentsOf: Array((pieces.randomElement(using: &self) ?? "").utf8), at: place)
        }
        return result
    }
}
