import CairnRemote
import Testing

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test(
        "escapes keys",
        arguments: [
            ("a/b", "a/b"), ("a b+c%d=e", "a%20b%2Bc%25d%3De"), ("//a//", "//a//"), ("../.", "../."),
            ("é", "%C3%A9"), ("e\u{301}", "e%CC%81"), ("~-._", "~-._"), ("a\u{0}\n", "a%00%0A"),
            ("/\u{301}", "/%CC%81"), ("", ""),
        ])
    func paths(_ key: String, _ path: String) {
        #expect(PercentEncoding.path(key) == path)
        #expect(PercentEncoding.decoded(path.utf8) == Array(key.utf8))
    }

    @Test("escapes queries; no value is not an empty one")
    func queries() {
        let items: [(name: String, value: String?)] = [("uploads", nil), ("prefix", "a/&=+"), ("a b", "")]
        #expect(PercentEncoding.query(items) == "uploads&prefix=a%2F%26%3D%2B&a%20b=")
        #expect(PercentEncoding.query([]) == "")
    }

    @Test("what is no escape stands for itself", arguments: ["%", "a%4", "%zz", "+", "%%"])
    func noEscapes(_ text: String) { #expect(PercentEncoding.decoded(text.utf8) == Array(text.utf8)) }

    @Test("lower-case digits are read") func lower() {
        #expect(PercentEncoding.decoded("%c3%a9".utf8) == [0xC3, 0xA9])
    }

    @Test("all bytes survive")
    func allBytes() {
        let bytes = [UInt8](0...255)
        #expect(PercentEncoding.decoded(PercentEncoding.component(bytes).utf8) == bytes)
        #expect(PercentEncoding.decoded(PercentEncoding.path(bytes).utf8) == bytes)
    }
}
