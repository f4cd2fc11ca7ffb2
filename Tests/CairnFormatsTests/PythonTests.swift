import Testing

@testable import CairnFormats

@Suite struct PythonTests {
    static let values: [(text: String, value: String)] = [
        ("", "{}"),
        ("b = 1\na = 'x'  # comment\nb = 2\n", "{b: 2, a: x}"),
        (
            "import os\nfrom x import (y,\n  z)\nlr: float = 0.1\nn: int\nlr2 = lr * 2\nf = os.getenv('A')\n",
            "{lr: 0.1}"
        ),
        ("a = b = 1\nc, d = 1, 2\ne.f = 3\ng[0] = 4\nh += 5\ni = j == 6\n", "{}"),
        (
            "t = 1, 2\nu = (3,)\nv = ()\nw = (4)\nx = [1, [2, (3, 4)],]\n",
            "{t: [1, 2], u: [3], v: [], w: 4, x: [1, [2, [3, 4]]]}"
        ),
        (
            "d = {'a': 1, 2: 'b', None: [True, False, None],}\ns = {3, 1, 3}\ne = set()\nf = {}\n",
            "{d: {a: 1, 2: b, null: [true, false, null]}, s: [3, 1], e: [], f: {}}"
        ),
        (
            "a = -1\nb = +2.5\nc = -(3)\nd = --1\ne = ~1\nf = 1 + 2\ng = 1j\nh = not True\ni = -True\n",
            "{a: -1, b: 2.5, c: -3}"
        ),
        (
            "a = 0x1F\nb = 0O17\nc = 0b1_1\nd = 1_000\ne = 1e-5\nf = .5\ng = 5.\nh = 00\ni = 1_0.0_1\nj = 0777.5\n",
            "{a: 31, b: 15, c: 3, d: 1000, e: 1e-05, f: 0.5, g: 5.0, h: 0, i: 10.01, j: 777.5}"
        ),
        (
            "a = 123456789012345678901234567890\nb = -9223372036854775808\n",
            "{a: 123456789012345678901234567890, b: -9223372036854775808}"
        ),
        (
            "a = 'x' \"y\" '''z\n'''\nb = r'\\n'\nc = '\\x41\\u00e9\\U0001F600\\101\\N{BULLET}\\q\\\n'\nd = b'x'\ne = f'{a}'\ng = 'x' f'{a}'\nh = u'é'\n",
            "{a: \"xyz\\n\", b: \\n, c: Aé😀A•\\q, h: é}"
        ),
        (
            "class A:\n    x = 1\n    class B(object):\n        y: int = 2\n\n    def __init__(self, z=3):\n        self.z = 4\n        w = 5\n        self.v.u = 6\n        if w:\n            self.t = 7\n    def run(self):\n        self.r = 8\n\nq = 9\n",
            "{A: {x: 1, B: {y: 2}, z: 4}, q: 9}"
        ),
        ("class A: x = 1; y = 2\nclass B: pass\nclass A:\n  z = 3\n", "{A: {z: 3}, B: {}}"),
        (
            "if True:\n    x = 1\nelse:\n    x = 2\nfor i in range(3): y = i\nwith open('f') as g:\n\n    # c\n    z = 1\nw = 2\n",
            "{w: 2}"
        ),
        ("def __init__(self):\n    self.a = 1\n    b = 2\nself.c = 3\n", "{a: 1, c: 3}"),
        ("@decorator(1)\nclass A(B, c=lambda x: x):\n\tx = [\n1,\n  2]\n", "{A: {x: [1, 2]}}"),
        ("x = 1; y = 2;\nz = \\\n  3\n", "{x: 1, y: 2, z: 3}"),
        (
            "async def f():\n    x = 1\nlambda: 0\nf = lambda a=1: a\nmatch x:\n    case 1: y = 2\ntype X = int\n",
            "{}"
        ),
        (
            "x = f\"{a['b']:>{w}} {{ {c!r}\"\ny = f'{x:'\nz = f'''{\n  x}'''\nw = rb'\\'\n".replacing(
                "w = rb'\\'\n", with: "w = 1\n"), "{w: 1}"
        ),
        ("\"\"\"docs\n  x = 1\n\"\"\"\na = 1\r\nb = 'x\\\r\ny'\r\n", "{a: 1, b: xy}"),
        (
            "x = 1 if True else 2\ny = [i for i in range(3)]\nz = {**a}\nw = [*b]\nv = {[1]: 2}\nu = ...\n",
            "{}"
        ),
        (" \\\n  # c\nx = 1\nclass A:\n  \\\n y = 2\n", "{x: 1, A: {y: 2}}"),
        ("(x) = 1\nprint('a', end='')\nx: 'A' = None\n", "{x: null}"),
    ]

