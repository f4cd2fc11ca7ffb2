import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("Pages of folders")
struct FolderPageTests {
    /// What a page tells, one line for each entry.
    private func lines(_ html: String, at url: String = "http://h/data/log/") -> [String] {
        FolderPage(Array(html.utf8), at: url).entries.map { entry in
            let size = entry.size.map { " \($0)" } ?? ""
            let time = entry.modified.map { " @\($0 / 60_000)" } ?? ""
            return "\(entry.name)\(entry.isFolder ? "/" : "")\(size)\(time)"
        }
    }

    @Test("nginx tells sizes and times")
    func nginx() {
        let html = """
            <html>\r
            <head><title>Index of /data/log/</title></head>\r
            <body>\r
            <h1>Index of /data/log/</h1><hr><pre><a href="../">../</a>\r
            <a href="idx/">idx/</a>                                               21-Nov-2026 18:50                   -\r
            <a href="%2B%25a%26b%3D%3Fc%23.seg">+%a&amp;b=?c#.seg</a>              21-Nov-2026 18:49                1234\r
            <a href="big">big</a>                                                 21-Nov-2026 18:49                 12M\r
            <a href="zero">zero</a>                                                01-Jan-1970 00:01                   0\r
            </pre><hr></body>\r
            </html>\r
            """
        #expect(lines(html) == ["idx/", "+%a&b=?c#.seg 1234 @29921449", "big", "zero 0 @1"])
    }

    @Test("Apache tells neither exactly, and has links to itself")
    func apache() {
        let html = """
            <!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
            <html><head><title>Index of /data/log</title></head><body>
            <table><tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th>
            <th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
            <tr><td valign="top"><img src="/icons/back.gif"></td><td><a href="/data/">Parent Directory</a></td></tr>
            <tr><td><a href="acks/">acks/</a></td><td align="right">2026-11-21 18:49  </td><td align="right">  - </td></tr>
            <tr><td><a href="1.seg">1.seg</a></td><td align="right">2026-11-21 18:49  </td><td align="right">1.2K</td></tr>
            </table></body></html>
            """
        #expect(lines(html) == ["acks/", "1.seg"])
    }

    @Test("Python's server tells names")
    func python() {
        let html = """
            <!DOCTYPE HTML>
            <html lang="en"><head><meta charset="utf-8"><title>Directory listing for /data/log/</title></head>
            <body><h1>Directory listing for /data/log/</h1><hr><ul>
            <li><a href=".hidden">.hidden</a></li>
            <li><a href="a%20b">a b</a></li>
            <li><a href="link">link@</a></li>
            <li><a href="roots/">roots/</a></li>
            </ul><hr></body></html>
            """
        // A name with a space is no part of a key.
        #expect(lines(html) == [".hidden", "link", "roots/"])
    }

    @Test(
        "links are written in many ways",
        arguments: [
            ("<a href='x'>", ["x"]), ("<A HREF=x>", ["x"]), ("<a\nclass=\"c\"\thref = \"x\" >", ["x"]),
            ("<a title=\"a > b\" href=\"x\">", ["x"]), ("<a download href=./x>", ["x"]),
            ("<a href=\"http://h/data/log/x\">", ["x"]), ("<a href=\"//H/data/log/x/\">", ["x/"]),
            ("<a href=\"/data/log/x\">", ["x"]), ("<a href=\"../log/x\">", ["x"]),
            ("<a href=\"x#top\">", ["x"]),
            ("<a href=\"/d%61ta/log/x\">", ["x"]), ("<a href=\"&#120;&#x79;&amp;\">", ["xy&"]),
            ("<a href=\"x\"><a href=\"x\"><a href=\"x/\">", ["x", "x/"]),
            ("<a href=\"&unknown;\">", ["&unknown;"]),
            ("<a href=\"http://h:80/data/log/x\">", ["x"]), ("<abbr href=\"x\">", []), ("<a name=\"x\">", []),
            ("<a href=\"https://h.example/data/log/x\">", []), ("<a href=\"/data/x\">", []),
            ("<a href=\"\">", []),
            ("<a href=\"javascript:x\">", []), ("<a href=\"x?y\">", []), ("<a href=\"x/y\">", []),
            ("<a href=\"%2e%2e\">", []), ("<a href=\"a%2Fb\">", []), ("<a href=\"../../../../x\">", []),
            ("<a href=\"./\">", []), ("<a href=", []), ("<a href=\"x", ["x"]), ("<a =x href=y>", ["y"]),
            ("<", []), ("<a", []),
            ("<a ", []), ("<a href=x%00>", []), ("<a href=x\u{e9}>", []),
        ])
    func links(_ html: String, _ expected: [String]) { #expect(lines(html) == expected, "\(html)") }

    @Test("a page that somebody wrote is no listing")
    func noListing() {
        func isListing(_ html: String) -> Bool {
            FolderPage(Array(html.utf8), at: "http://h/data/").isListing
        }
        #expect(!isListing("<html><title>Welcome</title><a href=\"https://nginx.org/\">nginx</a></html>"))
        #expect(!isListing(""))
        #expect(!isListing("index.html? No: nothing."))
        #expect(isListing("<title>Directory listing for /</title><ul></ul>"))
        #expect(isListing("<title>Index of /</title>"))
        #expect(isListing("<a href=\"../\">up</a>"))
        #expect(isListing("<a href=\"x\">x</a>"))
    }

    @Test("no page is too strange", arguments: 0..<6)
    func fuzz(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let words = [
            "<a href=\"", "<a ", "href", "=", "\"", "'", ">", "</a>", "\n", " ", "../", "./", "/", "//", "x",
            "%2f",
            "%", "&#", "&amp;", ";", "http://h/data/", "21-Nov-2026 18:49", "99999999999999999999", "12",
            "\0", "#", "?",
        ]
        for _ in 0..<1500 {
            var html: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                html += Array(words[Int.random(in: 0..<words.count, using: &random)].utf8)
            }
            if Bool.random(using: &random), !html.isEmpty {
                html[Int.random(in: 0..<html.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            for entry in FolderPage(html, at: "http://h/data/log/").entries {
                #expect(RemoteKey.isPart(Array(entry.name.utf8)), "\(html)")
                #expect(entry.size ?? 0 >= 0)
            }
        }
    }

    @Test(
        "the time grows with the page, not with its square",
        arguments: ["<", "<a ", "<a href=", "<a href=\"", "&#", "<a href=x>"])
    func linear(_ piece: String) {
        let html = Array(String(repeating: piece, count: 100_000 / piece.utf8.count).utf8)
        let start = Monotonic.now
        _ = FolderPage(html, at: "http://h/data/")
        #expect(Monotonic.now - start < 20)
    }
}
