import CairnFormats
import Testing

@Suite struct ByteRateTests {
    @Test(
        "bytes are read as people write them",
        arguments: [
            ("500000", 500_000), ("1", 1), ("500 kB", 500_000), ("1.5MiB", 1_572_864), ("10M", 10_485_760),
            ("2gib/s", 2_147_483_648), ("3 GB/s", 3_000_000_000), ("7b", 7), ("0.5k", 512), ("1e3", nil),
            ("0", nil),
            ("", nil), ("MiB", nil), ("-1", nil), ("1..5", nil), ("10 MiB per second", nil), ("1TiB", nil),
            ("٣", nil),
            ("9999999999999999", nil), ("nan", nil), ("0.1", nil),
        ] as [(String, Int64?)])
    func bytes(_ text: String, _ bytes: Int64?) { #expect(ByteRate.bytes(text) == bytes) }
}
