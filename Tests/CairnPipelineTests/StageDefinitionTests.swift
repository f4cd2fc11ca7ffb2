import CairnFormats
import CairnPipeline
import Testing

@Suite("Definitions of stages")
struct StageDefinitionTests {
    @Test("a stage with a command alone has nothing that tells whether it is up to date")
    func callback() {
        var stage = StageDefinition(
            name: "a", group: nil, command: .text("echo"), workingDirectory: nil, dependencies: [],
            parameters: [], outputs: [], isFrozen: false, isAlwaysChanged: false, description: nil, meta: nil,
            isTemplated: false, location: SourceLocation(line: 1, column: 1))
        #expect(stage.isCallback)
        stage.parameters = [ParameterRequest(file: "params.yaml", keys: ["lr"])]
        #expect(!stage.isCallback)
    }
}
