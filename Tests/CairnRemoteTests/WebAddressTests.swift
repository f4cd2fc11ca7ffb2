import Testing

@testable import CairnRemote

@Suite("Addresses on the web")
struct WebAddressTests {
    @Test(
        "a URL as a user writes it",
        arguments: [
            ("http://h", "http://h"), ("HTTPS://H.example:8443/data/", "https://H.example:8443/data"),
            ("http://h//", "http://h"), ("http://h/a b/\u{e9}", "http://h/a%20b/%C3%A9"),
            ("http://h/a%20b/+,;", "http://h/a%20b/+,;"), ("http://[::1]:80/x", "http://[::1]:80/x"),
            ("http://user:secret@h/x", "http://h/x"), ("http://h/@x", "http://h/@x"),
        ])
    func read(_ text: String, _ url: String) throws {
        #expect(try WebAddress(text).url == url)
    }

    @Test("a user in it is taken out")
    func user() throws {
        let login = try WebAddress("https://us%40er:s%3Aec:ret@h/x").login
        #expect(login?.user == "us@er" && login?.password == "s:ec:ret")
        #expect(try WebAddress("https://user@h/x").login?.password == "")
        #expect(try WebAddress("https://h/x").login == nil)
    }

    @Test(
        "what is no folder on the web is refused",
        arguments: [
            "", "h/x", "http://", "http:///x", "http://u:p@/x", "http://h/x?y=1", "http://h/#x",
            "http://h x/", "http://h%41/",
        ])
    func none(_ text: String) { #expect(throws: RemoteError(.noPath)) { try WebAddress(text) } }

    @Test("other schemes are refused by name")
    func schemes() {
        #expect(throws: RemoteError(.unsupportedScheme("ftp"))) { try WebAddress("ftp://h/x") }
    }

    @Test("keys are escaped")
    func keys() throws {
        let address = try WebAddress("http://h/data")
        #expect(address.url(of: "a/b+c%d?e#f") == "http://h/data/a/b%2Bc%25d%3Fe%23f")
        #expect(address.url(of: "a/") == "http://h/data/a/" && address.url(of: "") == "http://h/data/")
    }

    @Test(
        "who may know what the other one may",
        arguments: [
            ("http://h/a", "http://h/b", true), ("http://h", "https://h/", true),
            ("https://h:443/", "https://H/", true),
            ("https://h", "http://h/", false), ("http://h", "http://g/", false),
            ("http://h", "http://h:81/", false),
            ("http://h", "http://h.evil/", false), ("http://h", "http://h@evil/", false),
            ("http://h", "nothing", false),
        ])
    func same(_ one: String, _ other: String, _ isSame: Bool) {
        #expect(WebSession.isSame(one, other) == isSame)
    }

    @Test(
        "redirects lead somewhere, or nowhere",
        arguments: [
            ("/x", "http://h/x"), ("x", "http://h/a/x"), ("../x", "http://h/x"), ("//g/x", "http://g/x"),
            ("https://g/x y#z", "https://g/x%20y"), ("?q=1", "http://h/a/b?q=1"), ("", nil),
            ("file:///etc/passwd", nil), ("ftp://g/x", nil), ("http://", nil), ("http://h:99999/", nil),
        ])
    func resolve(_ reference: String, _ expected: String?) {
        #expect(WebSession.resolve(reference, in: "http://h/a/b") == expected)
    }

    @Test("settings tell no secret")
    func secrets() {
        let settings = WebSettings(
            url: "http://u:secret@h/", proof: .header(name: "X", value: "secret"))
        #expect(!"\(settings)".contains("secret"))
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("secret"))
    }

    @Test(
        "parts of objects as answers name them",
        arguments: [
            ("bytes 0-4/10", 0..<5, 10), ("bytes 5-9/10", 5..<10, 10), ("bytes 5-9/*", 5..<10, nil),
            ("Bytes */0", 0..<0, 0),
            (
                "bytes 9223372036854775806-9223372036854775806/9223372036854775807",
                Int64.max - 1..<Int64.max, Int64.max
            ),
        ] as [(String, Range<Int64>, Int64?)])
    func range(_ text: String, _ bytes: Range<Int64>, _ total: Int64?) {
        let range = ContentRange(HTTPResponse(206, ["Content-Range": text]))
        #expect(range?.bytes == bytes && range?.total == total)
    }

    @Test(
        "others make no sense",
        arguments: [
            "", "bytes", "bytes 0-4", "bytes 4-0/10", "bytes 0-10/10", "bytes -1-4/10", "bytes 0-4/x",
            "items 0-4/10", "bytes 0-4/10/1",
            "bytes 0-9223372036854775807/*", "bytes 0-99999999999999999999/*", "bytes a-b/10",
        ])
    func noRange(_ text: String) { #expect(ContentRange(HTTPResponse(206, ["Content-Range": text])) == nil) }
}
