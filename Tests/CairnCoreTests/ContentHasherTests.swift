import CairnCore
import CairnTestSupport
import Testing

@Suite("Content hasher")
struct ContentHasherTests {
    @Test("pieces of any size give one digest, and many inputs give theirs", arguments: 0..<30)
    func pieces(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var content = random.bytes(Int.random(in: 0...3000, using: &random))
        // Text with line ends of both kinds, half of the time.
        if seed % 2 == 0 { content = content.map { [13, 10, 65, 66][Int($0) % 4] } }
        for algorithm in [HashAlgorithm.md5, .md5DOS2Unix] {
            var whole = ContentHasher(algorithm)
            content.withUnsafeBytes { whole.update($0) }
            var split = ContentHasher(algorithm)
            var rest = content[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...min(rest.count, 700), using: &random)
                Array(rest.prefix(count)).withUnsafeBytes { split.update($0) }
                rest = rest.dropFirst(count)
            }
            #expect(whole.finish() == split.finish())
            let many = content.withUnsafeBytes { bytes in
                ContentHasher.digests(
                    algorithm, of: [bytes, UnsafeRawBufferPointer(rebasing: bytes[..<0]), bytes])
            }
            #expect(many == [whole.finish(), ContentHasher(algorithm).finish(), whole.finish()])
        }
        #expect(ContentHasher.digests(.md5, of: []).isEmpty)
    }
}
