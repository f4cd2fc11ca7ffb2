import CairnCore
import CairnFormats
import CairnPipeline

extension OutputIndex.Pipeline {
    /// The stages in the order of the file; those that a template makes are left out.
    func definitions() throws -> [StageDefinition] {
        file.stages.compactMap { stage in
            guard !stage.isTemplated, let command = stage.command else { return nil }
            return StageDefinition(
                name: stage.name, group: nil, command: command, workingDirectory: stage.workingDirectory,
                dependencies: stage.dependencies, parameters: Self.requests(stage.parameters),
                outputs: stage.outputs, isFrozen: stage.isFrozen, isAlwaysChanged: stage.isAlwaysChanged,
                description: file.value(at: ["stages", .string(stage.name), "desc"])?.text,
                meta: file.value(at: ["stages", .string(stage.name), "meta"]), isTemplated: false,
                location: stage.location)
        }
    }

    private static func requests(_ items: [YAMLValue]) -> [ParameterRequest] {
        var requests: [ParameterRequest] = []
        func add(_ file: String, _ keys: [String]?) {
            guard let index = requests.firstIndex(where: { $0.file.hasSameBytes(as: file) }) else {
                return requests.append(ParameterRequest(file: file, keys: keys))
            }
            requests[index].keys = requests[index].keys.flatMap { old in keys.map { old + $0 } }
        }
        for item in items {
            if let key = item.text { add("params.yaml", [key]) }
            for entry in item.entries ?? [] {
                let keys = entry.value.items?.compactMap(\.text) ?? []
                add(entry.key.text ?? "", keys.isEmpty ? nil : keys)
            }
        }
        return requests
    }
}
