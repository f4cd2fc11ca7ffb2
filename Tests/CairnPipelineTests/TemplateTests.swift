import CairnFormats
import Testing

@testable import CairnPipeline

@Suite("Templates")
struct TemplateTests {
    static let texts: [(String, [String])] = [
        ("plain", ["plain"]), ("", []), ("${a}", ["a"]), ("x${a}y", ["x", "a", "y"]),
        ("${a.b[0].c}", ["a|b|0|c"]), ("${ a . b [ 0 ] }", ["a|b|0"]), ("${a[b][1]}", ["a|b|1"]),
        ("${a}${b}", ["a", "b"]), ("\\${a}", ["\\${a}"]), ("\\\\${a}", ["\\\\${a}"]), ("$${a}", ["$", "a"]),
        ("${a b}", ["a b"]), ("${a-b_c}", ["a-b_c"]), ("$a {b} ${", ["$a {b} ${"]), ("${ b", ["${ b"]),
        ("${'x", ["${'x"]), ("${\na}", ["${\na}"]), ("é${é}", ["é", "é"]), ("}${a}}", ["}", "a", "}"]),
    ]

    @Test("a text is cut at its templates", arguments: texts)
    func cuts(_ text: String, _ pieces: [String]) throws {
        let found = try Template(parsing: text).pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .reference(let reference): reference.parts.joined(separator: "|")
            }
        }
        #expect(found == pieces)
    }

    static let faults: [(String, String)] = [
        ("x ${a", "the template '${a' is not closed; write '\\${' for a '${' that stays"),
        ("${a\n}", "the template '${a' is not closed; write '\\${' for a '${' that stays"),
        ("${}", "'${}' is not a template: a name is missing in it"),
        ("${ }", "'${ }' is not a template: a name is missing at its start"),
        ("${.a}", "'${.a}' is not a template: a name is missing at its start"),
        ("${a.}", "'${a.}' is not a template: a name is missing after '.'"),
        ("${a..b}", "'${a..b}' is not a template: a name is missing after '.'"),
        ("${a[]}", "'${a[]}' is not a template: a name is missing after '['"),
        ("${a[0}", "'${a[0}' is not a template: ']' is missing"),
        ("${a[b.c]}", "'${a[b.c]}' is not a template: ']' is missing"),
        ("${a]}", "'${a]}' is not a template: there is no '[' before ']'"),
        ("${a[0]b}", "'${a[0]b}' is not a template: '.' or '[' is missing after ']'"),
        ("${a${b}}", "'${a${b}' is not a template: another one begins inside of it"),
    ]

    @Test("what is no template is said", arguments: faults)
    func refuses(_ text: String, _ reason: String) {
        let fault = #expect(throws: TemplateFault.self) { try Template(parsing: text) }
        #expect(fault?.reason == reason)
        #expect(fault.map { text.contains($0.piece) } == true)
    }

    @Test(
        "backslashes that kept a template from being one go",
        arguments: [
            ("\\${a}", "${a}"), ("\\\\${a}", "\\${a}"), ("a\\b", "a\\b"), ("\\$", "\\$"),
            ("\\${\\${", "${${"),
        ])
    func unescapes(_ text: String, _ result: String) { #expect(Template.withoutEscapes(text) == result) }

    static let options: [(YAMLValue, String, String)] = [
        (.mapping([("a", 1), ("b", "x y"), ("c", .null)]), "--a 1 --b 'x y' --c None", ""),
        (.mapping([("t", true), ("f", false)]), "--t", "--t --no-f"),
        (
            .mapping([("l", .sequence([1, "it's", true]))]), "--l 1 'it'\"'\"'s' True",
            "--l 1 --l 'it'\"'\"'s' --l True"
        ),
        (
            .mapping([("n", .mapping([("x", .float(1e-5)), ("y", .mapping([("z", "")]))]))]),
            "--n.x 1e-05 --n.y.z ''", ""
        ),
        (.mapping([("e", .mapping([YAMLEntry]())), ("l", .sequence([]))]), "", ""),
        (
            .mapping([
                ("i", .float(-.infinity)), ("n", .float(.nan)), ("b", .bigInt("-99999999999999999999")),
            ]), "--i -inf --n nan --b -99999999999999999999", ""
        ),
    ]

    @Test("mappings become options", arguments: options)
    func unpacks(_ value: YAMLValue, _ usual: String, _ other: String) throws {
        let entries = try #require(value.entries)
        #expect(try TemplateText.options(entries, TemplateSettings()) == usual)
        let settings = TemplateSettings(booleans: .booleanOptional, lists: .append)
        #expect(try TemplateText.options(entries, settings) == (other.isEmpty ? usual : other))
    }
}
