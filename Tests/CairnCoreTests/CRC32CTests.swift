import CKernels
import CairnTestSupport
import Testing

@testable import CairnCore

@Suite struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
    static let vectors: [([UInt8], UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xE306_9283),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        ((0..<32).reversed(), 0x113F_DB5C),
    ]

    @Test("known inputs have their known checksums", arguments: vectors)
    func known(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(bytes.withUnsafeBytes { CRC32C.checksum(of: $0) } == expected)
    }

    @Test("every path gives the same checksum for every length and alignment")
    func paths() throws {
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(20_000)
        let lengths = Array(0...80) + [1023, 1024, 3071, 3072, 3073, 6143, 6144, 6151, 10_000, 19_992]
        for length in lengths {
            for start in [0, 1, 7] {
                let sums = [CAIRN_CRC32C_PORTABLE, CAIRN_CRC32C_SSE42].filter(cairn_crc32c_can_run).map {
                    path in
                    bytes.withUnsafeBufferPointer { cairn_crc32c(path, 0, $0.baseAddress! + start, length) }
                }
                #expect(Set(sums).count == 1, "\(length) bytes from \(start)")
            }
        }
    }

    @Test("a checksum goes on where another one ended", arguments: [0, 1, 100, 3072, 9999, 10_000])
    func continued(_ cut: Int) {
        var random = SeededRandom(seed: 2)
        let bytes = random.bytes(10_000)
        bytes.withUnsafeBytes { bytes in
            let first = CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
            let whole = CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[cut...]), after: first)
            #expect(whole == CRC32C.checksum(of: bytes))
        }
    }
}
