import Testing

@testable import CairnFormats

@Suite struct ParameterFileTests {
    /// A file of parameters with its value in YAML's flow style, the keys in order.
    static let values: [(file: String, text: String, value: String)] = [
        ("p.yaml", "b: 1\na: {d: 1e-5, c: [x, null]}\n", "{b: 1, a: {d: 1e-05, c: [x, null]}}"),
        ("p.conf", "a: 1\n", "{a: 1}"),
        ("p.yaml", "", "{}"),
        ("p.yaml", "null\n", "{}"),
        ("p.yaml", "[]\n", "{}"),
        ("p.yaml", "- 1\n", "[1]"),
        (
            "p.JSON", "{\"b\": 1, \"a\": {\"d\": 1e2, \"c\": [true, null]}}",
            "{b: 1, a: {d: 100.0, c: [true, null]}}"
        ),
        ("p.json", "{\"a\": 1, \"b\": 2, \"a\": 3}", "{a: 3, b: 2}"),
        ("p.json", "[NaN, Infinity, -Infinity, -0, 1E400]", "[.nan, .inf, -.inf, 0, .inf]"),
        ("p.json", "[\"\\u00e9\\ud83d\\ude00\\n\\/\"]", "[\"é😀\\n/\"]"),
        ("p.json", "123456789012345678901234567890", "123456789012345678901234567890"),
        ("p.json", " 0 ", "{}"),
        ("p.json", "\r\n[\t]\r\n", "{}"),
    ]

    @Test("parameter files read by the end of their names, keys in order", arguments: values)
    func reads(_ file: String, _ text: String, _ value: String) throws {
        let read = try ParameterFile(parsing: Array(text.utf8), file: file)
        #expect(YAMLEmitter.line(read.value) == value)
    }

    static let errors: [(file: String, text: String, line: Int, column: Int, reason: String)] = [
        ("p.json", "", 1, 1, "a value is missing"),
        ("p.json", "{\"a\": 1\n \"b\": 2}", 2, 2, "a ',' or '}' is missing"),
        ("p.json", "{\"a\": 1,}", 1, 9, "a key in double quotes is missing"),
        ("p.json", "[1, 2", 1, 6, "a ',' or ']' is missing"),
        ("p.json", "[01]", 1, 2, "a number starts with 0"),
        ("p.json", "[1.]", 1, 4, "a digit is missing"),
        ("p.json", "[tru]", 1, 2, "this is not a value"),
        ("p.json", "1 2", 1, 3, "something follows the value"),
        ("p.json", "{\"a\":\n  \"x\ny\"}", 2, 5, "a control character in a string has to be escaped"),
        ("p.json", "\"é\\q\"", 1, 3, "this escape is not known"),
        ("p.json", "\"\\ud800\"", 1, 2, "half of a surrogate pair is not a character"),
        ("p.json", "\u{FEFF}{}", 1, 1, "the text starts with a byte order mark, which must go"),
        ("p.yaml", "a: 1\na: 2\n", 2, 1, "the key 'a' is there twice"),
    ]

    @Test("what is wrong in a parameter file is said with its place", arguments: errors)
    func refuses(_ file: String, _ text: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: file, at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try ParameterFile(parsing: Array(text.utf8), file: file) }
    }

    @Test("JSON that is nested without end is refused, not followed")
    func deep() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: FormatsError.self) { try ParameterFile(parsing: bytes, file: "p.json") }
    }

    static let keys: [(String, String?)] = [
        ("lr", "0.1"), ("train.layers.1", "64"), ("train.layers.-1", "128"), ("train.layers.3", nil),
        ("train", "{layers: [32, 64, 128], name: x.y}"), ("nope", nil), ("lr.x", nil), (".lr", "0.1"),
        ("train.nam*", "x.y"), ("train.*", nil), ("tr?in.name", "x.y"), ("[a-m]r", "0.1"), ("[!l]r", nil),
        ("**.name", "x.y"), ("**.layers.0", "32"), ("1", "one"), ("01", "one"), ("dotted.key", nil),
        ("train.layers.[0]", "32"), ("a[", "bracket"),
        ("", "{lr: 0.1, train: {layers: [32, 64, 128], name: x.y}, 1: one, dotted.key: 1, 'a[': bracket}"),
    ]

    @Test("dotted keys are found as DVC finds them", arguments: keys)
    func finds(_ key: String, _ value: String?) throws {
        let text = """
            lr: 0.1
            train: {layers: [32, 64, 128], name: x.y}
            1: one
            dotted.key: 1
            "a[": bracket
            """
        let file = try ParameterFile(parsing: Array(text.utf8), file: "params.yaml")
        #expect(file.value(at: key).map(YAMLEmitter.line) == value)
    }

    @Test("an error quotes its line, without blanks around it, escaped, and cut if it is very long")
    func quotes() throws {
        func quote(_ text: String, _ file: String) -> String? {
            do throws(FormatsError) {
                _ = try ParameterFile(parsing: Array(text.utf8), file: file)
                return nil
            } catch { return error.quote }
        }
        #expect(quote("{\"a\": 1,\n   \"b\": \u{1}x \n}", "p.json") == "\"b\": \\x01x")
        #expect(quote("", "p.json") == nil)
        let long = "[" + String(repeating: "é, ", count: 500) + "]"
        let shown = try #require(quote(long, "p.json"))
        #expect(shown.utf8.count < 200 && shown.hasSuffix(" …"))
        #expect(quote("a: 1\n  b: [\n", "p.yaml") == "b: [")
    }

    @Test("an error about a value names its place in YAML, and the file elsewhere")
    func places() throws {
        let yaml = try ParameterFile(parsing: Array("a:\n- b: 2020-01-01\n".utf8), file: "p.yaml")
        let error = yaml.error(at: ["a", 0, "b"], "no")
        #expect(error == FormatsError(file: "p.yaml", at: SourceLocation(line: 2, column: 6), "no"))
        #expect(error.quote == "- b: 2020-01-01")
        let json = try ParameterFile(parsing: Array("{}".utf8), file: "p.json")
        #expect(json.error(at: ["a"], "no") == FormatsError(file: "p.json", "no"))
    }
}
