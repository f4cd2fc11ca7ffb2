import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Dates of HTTP")
struct HTTPDateTests {
    @Test(
        "all three forms are read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799), ("Sat, 21 Nov 2026 18:49:08 GMT", 1_795_286_948),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("sat, 21 nov 2026 18:49:08 gmt", 1_795_286_948),
        ] as [(String, Int64)])
    func forms(_ text: String, _ seconds: Int64) { #expect(HTTPDate.parse(text) == seconds * 1000) }

    @Test(
        "what is no date is none",
        arguments: [
            "", "12", "Sun", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
            "2026-11-21T18:49:08Z", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 6- Nov 1994 ::: GMT",
        ])
    func none(_ text: String) { #expect(HTTPDate.parse(text) == nil) }

    @Test("no text is too strange", arguments: 0..<4)
    func fuzz(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            var bytes = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            _ = HTTPDate.parse(String(decoding: bytes, as: UTF8.self))
        }
    }
}
