import CairnCore
import CairnTestSupport
import Testing

@Suite("Members of a JSON object")
struct JSONMembersTests {
    private static let sample = """
         { "Version": 1, "Text" : "a\\u00e9\\n\\ud83d\\ude00/\\"", "Big":-1.5e+10,
           "Yes": true, "No": null, "Deep": {"a": [1, {"b": [], "c": {}}, "x"], "Text": "inner"}, "List": [[[]]],
           "Empty": "", "Text2": "first", "Text2": "second" }

        """

    @Test("are read, what lies deeper is passed over")
    func reads() throws {
        let members = try JSONMembers(reading: Array(Self.sample.utf8))
        #expect(members["Version"] == .number("1"))
        #expect(members["Big"] == .number("-1.5e+10"))
        #expect(members.text("Text") == "a\u{e9}\n\u{1F600}/\"")
        #expect(members["Yes"] == .other && members["No"] == .other)
        #expect(members["Deep"] == .other && members["List"] == .other)
        #expect(members.text("Empty") == "" && members.text("Text2") == "second")
        #expect(members["a"] == nil && members.text("Version") == nil)
        #expect(try JSONMembers(reading: Array("{}".utf8))["a"] == nil)
    }

    @Test(
        "what is no object is refused",
        arguments: [
            "", "[]", "1", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{a:1}", "{\"a\":[1,]}",
            "{\"a\":{\"b\"}}", "{\"a\":[}", "{\"a\":[1}", "{\"a\":\"\\udc80\"}", "{\"a\":\"\u{7}\"}",
            "{\"a\":01}",
            "{\"a\":{\"b\":1,}}",
        ])
    func refuses(_ text: String) {
        #expect(throws: PythonJSONError.self) { try JSONMembers(reading: Array(text.utf8)) }
    }

    @Test("depth costs nothing")
    func depth() throws {
        let open = String(repeating: "[{\"a\":", count: 100_000)
        #expect(throws: PythonJSONError.self) { try JSONMembers(reading: Array("{\"a\":\(open)".utf8)) }
        let close = String(repeating: "}]", count: 100_000)
        #expect(try JSONMembers(reading: Array("{\"a\":\(open)1\(close)}".utf8))["a"] == .other)
    }

    @Test("damaged text is read or refused")
    func fuzz() {
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            _ = try? JSONMembers(reading: random.damagedText(Array(Self.sample.utf8)))
            return nil
        }
        #expect(found == nil)
    }
}
