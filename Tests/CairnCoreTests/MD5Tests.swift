import CKernels
import CLibCrypto
import CairnCore
import Testing

/// A small generator whose runs can be repeated: the linear congruential step of Knuth's MMIX, of which the high bits are used.
private struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 32
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var words = [UInt32]()
        words.reserveCapacity(count / 4 + 1)
        for _ in 0...count / 4 { words.append(UInt32(truncatingIfNeeded: next())) }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }
}

/// What libcrypto says.
private func reference(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    let done = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_md5(), nil)
    precondition(done == 1, "libcrypto has MD5")
    return digest
}

/// Hashes slices of `memory` on one path and compares each digest with libcrypto's.
private func check(
    _ path: cairn_md5_path, _ slices: [Range<Int>], of memory: [UInt8],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    memory.withUnsafeBytes { memory in
        let inputs = slices.map { slice in
            cairn_md5_input(
                data: memory.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: slice.lowerBound),
                length: slice.count)
        }
        // Guard bytes on both sides show a digest written to a place that is not its own.
        var digests = [UInt8](repeating: 0xa5, count: 16 * (slices.count + 2))
        let done = digests.withUnsafeMutableBufferPointer {
            cairn_md5_many(path, inputs, inputs.count, $0.baseAddress.map { $0 + 16 })
        }
        #expect(done, sourceLocation: sourceLocation)
        for (index, slice) in slices.enumerated() {
            let digest = Array(digests[16 * (index + 1)..<16 * (index + 2)])
            let expected = reference(UnsafeRawBufferPointer(rebasing: memory[slice]))
            #expect(
                digest == expected, "input \(index) of \(slices.count), \(slice.count) bytes",
                sourceLocation: sourceLocation)
        }
        let guards = digests.prefix(16) + digests.suffix(16)
        #expect(guards.allSatisfy { $0 == 0xa5 }, sourceLocation: sourceLocation)
    }
}

