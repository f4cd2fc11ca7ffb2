extension JSONLine {
    /// Reads a line that this program printed.
    ///
    /// Other objects are read as well if their values are simple and their texts escape nothing but quotes and backslashes.
    ///
    /// - Returns: `nil` if the line is something else.
    init?(parsing line: some StringProtocol) {
        var reader = Reader(rest: Array(line.utf8)[...])
        guard let members = reader.members() else { return nil }
        self.init(members)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func members() -> [(String, Value)]? {
            guard take("{") else { return nil }
            var members: [(String, Value)] = []
            if take("}") { return members }
            repeat {
                guard let name = text(), take(":"), let value = value() else { return nil }
                members.append((name, value))
            } while take(",")
            return take("}") ? members : nil
        }

        private mutating func take(_ mark: Unicode.Scalar) -> Bool {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func text() -> String? {
            guard take("\"") else { return nil }
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst(),
                        [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(escaped)
                    else { return nil }
                    bytes.append(escaped)
                default: bytes.append(byte)
                }
            }
            return nil
        }

        private mutating func value() -> Value? {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            if rest.first == UInt8(ascii: "\"") { return text().map(Value.text) }
            let word = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
            rest = rest.dropFirst(word.count)
            let text = String(decoding: word, as: UTF8.self)
            switch text {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: return Int(text).map(Value.integer) ?? Double(text).map(Value.number)
            }
        }
    }
}
