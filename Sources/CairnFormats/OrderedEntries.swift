/// The entries of a mapping that is being read: a key that comes again keeps its place and gets the new value, as in Python.
struct OrderedEntries {
    private(set) var entries: [YAMLEntry] = []
    private var places: [YAMLValue: Int] = [:]

    /// Sets the value of a key.
    mutating func set(_ key: YAMLValue, to value: YAMLValue) {
        if let place = place(of: key) {
            entries[place].value = value
        } else {
            if !places.isEmpty { places[key] = entries.count }
            entries.append(YAMLEntry(key, value))
            // Few keys are found sooner by looking at each.
            if entries.count == 16 {
                for (index, entry) in entries.enumerated() { places[entry.key] = index }
            }
        }
    }

    /// Where a key stands.
    func place(of key: YAMLValue) -> Int? {
        places.isEmpty ? entries.firstIndex { $0.key == key } : places[key]
    }
}
