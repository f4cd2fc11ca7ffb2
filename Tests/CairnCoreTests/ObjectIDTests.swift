import CairnCore
import CairnTestSupport
import Testing

@Suite("Object ids and digests")
struct ObjectIDTests {
    private static let hex = "0123456789abcdef0123456789abcdef"

    @Test(
        "text is taken apart, and nothing else is taken",
        arguments: [
            (hex, true), (hex + ".dir", true), (hex.uppercased(), true), (hex + ".DIR", false),
            (hex + ".di", false),
            (String(hex.dropLast()), false), (hex + "0", false), (hex + hex, false), ("", false),
            (".dir", false),
            (hex.dropLast() + "g", false), (" " + hex.dropLast(), false), (hex + ".dir.dir", false),
            (hex + "\n", false),
        ] as [(String, Bool)])
    func parsing(_ text: String, _ isAccepted: Bool) {
        let id = ObjectID(.md5, parsing: Array(text.utf8))
        #expect((id != nil) == isAccepted)
        if let id {
            #expect(id.text == text.lowercased())
            #expect(id.isDirectory == text.hasSuffix(".dir"))
            #expect(id.short == "01234567")
        }
    }

    @Test("a name in a store and the text say the same", arguments: 0..<50)
    func names(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bytes = random.bytes(16)
        let id = ObjectID(.md5, try #require(Digest(bytes: bytes)), isDirectory: seed % 2 == 0)
        #expect(id.digest.bytes == bytes)
        #expect(id.digest.firstByte == bytes[0])
        #expect(ObjectID(.md5, parsing: Array(id.text.utf8)) == id)
        let name = Array(id.text.utf8.dropFirst(2))
        func parse(_ name: [UInt8]) -> ObjectID? {
            name.withUnsafeBytes { ObjectID(.md5, firstByte: bytes[0], restOfName: $0) }
        }
        #expect(parse(name) == id)
        #expect(parse(Array(name.dropLast())) == nil)
        #expect(parse(name + [UInt8(ascii: "0")]) == nil)
        #expect(parse([]) == nil)
        // Upper case is not the name of an object.
        let upper = Array(String(decoding: name, as: UTF8.self).uppercased().utf8)
        if upper != name { #expect(parse(upper) == nil) }
    }

    @Test("ids are ordered by their bytes, files before the listing of the same digest", arguments: 0..<20)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let ids = try (0..<40).map { _ in
            let bytes = random.bytes(16).map { $0 % 3 == 0 ? 0xFF : $0 & 1 }
            return ObjectID(
                .md5, try #require(Digest(bytes: bytes)), isDirectory: Bool.random(using: &random))
        }
        let texts = ids.sorted().map(\.text)
        #expect(texts == ids.map(\.text).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    }

    @Test("digests of other lengths are refused", arguments: [0, 15, 17, 31, 33])
    func lengths(_ count: Int) {
        #expect(Digest(bytes: [UInt8](repeating: 1, count: count)) == nil)
        #expect(Digest(hex: Array(String(repeating: "01", count: count).utf8)) == nil)
    }
}
