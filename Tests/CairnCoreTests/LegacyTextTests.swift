import CairnCore
import Testing

/// A file, as pieces that are repeated, and the `md5-dos2unix` digest that dvc-data gave it.
private struct Vector: CustomTestStringConvertible, Sendable {
    let name: String
    let pieces: [(piece: [UInt8], times: Int)]
    let hex: String

    init(_ name: String, _ pieces: [(piece: Piece, times: Int)], _ hex: String) {
        self.name = name
        self.pieces = pieces.map { ($0.piece.bytes, $0.times) }
        self.hex = hex
    }

    var bytes: [UInt8] {
        var result: [UInt8] = []
        for (piece, times) in pieces {
            if piece.count == 1 {
                result += [UInt8](repeating: piece[0], count: times)
            } else {
                for _ in 0..<times { result += piece }
            }
        }
        return result
    }
    var testDescription: String { name }
}

/// Bytes written as text or as numbers.
private struct Piece: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    let bytes: [UInt8]
    init(stringLiteral text: String) { bytes = Array(text.utf8) }
    init(arrayLiteral bytes: UInt8...) { self.bytes = bytes }
}

private let vectors: [Vector] = [
    Vector("empty", [], "d41d8cd98f00b204e9800998ecf8427e"),
    Vector("LF", [("hello\n", 1)], "b1946ac92492d2347c6235b4d2611184"),
    Vector("CR LF", [("a\r\nb\r\n", 1)], "dd8c6a395b5dd36c56d23275028f526c"),
    Vector("CR alone", [("a\rb\r", 1)], "eea524bfa8bb496aaed2fa86a3c54a9e"),
    Vector("CR CR LF", [("a\r\r\nb", 1)], "65d5f03c46e62e3f2babbe712d2ce464"),
    Vector("LF CR", [("a\n\rb\n\r", 1)], "70363aa5680d3b9e65d10a6c7353244f"),
    Vector("only CR LF", [("\r\n", 1)], "68b329da9893e34099c7d8ad5cb9c940"),
    Vector("ends in CR", [("abc\r", 1)], "8ae0dd80d1260fd836d8dd1624fed14e"),
    Vector("NUL in the block", [("a\r\n\0b\r\n", 1)], "e9edb956dbaaaedb0aa43117f5961b20"),
    Vector(
        "3 of 10 unusual is text", [([0x80, 0x81, 0x82], 1), ("abcde\r\n", 1)],
        "88a2b6dd017be624d5092d80c75bf6f6"),
    Vector(
        "4 of 10 unusual is binary", [([0x80, 0x81, 0x82, 0x83], 1), ("abcd\r\n", 1)],
        "809544b8a7b470246dd99559c81d3882"),
    Vector(
        "153 of 512 unusual is text", [([0xff], 153), ("a", 359), ("\r\n", 2)],
        "b11ef967076f742cb38e0c3df2c4b147"),
    Vector(
        "154 of 512 unusual is binary", [([0xff], 154), ("a", 358), ("\r\n", 2)],
        "503cc71b88168b46534fb1bee887059a"),
    Vector(
        "tab, form feed, backspace are text", [([0x09, 0x0c, 0x08, 0x0d, 0x0a], 4)],
        "fafeadcefa9e26b767ccac4f11ebec9d"),
    Vector(
        "other control bytes and DEL are not", [([0x0b, 0x1b, 0x07, 0x7f, 0x0d, 0x0a], 4)],
        "f50f94f7cea138daf4e69b30d027c107"),
    Vector("space and tilde are text", [(" ~\r\n", 100)], "4de62157e44bae6198c958cbe95ce855"),
    Vector(
        "mostly not ASCII", [([0xc3, 0xa9], 10), ("abcdefghij\r\n", 1)], "a91f9c5e9e2cfce04c21d08bb71b435a"),
    Vector("NUL at 511", [("a", 511), ("\0", 1), ("\r\n", 1)], "8aab188e9c59765e7ce80f5ba3ab39af"),
    Vector("NUL at 512", [("a", 512), ("\0", 1), ("\r\n", 1)], "cf3dae686db0ee01ddf03cfaf2cfd9ac"),
    Vector("CR LF over the end of the block", [("a", 511), ("\r\n", 3)], "9b13b60a44528e4f7b8a2d40fa8e71e9"),
    Vector(
        "binary, shorter than the block", [("\r\n", 20), ([0x01], 260)], "37bc9b2c71d56ad99a223f5b1a4026ba"),
    Vector("exactly one chunk of CR LF", [("\r\n", 524288)], "ed13d9af2f889d413abb821c558242c6"),
    Vector(
        "CR LF over a chunk's end", [("a", 1_048_575), ("\r\nb\r\n", 1)], "deb8178cc400550795d42d701b97846d"),
    Vector("CR ends chunk and file", [("a", 1_048_575), ("\r", 1)], "f8db8237b2e240dce3394bae57a0b475"),
    Vector(
        "LF, then CR LF over a chunk's end", [("a", 1_048_574), ("\n\r\nx\r\n", 1)],
        "876b2640fb89975461bbee7eba3c8782"),
    Vector(
        "text, binary", [("ab\r\n", 262144), ([0x00, 0x0d, 0x0a], 1000)], "a8e83e790f915e4affddd04329fa108f"),
    Vector(
        "binary, text", [("\0", 1), ("a", 1_048_575), ("line\r\n", 1000)], "edc7cd155b55637fa939db009be963e1"),
    Vector(
        "text, binary, text", [("ab\r\n", 262144), ([0x00, 0x0d, 0x0a, 0x00], 262144), ("c\r\n", 7)],
        "3558c79672fe0b68ee1bfdf682788c16"),
    Vector(
        "CR ends a chunk before a binary one",
        [("a", 1_048_575), ("\r", 1), ([0x0a, 0x00, 0x0d, 0x0a], 300)], "56501d1cf9e8aec06c494a17234a43ed"),
    Vector(
        "short binary chunk at the end", [("ab\r\n", 262144), ([0x80, 0x81, 0x82, 0x83, 0x0d, 0x0a], 1)],
        "1322763e7c87653058a242c9769a5d87"),
    Vector("2.5 MiB of lines", [("0123456789 line\r\n", 154202)], "579bbeaa2d17514728400628e8880df5"),
    Vector(
        "run of CR over a chunk's end", [("a", 1_048_573), ("\r", 6), ("\n", 1)],
        "bef26d5e2c5557b76378a2aea79b37d6"),
]

