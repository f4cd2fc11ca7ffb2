public import CairnCore

extension YAMLValue {
    /// The value as JSON; keys that are not text become what Python makes of them, dates become text.
    ///
    /// - Parameter isLeftOut: tells which keys to leave out, at any depth.
    public func json(without isLeftOut: (String) -> Bool = { _ in false }) -> PythonJSON {
        switch self {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .int(let int): return .integer(Int(int))
        case .bigInt(let digits): return .digits(digits)
        case .float(let float): return .float(float)
        case .string(let text), .date(let text): return .string(text)
        case .sequence(let items): return .array(items.map { $0.json(without: isLeftOut) })
        case .mapping(let entries):
            var members: [(name: [UInt8], value: PythonJSON)] = []
            for entry in entries {
                let name = entry.key.jsonName
                if !isLeftOut(name) {
                    members.append((Array(name.utf8), entry.value.json(without: isLeftOut)))
                }
            }
            return .object(members)
        }
    }

    private var jsonName: String {
        if case .string(let text) = self {
            text
        } else {
            String(decoding: json().serialized(), as: UTF8.self)
        }
    }
}
