import Testing

@testable import CairnFormats

@Suite struct YAMLDocumentTests {
    static let refused: [(String, Int, Int, String)] = [
        ("a: 1\nb: [1, 2\n", 3, 1, "did not find expected ',' or ']'"),
        ("a:\n\tb: 1\n", 2, 1, "a tab cannot be used for indentation"),
        ("é: 1\nb: 2\né: 3\n", 3, 1, "the key 'é' is there twice"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document starts here, only one is allowed"),
        ("a: b\0\n", 1, 5, "a NUL byte is not allowed in YAML"),
        ("a: \u{7}\n", 1, 4, "a control character is not allowed in YAML"),
        ("\u{FEFF}a: 1\n", 1, 1, "the text starts with a byte order mark, which must go"),
        ("a: *x\n", 1, 4, "there is no anchor 'x' before this alias"),
        ("a: &x [*x]\n", 1, 8, "the anchor 'x' would contain itself"),
        ("[a]: 1\n", 1, 1, "a list or mapping cannot be a key here"),
        ("a: !!python/object x\n", 1, 4, "the tag 'tag:yaml.org,2002:python/object' is not known"),
        ("<<: 1\n", 1, 5, "'<<' needs a mapping or a list of mappings"),
    ]

    @Test("text that is not UTF-8 is refused at the first bad byte, and lists only to a certain depth")
    func refusesBytes() {
        let bad: [UInt8] = [0x61, 0x3A, 0x20, 0xFF, 0x0A]
        let cut: [UInt8] = [0xC3, 0xA9, 0x3A, 0x20, 0xC3]
        let place = SourceLocation(line: 1, column: 4)
        #expect(throws: FormatsError(file: "f", at: place, "byte 4 is not UTF-8")) {
            try YAMLDocument(parsing: bad, file: "f")
        }
        #expect(throws: FormatsError(file: "f", at: place, "byte 5 is not UTF-8")) {
            try YAMLDocument(parsing: cut, file: "f")
        }
        let deep = [UInt8](repeating: 0x5B, count: 120) + [UInt8](repeating: 0x5D, count: 120)
        let inside = SourceLocation(line: 1, column: 102)
        #expect(
            throws: FormatsError(file: "f", at: inside, "lists and mappings are nested more than 100 deep")
        ) {
            try YAMLDocument(parsing: deep, file: "f")
        }
    }

    @Test("text that is not YAML is refused with its place", arguments: refused)
    func refuses(_ bad: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "f", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try YAMLDocument(parsing: Array(bad.utf8), file: "f") }
    }

    @Test("aliases that stand for too much are refused, in width and in depth")
    func laughs() {
        var wide = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            wide +=
                "a\(level): &a\(level) ["
                + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(throws: FormatsError.self) { try YAMLDocument(parsing: Array(wide.utf8), file: "") }
        var deep = "a0: &a0 [x]\n"
        for level in 1..<1000 { deep += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(throws: FormatsError.self) { try YAMLDocument(parsing: Array(deep.utf8), file: "") }
        for part in ["[", "{", "- ", "? ", "&a ", "{a: ", "!", "a: &x"] {
            let bytes = Array(String(repeating: part, count: 200_000).utf8)
            #expect(throws: FormatsError.self, "\(part)") { try YAMLDocument(parsing: bytes, file: "") }
        }
    }

    static let scalars: [(String, YAMLValue)] = [
        ("yes", "yes"), ("True", true), ("FALSE", false), ("tRUE", "tRUE"), ("~", .null), ("Null", .null),
        ("nULL", "nULL"),
        ("0x1F", 31), ("-0b11", -3), ("0o17", 15), ("0123", 123), ("1_000", 1000), ("+7", 7), ("0x_", "0x_"),
        ("-_", "-_"),
        ("9223372036854775807", .int(.max)), ("9223372036854775808", .bigInt("9223372036854775808")),
        ("-00012345678901234567890", .bigInt("-12345678901234567890")),
        ("-0xFFFFFFFFFFFFFFFFFF", .bigInt("-4722366482869645213695")), ("1e3", .float(1000)),
        ("1.", .float(1)), (".5", .float(0.5)),
        ("-.5e-1", .float(-0.05)), (".5e1", ".5e1"), ("1_0.5", .float(10.5)), ("-.INF", .float(-.infinity)),
        (".nan", .float(.nan)),
        ("+.nan", "+.nan"), ("1e999", .float(.infinity)), ("._", "._"), ("12:30:45", "12:30:45"),
        ("2020-01-02", .date("2020-01-02")),
        ("2020-1-2", "2020-1-2"), ("2020-1-2T3:04:05.5Z", .date("2020-01-02 03:04:05.500000+00:00")),
        ("2020-01-02 03:04:05 +5", .date("2020-01-02 03:04:05+05:00")), ("=", "="), ("1e", "1e"),
        ("0x", "0x"), ("e\u{301}", "e\u{301}"),
    ]

    @Test("unquoted text means what the reference program takes it for", arguments: scalars)
    func resolves(_ text: String, _ value: YAMLValue) {
        #expect(YAMLScalar.resolve(text) == value)
    }

    @Test("anchors, merges and tags are understood")
    func merges() throws {
        let text =
            "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 9}, *a]}\nd: !!str 1\ne: !!int '2'\nf: *a\n"
        let value = try YAMLDocument(parsing: Array(text.utf8), file: "").value
        #expect(value["b"]?.isEquivalent(to: .mapping([("x", 1), ("y", 3)])) == true)
        #expect(value["c"]?.isEquivalent(to: .mapping([("x", 9), ("y", 2)])) == true)
        #expect(value["d"] == "1")
        #expect(value["e"] == 2)
        #expect(value["f"] == .mapping([("x", 1), ("y", 2)]))
    }

    @Test("names that only look alike are different keys")
    func bytesOfKeys() throws {
        let document = try YAMLDocument(parsing: Array("\u{e9}: 1\ne\u{301}: 2\n".utf8), file: "")
        #expect(document.value["e\u{301}"] == 2)
        #expect(document.value["\u{e9}"] == 1)
    }

    static let edits: [(String, [YAMLValue], YAMLValue?, String)] = [
        ("a: 1 # one\nb: 2\n", ["a"], 7, "a: 7 # one\nb: 2\n"),
        ("a: 1 # one\nb: 2\n", ["a"], .null, "a: # one\nb: 2\n"),
        ("a: |  # why\n  x\n  y\nb: 2\n", ["a"], "z", "a: z  # why\nb: 2\n"),
        ("a: # c\n- 1\nb: 2\n", ["a"], "z", "a: z # c\nb: 2\n"),
        ("a: # c\n  - 1\n", ["a"], .sequence(["x", "y"]), "a: # c\n  - x\n  - y\n"),
        ("a: 1 # c\n", ["a"], .sequence(["x"]), "a: # c\n- x\n"),
        ("a: {x: 1, y: 2} # c\n", ["a", "x"], "p, q", "a: {x: 'p, q', y: 2} # c\n"),
        ("a: {x: 1, y: 2}\n", ["a", "z"], .sequence([1, "b"]), "a: {x: 1, y: 2, z: [1, b]}\n"),
        ("a: {x: 1, y: 2}\n", ["a", "y"], nil, "a: {x: 1}\n"),
        ("a: {x: 1, y: 2}\n", ["a", "x"], nil, "a: {y: 2}\n"),
        ("a: [x, # one\n  y]\n", ["a", 1], "z", "a: [x, # one\n  z]\n"),
        ("- a: 1\n  b: 2\n", [0, "a"], nil, "- b: 2\n"),
        ("- a: 1\n  # mid\n  b: 2\n", [0, "a"], nil, "-\n  # mid\n  b: 2\n"),
        (
            "a:\n  b: 1\n  # end of a\n# next\nc: 2\n", ["a", "x"], 3,
            "a:\n  b: 1\n  x: 3\n  # end of a\n# next\nc: 2\n"
        ),
        ("a:\n  b: 1\nc: 2", ["d"], 3, "a:\n  b: 1\nc: 2\nd: 3\n"),
        ("a: 1\r\nb: 2\r\n", ["c"], .sequence([1, 2]), "a: 1\r\nb: 2\r\nc:\r\n- 1\r\n- 2\r\n"),
        (
            "s:\n  a:\n    cmd: x # keep not\n  # of b\n  b:\n    cmd: y\n", ["s", "a"], nil,
            "s:\n  # of b\n  b:\n    cmd: y\n"
        ),
        ("a: |+\n  x\n\n", ["b"], 1, "a: |+\n  x\n\nb: 1\n"),
        ("? a\n: 1\n", ["b"], 2, "? a\n: 1\nb: 2\n"),
        ("a:\nb: 1\n", ["a"], "x", "a: x\nb: 1\n"),
        ("{a: 1}\n", ["a"], nil, "{}\n"),
        ("a: 1\n...\n", ["b"], 2, "a: 1\nb: 2\n...\n"),
        ("# top\n---\n# in\n", ["b"], 2, "# top\n---\n# in\nb: 2\n"),
    ]

    @Test("an edit changes what it must and nothing else", arguments: edits)
    func edit(_ old: String, _ path: [YAMLValue], _ value: YAMLValue?, _ expected: String) throws {
        var document = try YAMLDocument(parsing: Array(old.utf8), file: "f")
        if let value { try document.set(path, to: value) } else { try document.remove(path) }
        #expect(text(document.bytes) == expected)
    }

    @Test("an edit that another part of the text depends on is refused and changes nothing")
    func refusesEdit() throws {
        var document = try YAMLDocument(parsing: Array("a: &x 1\nb: *x\n".utf8), file: "f")
        #expect(throws: FormatsError.self) { try document.set(["a"], to: 2) }
        #expect(throws: FormatsError.self) { try document.set(["a", "b"], to: 2) }
        #expect(text(document.bytes) == "a: &x 1\nb: *x\n")
        try document.set(["b"], to: 2)
        #expect(text(document.bytes) == "a: &x 1\nb: 2\n")
    }
}