private let rfcVectors: [(String, String)] = [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
    (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
]

/// Lengths where the padding or a chunk of work changes its shape.
private let borderLengths = [
    0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1,
]

/// The checks that every path has to pass.
private enum PathChecks {
    static func rfc(_ path: cairn_md5_path) {
        // All at once, and many times over, so that every lane sees every vector.
        let texts = (0..<70).map { rfcVectors[$0 % rfcVectors.count] }
        var memory: [UInt8] = []
        var inputs: [Range<Int>] = []
        for (text, _) in texts {
            inputs.append(memory.count..<memory.count + text.utf8.count)
            memory += text.utf8
        }
        var digests = [UInt8](repeating: 0, count: 16 * texts.count)
        memory.withUnsafeBufferPointer { memory in
            let list = inputs.map {
                cairn_md5_input(data: memory.baseAddress?.advanced(by: $0.lowerBound), length: $0.count)
            }
            #expect(cairn_md5_many(path, list, list.count, &digests))
        }
        for (index, (text, hex)) in texts.enumerated() {
            #expect(Digest(bytes: digests[16 * index..<16 * (index + 1)])?.hex == hex, "'\(text)'")
        }
    }

    static func borders(_ path: cairn_md5_path) {
        var random = SeededBytes(seed: 1)
        let memory = random.bytes((1 << 20) + 64)
        // One alone, all together, and each in every number that fills part of a vector.
        for length in borderLengths { check(path, [3..<3 + length], of: memory) }
        check(path, borderLengths.map { 1..<1 + $0 }, of: memory)
        for length in borderLengths where length < 5000 {
            for count in [2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65] {
                check(path, (0..<count).map { $0..<$0 + length }, of: memory)
            }
        }
    }

    static func mixed(_ path: cairn_md5_path, seed: UInt64) {
        var random = SeededBytes(seed: seed)
        let memory = random.bytes(200_000)
        let bound = [70, 300, 5000, 100_000][Int(seed % 4)]
        let count = random.below(bound > 50_000 ? 80 : 400)
        let slices = (0..<count).map { _ in
            let length = random.below(bound)
            let start = random.below(memory.count - length)
            return start..<start + length
        }
        check(path, slices, of: memory)
    }

    static func empty(_ path: cairn_md5_path) {
        #expect(cairn_md5_many(path, nil, 0, nil))
        let inputs = [cairn_md5_input](repeating: cairn_md5_input(data: nil, length: 0), count: 40)
        var digests = [UInt8](repeating: 0, count: 16 * inputs.count)
        #expect(cairn_md5_many(path, inputs, inputs.count, &digests))
        for index in inputs.indices {
            let digest = Digest(bytes: digests[16 * index..<16 * (index + 1)])
            #expect(digest?.hex == "d41d8cd98f00b204e9800998ecf8427e")
        }
    }
}

@Suite("MD5 on the portable path")
struct PortableMD5Tests {
    @Test("streams that take their bytes together have the digests that they have alone", arguments: 1...40)
    func together(_ count: Int) {
        var random = SeededBytes(seed: UInt64(count))
        let contents = (0..<count).map { _ in random.bytes(64 * 20) }
        var streams = Array(repeating: MD5(), count: count)
        for range in [0..<64, 64..<(64 * 6), (64 * 6)..<(64 * 19)] {
            let pieces = contents.map { content in
                let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 1)
                piece.copyBytes(from: content[range])
                return UnsafeRawBufferPointer(piece)
            }
            MD5.update(&streams, with: pieces)
            for piece in pieces { piece.deallocate() }
        }
        for index in streams.indices {
            let rest = contents[index][(64 * 19)..<(64 * 20 - index)]
            rest.withUnsafeBytes { streams[index].update($0) }
            #expect(streams[index].finish() == MD5.digest(of: contents[index][..<(64 * 20 - index)]))
        }
    }

    @Test("gives the digests of RFC 1321") func rfc() { PathChecks.rfc(CAIRN_MD5_PORTABLE) }
    @Test("agrees with libcrypto around block borders") func borders() {
        PathChecks.borders(CAIRN_MD5_PORTABLE)
    }
    @Test("agrees with libcrypto on mixed lengths", arguments: UInt64(0)..<24)
    func mixed(_ seed: UInt64) { PathChecks.mixed(CAIRN_MD5_PORTABLE, seed: seed) }
    @Test("takes no inputs and inputs without memory") func empty() { PathChecks.empty(CAIRN_MD5_PORTABLE) }
}

@Suite("MD5 on the AVX2 path", .enabled(if: cairn_md5_can_run(CAIRN_MD5_AVX2), "this machine has no AVX2"))
struct AVX2MD5Tests {
    @Test("gives the digests of RFC 1321") func rfc() { PathChecks.rfc(CAIRN_MD5_AVX2) }
    @Test("agrees with libcrypto around block borders") func borders() { PathChecks.borders(CAIRN_MD5_AVX2) }
    @Test("agrees with libcrypto on mixed lengths", arguments: UInt64(0)..<24)
    func mixed(_ seed: UInt64) { PathChecks.mixed(CAIRN_MD5_AVX2, seed: seed) }
    @Test("takes no inputs and inputs without memory") func empty() { PathChecks.empty(CAIRN_MD5_AVX2) }
}

@Suite(
    "MD5 on the AVX-512 path",
    .enabled(if: cairn_md5_can_run(CAIRN_MD5_AVX512), "this machine has no AVX-512"))
struct AVX512MD5Tests {
    @Test("gives the digests of RFC 1321") func rfc() { PathChecks.rfc(CAIRN_MD5_AVX512) }
    @Test("agrees with libcrypto around block borders") func borders() {
        PathChecks.borders(CAIRN_MD5_AVX512)
    }
    @Test("agrees with libcrypto on mixed lengths", arguments: UInt64(0)..<24)
    func mixed(_ seed: UInt64) { PathChecks.mixed(CAIRN_MD5_AVX512, seed: seed) }
    @Test("takes no inputs and inputs without memory") func empty() { PathChecks.empty(CAIRN_MD5_AVX512) }
}

