import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@Suite("Places of remotes")
struct RemoteLocationTests {
    @Test(
        "folders and file URLs are folders",
        arguments: [
            ("/data/x", "/data/x"), ("file:///data/x", "/data/x"), ("file://localhost/data", "/data"),
            ("/a b/%20", "/a b/%20"), ("FILE:///x", "/x"), ("/odd://name", "/odd://name"),
        ])
    func folders(_ url: String, _ path: FilePath) throws {
        #expect(try RemoteLocation(Array(url.utf8)) == .folder(path))
    }

    @Test(
        "buckets and web servers are told apart by the scheme; slashes at the ends do not count",
        arguments: [
            ("s3://bucket", RemoteLocation.s3(bucket: "bucket", prefix: "")),
            ("s3://bucket/", .s3(bucket: "bucket", prefix: "")),
            ("s3://bucket/a//b%20c d/", .s3(bucket: "bucket", prefix: "a//b%20c d")),
            ("S3://bucket//x", .s3(bucket: "bucket", prefix: "x")),
            ("HTTPS://user:word@host/", .web("https://user:word@host")),
            ("http://host:8080/a/b//", .web("http://host:8080/a/b")),
        ])
    func elsewhere(_ url: String, _ location: RemoteLocation) throws {
        #expect(try RemoteLocation(Array(url.utf8)) == location)
    }

    @Test("a place is shown without its password")
    func shownPlace() throws {
        let location = try RemoteLocation(Array("https://user:word@host/x".utf8))
        #expect(String(decoding: location.shown, as: UTF8.self) == "https://user:***@host/x")
        let bucket = try RemoteLocation(Array("s3://bucket/x/".utf8))
        #expect(String(decoding: bucket.shown, as: UTF8.self) == "s3://bucket/x")
    }

    @Test("bytes of a folder's name are kept")
    func bytes() throws {
        let name = Array("/data/".utf8) + [0xFF, 0x20]
        #expect(try RemoteLocation(name) == .folder(FilePath(bytes: name)))
    }

    @Test(
        "everything else is refused by name",
        arguments: [
            ("gs://bucket/x", RemoteError.Reason.unsupportedScheme("gs")),
            ("SSH://user:word@host/", .unsupportedScheme("ssh")), ("s3://", .noPath), ("s3:///key", .noPath),
            ("s3://b\u{7}/x", .noPath), ("http://", .noPath), ("http:///x", .noPath),
            ("https://me@/x", .noPath),
            ("https://host/x?key=1", .noPath),
            ("file://server/share", .otherHost("server")),
            ("file://", .noPath), ("", .noPath), ("/a\0b", .noPath), ("file:///a\0", .noPath),
        ])
    func refused(_ url: String, _ reason: RemoteError.Reason) {
        #expect(throws: RemoteError(reason)) { try RemoteLocation(Array(url.utf8)) }
    }

    @Test(
        "passwords are not shown",
        arguments: [
            ("https://user:word@host/p", "https://user:***@host/p"),
            ("s3://user@bucket/x", "s3://user@bucket/x"),
            ("https://u:p@ss@host/x@y", "https://u:***@host/x@y"), ("/a:b@c", "/a:b@c"),
            ("s3://b/k:v@w", "s3://b/k:v@w"),
        ])
    func shown(_ url: String, _ expected: String) {
        #expect(String(decoding: RemoteLocation.shown(Array(url.utf8)), as: UTF8.self) == expected)
    }

    @Test("a URL of any form is a folder or refused, and a password in it is never shown")
    func fuzz() {
        let samples = [
            "file:///a/b", "/srv/data", "s3://bucket/prefix", "ssh://me:secret@host:22/x",
            "file://localhost/x",
        ]
        .map { Array($0.utf8) }
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let url = random.damagedText(samples.randomElement(using: &random) ?? [], others: samples)
            if case .folder(let path)? = try? RemoteLocation(url), path.isEmpty { return "an empty path" }
            _ = RemoteLocation.shown(url)
            return nil
        }
        #expect(found == nil)
    }
}
