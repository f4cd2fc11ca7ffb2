import Testing

@testable import CairnFormats

@Suite struct TOMLTests {
    static let values: [(text: String, value: String)] = [
        ("", "{}"),
        ("# only a comment", "{}"),
        ("b = 1\na = 'x'\n", "{b: 1, a: x}"),
        ("z = 1\n[b]\ny = 2\n[a]\nx = 3\n[b.c]\nw = 4\n", "{z: 1, b: {y: 2, c: {w: 4}}, a: {x: 3}}"),
        ("[a.b]\nx = 1\n[a]\ny = 2\n", "{a: {b: {x: 1}, y: 2}}"),
        ("a.b.c = 1\na.d = 2\n\"e.f\".g = 3\n", "{a: {b: {c: 1}, d: 2}, e.f: {g: 3}}"),
        ("[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3\n", "{a: [{x: 1}, {x: 2, b: {y: 3}}]}"),
        ("a = {x = 1, y.z = 'q', e = {}}\n", "{a: {x: 1, y: {z: q}, e: {}}}"),
        ("a = {x = 1, # one\n  y.z = '\\',\n}\nb = \"\\x41\\e\"\n", "{a: {x: 1, y: {z: \\}}, b: \"A\\e\"}"),
        ("a = [1, # one\n 2,\n]\nb = [[1], ['x']]\n", "{a: [1, 2], b: [[1], [x]]}"),
        (
            "a = 0xDEAD_beef\nb = 0o17\nc = 0b11\nd = +1_000\ne = -0\n",
            "{a: 3735928559, b: 15, c: 3, d: 1000, e: 0}"
        ),
        (
            "a = 1.5e3\nb = -0.0\nc = 1e-5\nd = inf\ne = -inf\nf = nan\n",
            "{a: 1500.0, b: -0.0, c: 1e-05, d: .inf, e: -.inf, f: .nan}"
        ),
        ("a = 12345678901234567890123\n", "{a: 12345678901234567890123}"),
        ("a = true\nb = false\n", "{a: true, b: false}"),
        (
            "a = 1979-05-27\nb = 1979-05-27T07:32:00Z\nc = 1979-05-27 00:32:00.9999999-07:00\nd = 07:32:00\ne = 1979-05-27t07:32\n",
            "{a: 1979-05-27, b: 1979-05-27 07:32:00+00:00, c: 1979-05-27 00:32:00.999999-07:00, d: '07:32:00', e: 1979-05-27 07:32:00}"
        ),
        ("a = \"\"\"\nx\\\n   y\"\"\"\"\nb = '''\n'it''s'''\n", "{a: xy\", b: \"'it''s\"}"),
        ("a = \"\\u00e9\\U0001F600\\t\"\n", "{a: \"é😀\\t\"}"),
        ("a = 'x'\r\n[b]\r\nc = \"\"\"x\r\ny\"\"\"\r\n", "{a: x, b: {c: \"x\\ny\"}}"),
        ("\"\" = 1\n'a b' = 2\n3 = 4\n", "{'': 1, a b: 2, '3': 4}"),
    ]

    @Test("TOML reads with the keys in the order in which they are first named", arguments: values)
    func reads(_ text: String, _ value: String) throws {
        let read = try ParameterFile(parsing: Array(text.utf8), file: "p.toml")
        #expect(YAMLEmitter.line(read.value) == value)
    }

    static let errors: [(text: String, line: Int, column: Int, reason: String)] = [
        ("a = 1\na = 2\n", 2, 1, "the key 'a' is there twice"),
        ("a = \n", 1, 5, "a value is missing"),
        ("a = x\n", 1, 5, "this is not a value; text needs quotes"),
        ("a 1\n", 1, 3, "'=' is missing after the key"),
        ("= 1\n", 1, 1, "a key with this sign in it needs quotes"),
        ("a = 1 b = 2\n", 1, 7, "something follows on the line"),
        ("[a\nb = 1\n", 1, 3, "']' is missing after the name of the table"),
        ("[[a]\n", 1, 5, "a second ']' is missing"),
        ("[a]\n[a]\n", 2, 1, "the table 'a' is there already"),
        ("a = 1\n[a.b]\n", 2, 1, "'a' is there already, with a value"),
        ("[[a]]\n[a]\n", 2, 1, "'a' is there already, as a list of tables"),
        ("[a.b]\n[[a]]\n", 2, 1, "the table 'a' is there already"),
        ("a = {b = 1}\na.c = 2\n", 2, 1, "'a' is there already, and nothing can be added to it here"),
        ("[a.b]\n[a]\nb.c = 1\n", 3, 1, "'b' is there already, and nothing can be added to it here"),
        ("a = \"x\n", 1, 5, "the text has no end on its line"),
        ("a = '''x\n", 1, 5, "the text has no end"),
        ("a = \"\\q\"\n", 1, 6, "this escape is not known"),
        ("a = \"\\ud800\"\n", 1, 6, "there is no such character"),
        ("a = [1 2]\n", 1, 8, "',' or ']' is missing"),
        ("a = [1\n", 1, 5, "the list has no end"),
        ("a = {x = 1,,}\n", 1, 12, "a key with this sign in it needs quotes"),
        ("a = {\n", 1, 5, "the table has no end"),
        ("a = 07:32:60\n", 1, 5, "this is not a value; text needs quotes"),
        ("a = 01\n", 1, 5, "this is not a value; text needs quotes"),
        ("a = 1__0\n", 1, 5, "this is not a value; text needs quotes"),
        ("a = 1.\n", 1, 5, "this is not a value; text needs quotes"),
        ("a = 2021-02-29\n", 1, 5, "this is not a value; text needs quotes"),
        ("é = 1\n", 1, 1, "a key with this sign in it needs quotes"),
    ]

    @Test("what is wrong in TOML is said with its place", arguments: errors)
    func refuses(_ text: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "p.toml", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try ParameterFile(parsing: Array(text.utf8), file: "p.toml") }
    }
}
