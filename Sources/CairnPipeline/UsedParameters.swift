import CairnFormats

/// The keys of parameter files that templates were filled in from, in the order of their first use.
struct UsedParameters {
    private var files: [(file: String, keys: [String])] = []
    private var places: [YAMLValue: Int] = [:]
    private var seen: Set<[YAMLValue]> = []

    /// Notes a key.
    mutating func insert(_ key: String, of file: String) {
        guard seen.insert([.string(file), .string(key)]).inserted else { return }
        if let place = places[.string(file)] {
            files[place].keys.append(key)
        } else {
            places[.string(file)] = files.count
            files.append((file, [key]))
        }
    }

    /// All of them.
    var requests: [ParameterRequest] { files.map { ParameterRequest(file: $0.file, keys: $0.keys) } }
}
