import Testing

@testable import CairnCore

@Suite("PythonJSON")
struct PythonJSONTests {
    @Test(
        "writes strings as Python does",
        arguments: [
            (Array("a/b".utf8), #""a/b""#),
            (Array(#"ü name "q".txt"#.utf8), #""\u00fc name \"q\".txt""#),
            (Array("😀".utf8), #""\ud83d\ude00""#),
            ([0xFF, 0xFE], #""\udcff\udcfe""#),
            ([0x61, 0xE2, 0x82], #""a\udce2\udc82""#),
            ([0xED, 0xA0, 0x80], #""\udced\udca0\udc80""#),
            ([0, 1, 31, 127, 8, 12, 10, 13, 9, 92], #""\u0000\u0001\u001f\u007f\b\f\n\r\t\\""#),
            ([0xF4, 0x90, 0x80, 0x80], #""\udcf4\udc90\udc80\udc80""#),
            ([0xC0, 0xAF], #""\udcc0\udcaf""#),
            (Array("\u{FFFF}\u{80}".utf8), #""\uffff\u0080""#),
        ] as [([UInt8], String)])
    func strings(_ bytes: [UInt8], _ expected: String) throws {
        let text = PythonJSON.string(bytes).serialized()
        #expect(String(decoding: text, as: UTF8.self) == expected)
        let back: [UInt8] = try text.withUnsafeBufferPointer { buffer throws(PythonJSONError) in
            var reader = PythonJSONReader(buffer)
            var output: [UInt8] = []
            try reader.unescape(reader.text(), into: &output)
            return output
        }
        #expect(back == bytes)
    }

    @Test(
        "writes numbers as Python does",
        arguments: [
            (0.1, "0.1"), (1e-05, "1e-05"), (0.0001, "0.0001"), (3.0, "3.0"), (1e15, "1000000000000000.0"),
            (1e16, "1e+16"), (1.2345678901234568e17, "1.2345678901234568e+17"), (1e22, "1e+22"),
            (1.5e300, "1.5e+300"), (.leastNonzeroMagnitude, "5e-324"), (-0.0, "-0.0"), (0.0, "0.0"),
            (1234.5678, "1234.5678"),
            (-2.5e-07, "-2.5e-07"), (9_007_199_254_740_992.0, "9007199254740992.0"), (100.0, "100.0"),
            (1.2345678901234568e16, "1.2345678901234568e+16"), (1.0 / 3, "0.3333333333333333"),
            (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"),
        ])
    func numbers(_ value: Double, _ expected: String) {
        #expect(PythonJSON.text(of: value) == expected)
    }

    @Test("writes lists and objects with a space after comma and colon")
    func containers() {
        let value = PythonJSON.object([
            (
                name: Array("b".utf8),
                value: .array([.integer(-1), .bool(true), .null, .array([]), .object([])])
            ),
            (
                name: Array("a".utf8),
                value: .array([.float(1), .digits("123456789012345678901234567890"), .string("x")])
            ),
        ])
        #expect(
            String(decoding: value.serialized(), as: UTF8.self)
                == #"{"b": [-1, true, null, [], {}], "a": [1.0, 123456789012345678901234567890, "x"]}"#)
        #expect(
            String(decoding: value.serialized(sortingKeys: true), as: UTF8.self)
                == #"{"a": [1.0, 123456789012345678901234567890, "x"], "b": [-1, true, null, [], {}]}"#)
    }

    @Test("compares names by code point, bytes that are not UTF-8 between U+D7FF and U+E000")
    func order() {
        // The order in which Python 3.11 sorts these names.
        let sorted: [[UInt8]] = [
            [0x41], [0x61], [0x61, 0x2E, 0x62], [0x61, 0x2F, 0x62], [0x61, 0x30], [0x61, 0xC3, 0xA9],
            [0x61, 0xE2, 0x82, 0x80, 0x78], [0x61, 0xE2, 0x82, 0xAC], [0x61, 0xED, 0x9F, 0xBF], [0x61, 0xC3],
            [0x61, 0xE2, 0x82], [0x61, 0xE2, 0x82, 0x7A], [0x61, 0xED, 0xB3, 0xBF], [0x61, 0xFF],
            [0x61, 0xEE, 0x80, 0x80], [0x61, 0xF0, 0x9F, 0x98, 0x80], [0x62], [0xE2, 0x82, 0xAC],
            [0xE2, 0x82],
        ]
        for (i, left) in sorted.enumerated() {
            for (j, right) in sorted.enumerated() {
                let order = left.withUnsafeBufferPointer { left in
                    right.withUnsafeBufferPointer { PythonText.compare(left, $0) }
                }
                #expect(order.signum() == (i - j).signum(), "\(left) against \(right)")
            }
        }
    }
}
