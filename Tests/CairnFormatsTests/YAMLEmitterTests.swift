import Foundation
import Testing

@testable import CairnFormats

/// A text in some place of a document, and the document as the reference program writes it.
struct YAMLTextCase: Codable {
    let context: String
    let text: String
    let expected: String

    var value: YAMLValue {
        let text = YAMLValue.string(text)
        return switch context {
        case "value": .mapping([("cmd", text)])
        case "nested": .mapping([("stages", .mapping([("s", .mapping([("cmd", text)]))]))])
        case "item": .mapping([("a", .mapping([("b", .sequence([text, "z"]))]))])
        case "itemkey": .mapping([("outs", .sequence([.mapping([("path", text)])]))])
        case "deep": .sequence([.sequence([text, .sequence([text])])])
        default: .mapping([("x", .mapping([YAMLEntry(text, 1)]))])
        }
    }
}

@Suite struct YAMLEmitterTests {
    private static let words = (0..<40).map { "word" + ($0 < 10 ? "0" : "") + String($0) }.joined(
        separator: " ")

    @Test("texts come out as the reference program writes them, and read back")
    func texts() throws {
        let data = try Data(Fixtures.bytes("golden/yaml-text.json"))
        let cases = try JSONDecoder().decode([YAMLTextCase].self, from: data)
        #expect(cases.count >= 200)
        for item in cases {
            let got = YAMLEmitter.document(item.value)
            #expect(text(got) == item.expected, "\(item.context) \(item.text.debugDescription)")
            #expect(try YAMLDocument(parsing: got, file: "x").value == item.value)
        }
    }

    @Test("the sample of scalars and folded lines comes out byte for byte, but for a fold that loses a blank")
    func sample() throws {
        let w = Self.words
        let cmd = { (text: String) in YAMLValue.mapping([("cmd", .string(text))]) }
        let folded = YAMLValue.mapping([
            ("stages", .mapping([("s", .mapping([("cmd", .sequence([.string(w), .string("x: " + w)]))]))]))
        ])
        let documents: [YAMLValue] = [
            Self.scalars, Self.others, cmd(w), cmd("it's: " + w), cmd("x: " + w),
            cmd("line one is long\n" + w + "\n"),
            cmd(String(repeating: "a", count: 100) + " " + String(repeating: "b", count: 100) + " c"),
            cmd(
                String(repeating: "a", count: 70) + "  two  spaces " + String(repeating: "b", count: 20)
                    + " c"),
            folded,
            .mapping([
                YAMLEntry(.string(String(repeating: "x", count: 130)), 1), YAMLEntry("a b", 2),
                YAMLEntry("a: b", 3), YAMLEntry("1", 4), YAMLEntry("true", 5), YAMLEntry(1, 6),
                YAMLEntry("q?", 7),
            ]),
        ]
        var got: [UInt8] = []
        for document in documents { got += YAMLEmitter.document(document) + [10] }
        let sample = text(try Fixtures.bytes("dvc/12-yaml-emitter/scalars-and-folding.yaml.txt"))
        let lossy = "aaa  two  \n  spaces bbbbbbbbbbbbbbbbbbbb c"
        let faithful = "aaa  two  spaces\n  bbbbbbbbbbbbbbbbbbbb c"
        #expect(sample.contains(lossy))
        #expect(text(got) == sample.replacing(lossy, with: faithful))
    }

    private static let scalars: YAMLValue = {
        let texts = [
            "yes", "true", "True", "null", "~", "1", "1.5", "1e3", "0x1F", "0o7", "2020-01-01", "on", "no",
            "y", "",
            " lead", "trail ", "it's", "a: b", "a #b", "- x", "-x", "?x", "? x", "[x", "{x", "@x", "%x", "`x",
            "!x",
            "&x", "*x", "|x", ">x", "\"q\"", "a\tb", "a\nb", "ü", "日本", "😀", "\u{7}", "a,b", "a]b", ":x",
            "x:",
            "---x", "=", "<<", "12:30:45", "1_000", ".5", "+1", ".inf", "nan", "0123", "1.",
            "multi'quote\"both", "-",
            "1e-5", "a\\b", "'lead", "\u{A0}x", "a\r\nb",
        ]
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let names = letters.map { String($0) } + letters.map { "a\($0)" } + letters.map { "b\($0)" }
        return .mapping(zip(names, texts).map { ($0, .string($1)) })
    }()

