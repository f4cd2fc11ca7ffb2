import CairnCore
import CairnTestSupport
import Foundation
import Testing

@testable import CairnRemote

/// A case of Amazon's test suite: fixtures/aws-sigv4.
private struct SuiteCase: Decodable, CustomTestStringConvertible {
    let name: String
    let request: String
    let canonical: String
    let toSign: String
    let authorization: String
    let signed: String

    var testDescription: String { name }

    static let all: [SuiteCase] = {
        guard let bytes = try? Files.read(PackageRoot.fixture("aws-sigv4/suite.json")) else { return [] }
        return (try? JSONDecoder().decode([SuiteCase].self, from: Data(bytes))) ?? []
    }()

    /// The value of a header in a text of the suite.
    static func header(_ name: String, in text: String) -> String? {
        let line = text.split(separator: "\n").first { $0.lowercased().hasPrefix("\(name):") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }

    /// The request as we have requests; lines that begin with a space go on with the header before.
    func parsed() throws -> HTTPRequest {
        let parts = request.components(separatedBy: "\n\n")
        let lines = parts[0].replacingOccurrences(of: "\n ", with: " ").split(separator: "\n")
        let words = lines[0].split(separator: " ")
        let method = try #require(HTTPRequest.Method(rawValue: String(words[0])))
        // A path of the suite has a space in it.
        let target = words[1..<(words.count - 1)].joined(separator: " ")
        var headers = HTTPHeaders()
        var host = ""
        for line in lines.dropFirst() {
            let colon = try #require(line.firstIndex(of: ":"))
            let name = String(line[..<colon])
            let value = String(line[line.index(after: colon)...])
            if name.lowercased() == "host" { host = value } else { headers.add(name, value) }
        }
        let body = parts.count > 1 ? Array(parts[1].utf8) : []
        return HTTPRequest(method, "https://\(host)\(target)", headers, body: .bytes(body))
    }
}

@Suite("Signature V4: Amazon's test suite")
struct S3SignatureSuiteTests {
    @Test("the suite is there")
    func isThere() { #expect(SuiteCase.all.count == 34) }

    @Test("canonical request, string to sign and signature are those of the suite", arguments: SuiteCase.all)
    fileprivate func suite(_ sample: SuiteCase) throws {
        var request = try sample.parsed()
        let date = try #require(UTCDate.milliseconds(year: 2015, month: 8, day: 30, hour: 12, minute: 36))
        guard case .bytes(let body) = request.body else { return }
        let payload = S3Signature.Payload.bytes(body)
        // In one case the token comes after the signature, which we never do.
        let token = SuiteCase.header("x-amz-security-token", in: sample.canonical)
        let signature = S3Signature(
            S3Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                sessionToken: token),
            region: "us-east-1", service: "service", rule: .general)
        signature.sign(&request, payload, at: date)
        let canonical = S3CanonicalRequest(request, .general, payloadHash: payload.text)
        #expect(canonical.text == sample.canonical)
        #expect(signature.stringToSign(canonical, UTCDate(milliseconds: date)) == sample.toSign)
        #expect(request.headers["authorization"] == sample.authorization)
        #expect(request.headers["x-amz-security-token"] == token)
    }
}