    @Test("a module reads as far as it is literals", arguments: values)
    func reads(_ text: String, _ value: String) throws {
        let read = try ParameterFile(parsing: Array(text.utf8), file: "p.py")
        #expect(YAMLEmitter.line(read.value) == value)
    }

    static let errors: [(text: String, line: Int, column: Int, reason: String)] = [
        ("a = [1,\nb = 2\n", 1, 5, "this '[' is never closed"),
        ("a = (1]\n", 1, 7, "this ']' does not close the '(' of line 1"),
        ("a = 1)\n", 1, 6, "this ')' closes nothing"),
        ("a = 'x\n", 1, 5, "the text has no end on its line"),
        ("a = '''x\n", 1, 5, "the text has no end"),
        ("a = 1 2\n", 1, 7, "an operator or a comma is missing before this"),
        ("a = {'x': 1 'y': 2}\n", 1, 13, "an operator or a comma is missing before this"),
        ("print 'x'\n", 1, 7, "an operator or a comma is missing before this"),
        ("a =\n", 1, 3, "a value is missing after '='"),
        ("= 1\n", 1, 1, "a name is missing before '='"),
        ("class = 1\n", 1, 1, "':' is missing at the end of this line"),
        ("None = 1\n", 1, 1, "'None' is a word of Python, not a name"),
        ("a = $x\n", 1, 5, "this sign has no place in Python"),
        ("a = 1\n  b = 2\n", 2, 3, "this line is indented for no reason"),
        ("class A:\nx = 1\n", 1, 1, "an indented block is missing after this line"),
        ("class A:\n    x = 1\n  y = 2\n", 3, 3, "the indentation is that of no block above"),
        ("class A:\n\tx = 1\n        y = 2\n", 3, 1, "tabs and blanks are mixed in the indentation"),
        ("a = 012\n", 1, 5, "a whole number starts with 0"),
        ("a = 1_\n", 1, 5, "this is not a number"),
        ("a = 12abc\n", 1, 5, "this is not a number"),
        ("a = '\\x4'\n", 1, 6, "2 hexadecimal digits are missing, or there is no such character"),
        ("a = 1 \\ 2\n", 1, 7, "nothing may follow a backslash on its line"),
        ("\u{FEFF}a = 1\n", 1, 1, "the text starts with a byte order mark, which must go"),
        ("a = 1\n\0\n", 2, 1, "this sign has no place in Python"),
        ("class:\n  x = 1\n", 1, 6, "a name is missing after 'class'"),
    ]

    @Test("what is wrong in a module is said with its place", arguments: errors)
    func refuses(_ text: String, _ line: Int, _ column: Int, _ reason: String) {
        let expected = FormatsError(file: "p.py", at: SourceLocation(line: line, column: column), reason)
        #expect(throws: expected) { try ParameterFile(parsing: Array(text.utf8), file: "p.py") }
    }

    @Test("what is nested without end takes no time", arguments: ["(", "[", "{", "{1:", "-(", "(1,"])
    func deep(_ part: String) throws {
        let text = "x = " + String(repeating: part, count: 50_000)
        #expect(throws: FormatsError.self) { try ParameterFile(parsing: Array(text.utf8), file: "p.py") }
        let closing = part.hasPrefix("{") ? "}" : part.hasPrefix("[") ? "]" : ")"
        let closed = text + "1" + String(repeating: closing, count: 50_000)
        #expect(try ParameterFile(parsing: Array(closed.utf8), file: "p.py").value.entries?.isEmpty == true)
        let blocks = (0..<150).map { String(repeating: " ", count: $0) + "class A:\n" }.joined()
        #expect(throws: FormatsError.self) { try ParameterFile(parsing: Array(blocks.utf8), file: "p.py") }
    }
}
