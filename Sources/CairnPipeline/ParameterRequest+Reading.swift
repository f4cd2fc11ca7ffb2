import CairnFormats

extension ParameterRequest {
    /// The file of keys that are named without one.
    public static let standardFile = TemplateContext.standardFile

    /// Gathers what a stage's `params` ask for: each file once, in the order in which files are first named; each key once.
    ///
    /// Texts are keys of `params.yaml`. A file that is named without keys anywhere is read as a whole.
    static func gather(_ parameters: [YAMLValue]) -> [ParameterRequest] {
        var requests: [ParameterRequest] = []
        var places: [YAMLValue: Int] = [:]
        var seen: Set<[YAMLValue]> = []
        var whole: Set<YAMLValue> = []
        for entry in parameters.flatMap({ $0.entries ?? [] }) where entry.value.isNothing {
            whole.insert(entry.key)
        }

        func add(_ keys: [YAMLValue], of file: YAMLValue) {
            let place = places[file] ?? requests.count
            if place == requests.count {
                places[file] = place
                requests.append(
                    ParameterRequest(file: file.text ?? "", keys: whole.contains(file) ? nil : []))
            }
            guard !whole.contains(file) else { return }
            for key in keys where seen.insert([file, key]).inserted {
                requests[place].keys?.append(key.text ?? "")
            }
        }

        for parameter in parameters {
            if let entries = parameter.entries {
                for entry in entries { add(entry.value.items ?? [], of: entry.key) }
            } else if !whole.contains(.string(standardFile)) {
                add([parameter], of: .string(standardFile))
            }
        }
        return requests
    }
}
