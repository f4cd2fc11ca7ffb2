import CairnCore
import Testing

@Suite("Digest set")
struct DigestSetTests {
    @Test("it answers as a set of the standard library does", arguments: [16, 32])
    func sameAsSet(_ digestCount: Int) throws {
        var random = SystemRandomNumberGenerator()
        var mine = DigestSet(digestCount: digestCount)
        var other: Set<Digest> = []
        #expect(!mine.contains(try #require(Digest(bytes: [UInt8](repeating: 0, count: digestCount)))))
        for round in 0..<4000 {
            var bytes = [UInt8](repeating: 0, count: digestCount)
            // Few values in few places: many equal ones, and many that lead to the same slot.
            bytes[Int.random(in: 0..<digestCount, using: &random)] = UInt8.random(in: 0...3, using: &random)
            bytes[0] = UInt8.random(in: 0...255, using: &random)
            if round % 3 == 0 { bytes[15] = UInt8.random(in: 0...255, using: &random) }
            let digest = try #require(Digest(bytes: bytes))
            #expect(mine.contains(digest) == other.contains(digest))
            #expect(mine.insert(digest) == other.insert(digest).inserted)
        }
        #expect(mine.count == other.count && other.allSatisfy { mine.contains($0) })
    }
}
