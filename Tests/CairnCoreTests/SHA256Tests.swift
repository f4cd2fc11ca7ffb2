import CairnCore
import Testing

/// Message and digest: the examples of FIPS 180-4's test values.
private let messages: [(String, String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
]

@Suite("SHA-256")
struct SHA256Tests {
    @Test("gives the published digests", arguments: messages)
    func published(_ text: String, _ hex: String) {
        #expect(SHA256.digest(of: Array(text.utf8)).hex == hex)
        #expect(SHA256.digest(of: text.utf8.lazy.map { $0 }).hex == hex)
        #expect(Array(text.utf8).withUnsafeBytes { SHA256.digest(of: $0) }.hex == hex)
    }

    @Test("does not depend on how a stream is split", arguments: messages, [1, 3, 55, 56, 64, 200])
    func streams(_ message: (String, String), _ piece: Int) {
        var sha = SHA256()
        var rest = Array(message.0.utf8)[...]
        while !rest.isEmpty {
            sha.update(Array(rest.prefix(piece)).span)
            rest = rest.dropFirst(piece)
        }
        #expect(sha.finish().hex == message.1)
    }

    @Test("gives the published digest of a million letters")
    func million() {
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        var sha = SHA256()
        for _ in 0..<1000 { sha.update(piece.span) }
        #expect(sha.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}

/// Key, message and code: the cases of RFC 4231, but for the one that cuts its code.
private let codes: [([UInt8], [UInt8], String)] = [
    (
        [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
        Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
        [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
        Array(1...25), [UInt8](repeating: 0xcd, count: 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
        [UInt8](repeating: 0xaa, count: 131),
        Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
        [UInt8](repeating: 0xaa, count: 131),
        Array(
            ("This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
]

@Suite("HMAC-SHA-256")
struct HMACKeyTests {
    @Test("gives the codes of RFC 4231", arguments: codes)
    func published(_ key: [UInt8], _ message: [UInt8], _ hex: String) {
        #expect(HMACKey(key).code(of: message).hex == hex)
        #expect(HMACKey(key[..<3], key[3...]).code(of: message.lazy.map { $0 }).hex == hex)
    }

    @Test("takes an empty key and an empty message")
    func empty() {
        let hex = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(HMACKey([UInt8]()).code(of: []).hex == hex)
    }

    @Test("a derived key is the code of its message")
    func derived() {
        let key = HMACKey("secret".utf8)
        let code = key.code(of: "a".utf8)
        #expect(key.derived("a".utf8).code(of: "b".utf8) == HMACKey(code.bytes).code(of: "b".utf8))
    }
}
