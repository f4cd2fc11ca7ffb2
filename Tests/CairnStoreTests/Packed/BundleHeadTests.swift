import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite("Head of a bundle")
struct BundleHeadTests {
    private static let example = BundleHead([
        BundleHead.Object("objects", size: 71, digest: BLAKE3.digest(of: Array("one".utf8))),
        BundleHead.Object("cairn.json", size: 240, digest: BLAKE3.digest(of: Array("two".utf8))),
        BundleHead.Object(
            "packs/ab/\(String(repeating: "ab", count: 32)).cpk", size: 64 << 20,
            digest: BLAKE3.digest(of: Array("three".utf8))),
    ])

    @Test("what is written is read again, and its size is told by its first bytes")
    func roundTrip() throws {
        for head in [Self.example, BundleHead([])] {
            let bytes = head.serialized
            #expect(try BundleHead.size(from: Array(bytes.prefix(BundleHead.fixedSize))) == bytes.count)
            #expect(try BundleHead(parsing: bytes) == head)
        }
        #expect(Self.example.contentSize == 71 + 240 + (64 << 20))
    }

    @Test("every byte counts: what was cut or altered is refused, without more memory than there are bytes")
    func mutations() throws {
        let bytes = Self.example.serialized
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try BundleHead(parsing: Array(bytes.prefix(count))) }
        }
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= 0x41
            #expect(throws: FormatError.self) { try BundleHead(parsing: altered) }
        }
    }

    @Test("rows that lie are refused though the seal is right")
    func sealed() {
        let problem = Fuzzing.firstProblem(rounds: 3000) { random in
            var bytes = Array(Self.example.serialized.dropLast(LogSeal.size))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 16..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            LogSeal.append(to: &bytes)
            // Whatever it says, reading ends, and what was understood is what is written again.
            guard let head = try? BundleHead(parsing: bytes) else { return nil }
            return (try BundleHead(parsing: head.serialized)) == head ? nil : "another head"
        }
        #expect(problem == nil)
        let twice = BundleHead([Self.example.objects[0], Self.example.objects[0]])
        #expect(throws: FormatError.self) { try BundleHead(parsing: twice.serialized) }
    }
}
