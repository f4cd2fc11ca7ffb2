import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

/// Whatever a server sends: no crash, no hang, no memory beyond what was allowed.
@Suite("Altered answers", .ownThreads)
struct HTTPFuzzTests {
    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nLast-Modified: Sat, 21 Nov 2026 18:49:07 GMT\r\n\r\n0123456789",
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\r\n234",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: /data/k/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 416 No\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: Sat, 21 Nov 2026 18:49:07 GMT\r\nContent-Length: 4\r\n\r\nbusy",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: Sat, 21 Nov 2026 18:49:07 GMT\r\nContent-Length: 95\r\n\r\n"
            + "<a href=\"../\">../</a>\n<a href=\"told\">told</a>  21-Nov-2026 18:40   12\n<a href=\"d/\">d</a>\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
    ]
    private static let words = [
        "\r\n", "\r\n\r\n", "HTTP/1.1 ", "200", "Content-Length: ",
        "Content-Length: 99999999999999999999\r\n", "-1",
        "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", "bytes 0-9223372036854775807/*", "\0",
        "Location: //[::1\r\n",
        "Content-Encoding: gzip\r\n", "Connection: close\r\n", ": ", " ", "Location: /data/k\r\n",
        "HTTP/2 200\r\n", "Content-Range: ",
        "Set-Cookie: a=b; expires=never\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n",
        "Alt-Svc: h3=\":1\"\r\n",
    ]

    private static func altered(_ random: inout SeededRandom) -> [UInt8] {
        var bytes = Array(answers[Int.random(in: 0..<answers.count, using: &random)].utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
            case 2: bytes.removeLast(bytes.count - place)
            case 3: bytes += bytes[place...]
            default:
                bytes.insert(
                    contentsOf: Array(words[Int.random(in: 0..<words.count, using: &random)].utf8), at: place)
            }
        }
        return bytes
    }

    @Test("every operation ends", arguments: 0..<8)
    func ends(_ seed: UInt64) async throws {
        let random = Shared(SeededRandom(seed: seed))
        let server = try RawServer { _ in
            var answer: [UInt8] = []
            random.change { answer = Self.altered(&$0) }
            return [.send(answer), .close]
        }
        var settings = HTTPSettings()
        settings.attempts = 2
        settings.stallTimeout = .seconds(1)
        let client = HTTPClient(settings, surroundings: HastyClock.surroundings)
        let login = HTTPLogin(user: "u", password: "p", method: seed % 2 == 0 ? .digest : .basic)
        let remote = try HTTPRemote(
            WebSettings(url: "\(server.url)/data", proof: .login(login)), client,
            surroundings: HastyClock.surroundings)
        for _ in 0..<25 {
            do throws(RemoteError) {
                let whole = try await remote.read("k", nil, limit: 20)
                #expect(whole.count <= 20)
            } catch {
                #expect(error.reason != .interrupted)
            }
            if let part = try? await remote.read("k", 2..<5, limit: 3) { #expect(part.count == 3) }
            if let size = try? await remote.size(of: "k") { #expect(size >= 0) }
            if let listing = try? await remote.list("") {
                #expect(listing.objects.allSatisfy { $0.size >= 0 && !$0.key.isEmpty })
            }
            _ = try? await remote.top()
            _ = try? await client.send(HTTPRequest(.put, server.url, body: .bytes([1, 2, 3])))
        }
    }
}