/// Returns the bytes that were also made for the reference: a random mix in which `last` takes a sixteenth.
private func mix(seed: UInt64, count: Int, last: UInt8) -> [UInt8] {
    let alphabet: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x61, 0x62, 0x20, 0x7e, 0x09, 0x2c, 0x30, 0xa9, 0xff, 0x1b, 0x80, last,
    ]
    var state = seed
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        alphabet.withUnsafeBufferPointer { alphabet in
            var index = 0
            while index < count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                buffer[index] = alphabet[Int(state >> 60)]
                index += 1
            }
        }
        initialized = count
    }
}

/// Hashes `bytes` with updates of `step` bytes.
private func digest(of bytes: [UInt8], step: Int) -> Digest {
    var md5 = LegacyMD5()
    bytes.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + step)
            md5.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end
        }
    }
    return md5.finish()
}

@Suite("LegacyMD5")
struct LegacyTextTests {
    @Test("gives the digest that DVC gives", arguments: vectors)
    fileprivate func agrees(_ vector: Vector) {
        var md5 = LegacyMD5()
        md5.update(vector.bytes.span)
        #expect(md5.finish().hex == vector.hex)
    }

    @Test("does not depend on how the file is split over updates", arguments: vectors)
    fileprivate func splits(_ vector: Vector) {
        let bytes = vector.bytes
        // Small steps over a big file take long and try nothing more than they do over a small one.
        let steps = bytes.count < 10_000 ? [1, 2, 3, 511, 512, 513] : [4097, (1 << 20) - 1, 1 << 20]
        for step in steps {
            #expect(digest(of: bytes, step: step).hex == vector.hex, "updates of \(step) bytes")
        }
    }

    @Test(
        "agrees with DVC on random mixtures of text, line ends and other bytes",
        arguments: [
            (seed: UInt64(1), count: 2_107_159, last: UInt8(0x0b), hex: "10b34d119b907eaaf62b38212b41b04c"),
            (seed: 4, count: 2_137_180, last: 0x0b, hex: "090cb927cc08d5c1a40cb511f2383a22"),
            (seed: 7, count: 2_167_201, last: 0x0b, hex: "2b90a3b99b44d20dd408156aebf5a880"),
            (seed: 22, count: 2_317_306, last: 0x0d, hex: "aea115f6e884c7420d1ac6e9bf5f307f"),
        ])
    func mixtures(seed: UInt64, count: Int, last: UInt8, hex: String) {
        let bytes = mix(seed: seed, count: count, last: last)
        #expect(digest(of: bytes, step: count).hex == hex)
        #expect(digest(of: bytes, step: 1009).hex == hex)
    }

    @Test("can be asked in the middle of a file")
    func asksInTheMiddle() {
        var md5 = LegacyMD5()
        md5.update(Array("abc\r".utf8).span)
        #expect(md5.finish().hex == "8ae0dd80d1260fd836d8dd1624fed14e")
        md5.update(Array("\n".utf8).span)
        #expect(md5.finish() == MD5.digest(of: Array("abc\n".utf8)))
    }
}
