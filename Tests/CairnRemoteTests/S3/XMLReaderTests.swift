import CairnTestSupport
import Testing

@testable import CairnRemote

@Suite("XML of services")
struct XMLReaderTests {
    private static func read(_ text: String) throws -> XMLElement { try XMLReader.read(Array(text.utf8)) }

    @Test("elements, text, escapes and namespaces are read")
    func reading() throws {
        let root = try Self.read(
            """


            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a remark -->
            <s3:List xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a="1">
              <Key>a &amp; b&#x3c;é</Key><Key><![CDATA[<raw>]]></Key><Empty/>
              <Owner><ID> 7 </ID></Owner>
            </s3:List>
            """)
        #expect(root.name == "List" && root.text == "")
        #expect(root.all("Key").map(\.text) == ["a & b<é", "<raw>"])
        #expect(root.text("Empty") == "" && root.text("None") == nil)
        #expect(root["Owner"]?.text("ID") == " 7 ")
    }

    @Test(
        "what is not well-formed, or declares a document type, is refused",
        arguments: [
            ("", XMLFault.malformed), ("   \n", .malformed), ("text", .malformed), ("<a>", .malformed),
            ("<a></b>", .malformed), ("<a/><b/>", .malformed), ("<a>&x;</a>", .malformed),
            ("<a>\u{1}</a>", .malformed), ("<html><br></html>", .malformed),
            ("<?xml version=\"1.0\" encoding=\"klingon\"?><a/>", .malformed),
            ("<!DOCTYPE a><a/>", .documentType),
            ("<!DOCTYPE html><html></html>", .documentType),
            ("<!DOCTYPE a [<!ENTITY b \"cc\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>", .documentType),
            ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", .documentType),
        ])
    func faults(_ text: String, _ fault: XMLFault) {
        #expect(throws: fault) { try Self.read(text) }
    }

    @Test("depth and number of elements have bounds")
    func bounds() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try Self.read(nested(XMLReader.depth))
        #expect(throws: XMLFault.tooDeep) { try Self.read(nested(XMLReader.depth + 1)) }
        #expect(throws: XMLFault.tooDeep) { try Self.read(nested(100_000)) }
        let many = "<a>" + String(repeating: "<b/>", count: XMLReader.elementCount) + "</a>"
        #expect(throws: XMLFault.tooLong) { try Self.read(many) }
    }

    @Test("text for documents is read back as it was", arguments: ["a<b>&\"'\r\n c", "&amp;", "é]]>"])
    func escapes(_ text: String) throws {
        #expect(try Self.read("<a>\(XMLText.escaped(text))</a>").text == text)
    }

    @Test("damaged documents are read or refused (fuzzed)")
    func fuzz() {
        let samples = [
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Key>a&amp;b</Key><Contents><Size>1</Size></Contents></ListBucketResult>",
            "<Error><Code>NoSuchKey</Code><Message>é</Message></Error>", "<a><![CDATA[x]]><!-- y --></a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        ].map { Array($0.utf8) }
        let problem = Fuzzing.firstProblem(rounds: 5000) { random in
            let sample = samples.randomElement(using: &random) ?? []
            let text =
                Bool.random(using: &random)
                ? random.damagedText(sample, others: samples) : random.damaged(sample, others: samples)
            _ = try? XMLReader.read(text)
            return nil
        }
        #expect(problem == nil)
    }
}
