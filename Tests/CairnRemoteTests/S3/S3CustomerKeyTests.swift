import Testing

@testable import CairnRemote

@Suite("Keys of customers")
struct S3CustomerKeyTests {
    @Test(
        "Base64 is read, and nothing else",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"), ("Zg", nil), ("Zg=", nil), ("Zh==", nil), ("Zm9=", nil), ("Z===", nil),
            ("====", nil),
            ("Zm9v\n", nil), ("Zm-_", nil), ("Zg==Zg==", nil),
        ] as [(String, String?)])
    func base64(_ text: String, _ bytes: String?) {
        #expect(S3CustomerKey.decoded(text) == bytes.map { Array($0.utf8) })
    }

    @Test("headers hold the key, its MD5 and what it is for")
    func headers() {
        // What boto3 sends for the key of 32 letters "k".
        let key = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
        let headers = S3CustomerKey.headers(key)
        #expect(headers?["x-amz-server-side-encryption-customer-algorithm"] == "AES256")
        #expect(headers?["x-amz-server-side-encryption-customer-key"] == key)
        #expect(headers?["x-amz-server-side-encryption-customer-key-MD5"] == "mT2HRsMGJ5IX5C+0rreZ8Q==")
        #expect(S3CustomerKey.headers("a2tr") == nil)
    }
}
