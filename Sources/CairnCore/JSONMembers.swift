/// The members of a JSON object, as small answers of services and programs have them. What lies in members of members is passed over.
public struct JSONMembers: Sendable {
    /// What a member is.
    public enum Value: Hashable, Sendable {
        /// A string.
        case text(String)
        /// A number, as it is written.
        case number(String)
        /// Anything else.
        case other
    }

    private let values: [String: Value]

    /// Reads a text that is one object and nothing else. Of members with the same name the last counts.
    ///
    /// It does not recurse, so hostile input can neither exhaust the stack nor make it allocate more than some times its own size.
    /// - Throws: `PythonJSONError` for what is no JSON object.
    public init(reading bytes: [UInt8]) throws(PythonJSONError) {
        var values: [String: Value] = [:]
        var failure: PythonJSONError?
        bytes.withUnsafeBufferPointer { bytes in
            var reader = PythonJSONReader(bytes)
            do throws(PythonJSONError) {
                try Self.read(&reader, into: &values)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        self.values = values
    }

    /// The member of a name.
    public subscript(name: String) -> Value? { values[name] }

    /// The member of a name if it is a string.
    public func text(_ name: String) -> String? {
        if case .text(let text) = values[name] { return text }
        return nil
    }

    private static func read(
        _ reader: inout PythonJSONReader, into values: inout [String: Value]
    ) throws(PythonJSONError) {
        try reader.expect("{")
        if !reader.take("}") {
            repeat {
                let name = try string(&reader)
                try reader.expect(":")
                values[name] = try value(&reader)
            } while reader.take(",")
            try reader.expect("}")
        }
        _ = reader.peek()
        guard reader.isAtEnd else { throw reader.fault("the text goes on after its end") }
    }

    private static func value(_ reader: inout PythonJSONReader) throws(PythonJSONError) -> Value {
        switch reader.peek() {
        case UInt8(ascii: "\""): return .text(try string(&reader))
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            try skip(&reader)
            return .other
        case UInt8(ascii: "-"), 0x30...0x39:
            let start = reader.offset
            try reader.skipScalar()
            return .number(String(decoding: reader.bytes[start..<reader.offset], as: UTF8.self))
        default:
            try reader.skipScalar()
            return .other
        }
    }

    /// Passes over a list or an object with all that is in it.
    private static func skip(_ reader: inout PythonJSONReader) throws(PythonJSONError) {
        var open: [Unicode.Scalar] = []
        repeat {
            if reader.take("[") {
                open.append("]")
                if reader.peek() != UInt8(ascii: "]") { continue }
            } else if reader.take("{") {
                open.append("}")
                if reader.peek() != UInt8(ascii: "}") {
                    try name(&reader)
                    continue
                }
            } else if reader.peek() == UInt8(ascii: "\"") {
                _ = try reader.text()
            } else {
                try reader.skipScalar()
            }
            // A value has ended: so do those of which it was the last.
            while let last = open.last {
                if reader.take(",") {
                    if last == "}" { try name(&reader) }
                    break
                }
                try reader.expect(last)
                open.removeLast()
            }
        } while !open.isEmpty
    }

    private static func name(_ reader: inout PythonJSONReader) throws(PythonJSONError) {
        _ = try reader.text()
        try reader.expect(":")
    }

    private static func string(_ reader: inout PythonJSONReader) throws(PythonJSONError) -> String {
        let token = try reader.text()
        var bytes: [UInt8] = []
        try reader.unescape(token, into: &bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw reader.fault("not UTF-8") }
        return text
    }
}