    private static let others = YAMLValue.mapping([
        ("i", 1), ("f", .float(0.1)), ("f2", .float(1e-5)), ("f3", .float(1e20)), ("f4", .float(3)),
        ("f5", .float(1e16)), ("f6", .float(.infinity)), ("f7", .float(.nan)), ("f8", .float(123456789.123)),
        ("t", true), ("n", .null), ("l", .sequence([])), ("d", .mapping([YAMLEntry]())),
        ("nl", .sequence([.sequence([1, 2]), .sequence([3])])),
        (
            "ld",
            .sequence([
                .mapping([("a", 1), ("b", .sequence([1]))]), .mapping([("c", .mapping([("d", 2)]))]),
            ])
        ),
        ("date", .date("2020-01-01")), ("dt", .date("2020-01-01 02:03:04")),
        ("big", .bigInt("10000000000000000000000000")), ("neg", -3), ("f9", .float(1e22)),
        ("f10", .float(1e-10)),
        ("f11", .float(123456789012345680.0)),
    ])

    private static let long = String(repeating: "k", count: 130)
    private static let noEntries: [YAMLEntry] = []

    static let layouts: [(YAMLValue, String)] = {
        let inner: [YAMLValue] = [.sequence([]), .mapping(noEntries), .sequence([.sequence([])])]
        var cases: [(YAMLValue, String)] = []
        cases.append((.mapping([("a", .sequence([.null, 1, .null]))]), "a:\n- \n- 1\n- \n"))
        cases.append((.mapping([("a", .sequence(inner))]), "a:\n- []\n- {}\n- - []\n"))
        cases.append((.mapping([YAMLEntry("", 1), YAMLEntry(.null, 2)]), "'': 1\nnull: 2\n"))
        cases.append((.mapping([("x", .mapping([("a\nb", "c")]))]), "x:\n  ? \"a\\nb\"\n  : c\n"))
        cases.append((.mapping([("a", .string("x\u{2028}y'z"))]), "a: \"x\\Ly'z\"\n"))
        cases.append((.mapping([("a", .string("x\u{85}y"))]), "a: \"x\\Ny\"\n"))
        cases.append((.mapping([(long, .mapping([("a", 1), ("b", 2)]))]), "? \(long)\n: a: 1\n  b: 2\n"))
        cases.append((.mapping([(long, .sequence([1, 2]))]), "? \(long)\n: - 1\n  - 2\n"))
        cases.append((.mapping([(long, .null)]), "? \(long)\n:\n"))
        cases.append((.sequence([]), "[]\n"))
        return cases
    }()

    @Test("collections, nulls and odd keys are laid out as the reference program does", arguments: layouts)
    func layout(_ value: YAMLValue, _ expected: String) {
        #expect(text(YAMLEmitter.document(value)) == expected)
    }

    @Test(
        "any text reads back, also where the reference program's own folding would change it",
        arguments: 0..<40)
    func readsBack(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let parts = Array(
            "aZ19 \"'\\\n\t\r\0\u{7}\u{85}\u{2028}\u{A0}\u{FEFF}é日😀:#-?,[]{}&*!|>%@`=~".unicodeScalars)
        for _ in 0..<100 {
            var text = ""
            let isTame = Bool.random(using: &numbers)
            for _ in 0..<Int.random(in: 0..<220, using: &numbers) {
                let isPlain = isTame || Bool.random(using: &numbers)
                let next =
                    isPlain
                    ? parts[Int.random(in: 0..<5, using: &numbers)] : parts.randomElement(using: &numbers)
                text.unicodeScalars.append(next ?? "a")
            }
            for value in [
                YAMLValue.mapping([("cmd", .string(text))]), .sequence([.sequence([.string(text)])]),
            ] {
                let bytes = YAMLEmitter.document(value)
                #expect(try YAMLDocument(parsing: bytes, file: "x").value == value, "\(bytes)")
            }
            var flow = YAMLEmitter()
            flow.flow(.mapping([YAMLEntry(.string(text), .sequence([.string(text), .null, 1]))]))
            let back = try YAMLDocument(parsing: flow.writer.bytes, file: "x").value
            #expect(back == .mapping([YAMLEntry(.string(text), .sequence([.string(text), .null, 1]))]))
        }
    }

    @Test("long keys stay on one line, where the reference program would write what it cannot read")
    func longKeys() throws {
        let key = Array(repeating: "ab", count: 33).joined(separator: " ")
        let value = YAMLValue.mapping([(key, .string(String(repeating: "x", count: 70)))])
        let bytes = YAMLEmitter.document(value)
        #expect(text(bytes).hasPrefix(key + ": \n  xxx"))
        #expect(try YAMLDocument(parsing: bytes, file: "x").value == value)
    }
}
