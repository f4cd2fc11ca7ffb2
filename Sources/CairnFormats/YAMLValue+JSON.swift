extension YAMLValue {
    /// Writes the value as Python's `json.dumps(value, sort_keys=True)` does: ASCII, blanks after `,` and `:`, keys by code point.
    ///
    /// - Parameter isLeftOut: tells which keys to leave out, at any depth.
    func writeJSON(to bytes: inout [UInt8], without isLeftOut: (String) -> Bool = { _ in false }) {
        switch self {
        case .null: bytes += Array("null".utf8)
        case .bool(let bool): bytes += Array((bool ? "true" : "false").utf8)
        case .int(let int): bytes += Array(String(int).utf8)
        case .bigInt(let digits): bytes += Array(digits.utf8)
        case .float(let float):
            let text = PythonFloat.text(float)
            bytes += Array((float.isFinite ? text : float.isNaN ? "NaN" : float < 0 ? "-Infinity" : "Infinity").utf8)
        case .string(let text), .date(let text): Self.writeJSON(text, to: &bytes)
        case .sequence(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes += [UInt8(ascii: ","), 32] }
                item.writeJSON(to: &bytes, without: isLeftOut)
            }
            bytes.append(UInt8(ascii: "]"))
        case .mapping(let entries):
            var members = entries.map { ($0.key.jsonKey, $0.value) }.filter { !isLeftOut($0.0) }
            members.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes += [UInt8(ascii: ","), 32] }
                Self.writeJSON(member.0, to: &bytes)
                bytes += [UInt8(ascii: ":"), 32]
                member.1.writeJSON(to: &bytes, without: isLeftOut)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// The key as Python turns it into text.
    private var jsonKey: String {
        if case .string(let text) = self { return text }
        var bytes: [UInt8] = []
        writeJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func writeJSON(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            switch unit {
            case 0x22: bytes += Array("\\\"".utf8)
            case 0x5C: bytes += Array("\\\\".utf8)
            case 0x08: bytes += Array("\\b".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0x0A: bytes += Array("\\n".utf8)
            case 0x0C: bytes += Array("\\f".utf8)
            case 0x0D: bytes += Array("\\r".utf8)
            case 0x20...0x7F: bytes.append(UInt8(unit))
            default:
                let digits = String(unit, radix: 16)
                bytes += Array(("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
