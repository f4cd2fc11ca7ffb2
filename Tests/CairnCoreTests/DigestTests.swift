import CairnCore
import Testing

@Suite("Digest and ObjectID")
struct DigestTests {
    @Test(
        "reads and writes hexadecimal digits",
        arguments: [
            "d41d8cd98f00b204e9800998ecf8427e",
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        ])
    func roundTrip(_ hex: String) throws {
        let digest = try #require(Digest(hex: hex.utf8))
        #expect(digest.hex == hex)
        #expect(Digest(bytes: digest.bytes) == digest)
    }

    @Test(
        "refuses what is not a digest",
        arguments: ["", "d4", "g41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427"])
    func refuses(_ hex: String) {
        #expect(Digest(hex: hex.utf8) == nil)
    }

    @Test("every byte at every place is a digit or is refused", arguments: [32, 64])
    func digits(_ count: Int) throws {
        let plain =
            Array("0123456789abcdef0123456789abcdef".utf8) + Array("fedcba9876543210fedcba9876543210".utf8)
        for place in 0..<count {
            for byte in UInt8.min...UInt8.max {
                var text = Array(plain.prefix(count))
                text[place] = byte
                let isLower = (48...57).contains(byte) || (97...102).contains(byte)
                let isDigit = isLower || (65...70).contains(byte)
                #expect((Digest(hex: text, lowerCase: true) != nil) == isLower)
                let digest = Digest(hex: text)
                #expect((digest != nil) == isDigit)
                if let digest {
                    #expect(digest.hexDigits == text.map { (65...70).contains($0) ? $0 + 32 : $0 })
                }
            }
        }
    }

    @Test("an id of a directory carries its suffix")
    func directorySuffix() throws {
        let id = try #require(ObjectID(.md5, parsing: "d751713988987e9331980363e24189ce.dir".utf8))
        #expect(id.isDirectory)
        #expect(id.text == "d751713988987e9331980363e24189ce.dir")
        #expect(ObjectID(.md5, parsing: "d751713988987e9331980363e24189ce.DIR".utf8) == nil)
    }
}