@Suite("MD5")
struct MD5Tests {
    @Test("refuses a path that this machine cannot run and writes nothing")
    func refusesMissingPath() {
        for path in [CAIRN_MD5_PORTABLE, CAIRN_MD5_AVX2, CAIRN_MD5_AVX512, cairn_md5_path(rawValue: 99)] {
            var digest = [UInt8](repeating: 0xa5, count: 16)
            let done = cairn_md5_many(path, [cairn_md5_input(data: nil, length: 0)], 1, &digest)
            #expect(done == cairn_md5_can_run(path))
            #expect(done || digest.allSatisfy { $0 == 0xa5 })
        }
        #expect(!cairn_md5_can_run(cairn_md5_path(rawValue: 99)))
        #expect(cairn_md5_can_run(cairn_md5_best_path()))
    }

    @Test("gives the digests of RFC 1321", arguments: rfcVectors)
    func rfc(_ text: String, _ hex: String) {
        #expect(MD5.digest(of: Array(text.utf8)).hex == hex)
        #expect(MD5.digest(of: Array(text.utf8).span).hex == hex)
        #expect(MD5.digest(of: text.utf8.lazy.map { $0 }).hex == hex)
    }

    @Test("does not depend on how a stream is split", arguments: UInt64(0)..<40)
    func streams(_ seed: UInt64) {
        var random = SeededBytes(seed: seed)
        let memory = random.bytes(seed < 18 ? borderLengths[Int(seed)] : random.below(20_000))
        let bound = [2, 70, 200, 5000][Int(seed % 4)] * (memory.count > 100_000 ? 100 : 1)
        var md5 = MD5()
        memory.withUnsafeBytes { memory in
            var start = 0
            while start < memory.count {
                let end = min(memory.count, start + random.below(bound))
                md5.update(UnsafeRawBufferPointer(rebasing: memory[start..<end]))
                start = end
            }
            #expect(md5.finish().bytes == reference(memory))
        }
    }

    @Test("can be copied and asked in the middle of a stream")
    func copies() {
        var first = MD5()
        first.update([UInt8]("mess".utf8).span)
        var second = first
        #expect(first.finish() == MD5.digest(of: Array("mess".utf8)))
        first.update([UInt8]("age digest".utf8).span)
        second.update([UInt8]("".utf8).span)
        #expect(first.finish().hex == "f96b697d7cb7938d525a2f31aaf161d0")
        #expect(second.finish() == MD5.digest(of: Array("mess".utf8)))
    }

    @Test("hashes many inputs in their order", arguments: [0, 1, 2, 3, 31, 32, 33, 1000])
    func many(_ count: Int) {
        var random = SeededBytes(seed: UInt64(count))
        let memory = random.bytes(10_000)
        memory.withUnsafeBytes { memory in
            let inputs = (0..<count).map { _ in
                UnsafeRawBufferPointer(rebasing: memory[..<random.below(memory.count)])
            }
            let digests = MD5.digests(of: inputs)
            #expect(digests.map(\.bytes) == inputs.map(reference))
        }
    }

    @Test("counts more than 2^32 bits")
    func longStream() {
        let piece = [UInt8](repeating: 0x5a, count: 1 << 20)
        var md5 = MD5()
        for _ in 0..<513 { md5.update(piece.span) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var expected = [UInt8](repeating: 0, count: 16)
        EVP_DigestInit_ex(context, EVP_md5(), nil)
        for _ in 0..<513 { EVP_DigestUpdate(context, piece, piece.count) }
        EVP_DigestFinal_ex(context, &expected, nil)
        #expect(md5.finish().bytes == expected)
    }
}
