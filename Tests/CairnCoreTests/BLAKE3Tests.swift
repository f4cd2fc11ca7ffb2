import CairnCore
import CairnTestSupport
import Testing

/// The program of BLAKE3's authors, where it is installed.
private let b3sum = ["/usr/bin/b3sum", "/usr/local/bin/b3sum"].first(where: Files.exists)

/// Lengths around the powers of two up to 2 MiB, and some more.
private let borderLengths: [Int] = {
    let powers: [Int] = (10...21).map { 1 << $0 }
    return [0, 1, 3 << 20, (5 << 20) + 77] + powers.map { $0 - 1 } + powers + powers.map { $0 + 1 }
}()

/// Lengths of 2 to 5 groups, with a last one of every kind.
private let groupLengths: [Int] = {
    let group = BLAKE3.groupByteCount
    let last: [Int] = [1, 2, 63, 1023, 1024, 1025, 4000, 300_000, group - 1025, group - 1, group]
    return (1...4).flatMap { groups in last.map { groups * group + $0 } }
}()

@Suite("BLAKE3")
struct BLAKE3Tests {
    private static let memory: [UInt8] = {
        var random = SeededRandom(seed: 7)
        return random.bytes((5 << 20) + 5000)
    }()

    @Test(
        "gives what b3sum prints", .enabled(if: b3sum != nil, "b3sum is not installed"),
        arguments: borderLengths)
    func tool(_ length: Int) throws {
        let bytes = Array(Self.memory[..<length])
        let program = try #require(b3sum)
        let result = try Program.run(program, ["--no-names"], in: "/", environment: [:], input: bytes)
        #expect(try result.succeeded().stdout == BLAKE3.digest(of: bytes).hex + "\n")
    }

    @Test("takes arrays, spans and lazy collections")
    func forms() {
        let hex = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        let text = Array("abc".utf8)
        #expect(BLAKE3.digest(of: text).hex == hex)
        #expect(BLAKE3.digest(of: text.span).hex == hex)
        #expect(BLAKE3.digest(of: text.lazy.map { $0 }).hex == hex)
        #expect(BLAKE3().finish() == BLAKE3.digest(of: UnsafeRawBufferPointer(start: nil, count: 0)))
    }

    @Test("does not depend on how a stream is split, and can be asked in between", arguments: UInt64(0)..<12)
    func streams(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let length = Int.random(in: 0...[3000, 70_000, 1_500_000][Int(seed % 3)], using: &random)
        let piece = [700, 5000, 300_000][Int(seed / 3 % 3)]
        Self.memory.withUnsafeBytes { memory in
            var hash = BLAKE3()
            var start = 0
            while start < length {
                let end = min(length, start + Int.random(in: 1...piece, using: &random))
                hash.update(UnsafeRawBufferPointer(rebasing: memory[start..<end]))
                start = end
                if Int.random(in: 0..<8, using: &random) == 0 {
                    let copy = hash
                    #expect(
                        copy.finish() == BLAKE3.digest(of: UnsafeRawBufferPointer(rebasing: memory[..<end])))
                }
            }
            #expect(hash.finish() == BLAKE3.digest(of: UnsafeRawBufferPointer(rebasing: memory[..<length])))
        }
    }

    @Test("hashes many inputs in their order", arguments: [0, 1, 2, 3, 15, 16, 17, 1000])
    func many(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        Self.memory.withUnsafeBytes { memory in
            let inputs = (0..<count).map { _ in
                let start = Int.random(in: 0..<100_000, using: &random)
                return UnsafeRawBufferPointer(
                    rebasing: memory[start..<start + Int.random(in: 0...9000, using: &random)])
            }
            #expect(BLAKE3.digests(of: inputs) == inputs.map { BLAKE3.digest(of: $0) })
        }
    }

    @Test("gives the chaining value of an aligned block, whole or last")
    func subtrees() {
        for (offset, length) in [
            (0, 1), (0, 1024), (0, 1025), (0, 3000), (1024, 1000), (1024, 1024), (2048, 2048), (2048, 1500),
            (4096, 3073), (65536, 65536), (65536, 40_000), (1 << 17, 100_001),
        ] {
            let block = Self.memory[offset..<offset + length]
            let value = block.withUnsafeBytes { BLAKE3.chainingValue(of: $0, at: UInt64(offset)) }
            let expected = ReferenceBLAKE3.chainingValue(of: block, chunk: UInt64(offset / 1024))
            #expect(value.bytes == expected, "\(length) bytes at \(offset)")
        }
    }

    @Test(
        "folds the chaining values of groups into the digest",
        arguments: groupLengths)
    func groups(_ length: Int) {
        Self.memory.withUnsafeBytes { memory in
            let bytes = UnsafeRawBufferPointer(rebasing: memory[..<length])
            let groups = stride(from: 0, to: length, by: BLAKE3.groupByteCount).map { offset in
                BLAKE3.chainingValue(
                    of: UnsafeRawBufferPointer(
                        rebasing: bytes[offset..<min(length, offset + BLAKE3.groupByteCount)]),
                    at: UInt64(offset))
            }
            #expect(BLAKE3.root(ofGroups: groups, length: UInt64(length)) == BLAKE3.digest(of: bytes))
        }
    }

    @Test(
        "one pass gives the digest and the groups",
        arguments: [0, 1, 5000, (1 << 20) - 1, 1 << 20] + groupLengths)
    func onePass(_ length: Int) {
        Self.memory.withUnsafeBytes { memory in
            let bytes = UnsafeRawBufferPointer(rebasing: memory[..<length])
            let group = BLAKE3.groupByteCount
            var random = SeededRandom(seed: UInt64(length))
            var hash = GroupedBLAKE3()
            var start = 0
            while start < length {
                let piece = [1000, 1 << 20, 3 << 20].randomElement(using: &random) ?? 1
                let end = min(length, start + Int.random(in: 1...piece, using: &random))
                hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
            let (digest, groups) = hash.finish()
            #expect(digest == BLAKE3.digest(of: bytes))
            let offsets = length > group ? Array(stride(from: 0, to: length, by: group)) : []
            let expected = offsets.map { offset in
                BLAKE3.chainingValue(
                    of: UnsafeRawBufferPointer(rebasing: bytes[offset..<min(length, offset + group)]),
                    at: UInt64(offset))
            }
            #expect(groups == expected)
        }
    }

    @Test("groups of twice the size fold into the same digest", arguments: [3, 4, 5, 8, 17, 100])
    func paired(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let groups = (0..<count).map { _ in BLAKE3.digest(of: random.bytes(8)) }
        let length = UInt64(count) << 20 - 5
        #expect(
            BLAKE3.root(ofGroups: BLAKE3.paired(groups), length: length, groupExponent: 21)
                == BLAKE3.root(ofGroups: groups, length: length))
    }

    @Test("folds any number of groups", arguments: [2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 64, 65, 127, 200])
    func manyGroups(_ count: Int) {
        // Chunks of 1 KiB stand for groups: the tree above them is the same.
        let bytes = Self.memory[..<(1024 * count - 10)]
        let values = stride(from: 0, to: bytes.count, by: 1024).map { offset in
            bytes[offset..<min(bytes.count, offset + 1024)].withUnsafeBytes {
                BLAKE3.chainingValue(of: $0, at: UInt64(offset))
            }
        }
        let length = UInt64(BLAKE3.groupByteCount * (count - 1) + 1)
        #expect(BLAKE3.root(ofGroups: values, length: length) == BLAKE3.digest(of: bytes))
    }
}
