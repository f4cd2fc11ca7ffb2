import CKernels
import CairnCore
import CairnTestSupport
import Testing

/// The published vectors: the length of the input and 131 bytes of output. See fixtures/native/README.md.
private let vectors: [(length: Int, output: [UInt8])] = {
    guard let text = try? Files.text(PackageRoot.fixture("native/blake3-vectors.txt")) else { return [] }
    return text.utf8.split(separator: 10).filter { $0.first != 35 }.compactMap { line in
        let words = line.split(separator: 32)
        guard words.count == 2, let length = Int(Substring(words[0])) else { return nil }
        return (length, hexBytes(words[1]))
    }
}()

/// The bytes of hexadecimal digits.
private func hexBytes(_ digits: Substring.UTF8View) -> [UInt8] {
    let values = digits.map { UInt8(Character(UnicodeScalar($0)).hexDigitValue ?? 0) }
    return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}

/// The input of the published vectors.
private func counting(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

/// The checks that every path has to pass.
private enum PathChecks {
    static func hash(_ path: cairn_blake3_path, _ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        bytes.withUnsafeBufferPointer {
            #expect(cairn_blake3_hash(path, $0.baseAddress, $0.count, &digest))
        }
        return digest
    }

    /// The output of a stream that is handed over in pieces of up to `piece` bytes.
    static func stream(
        _ path: cairn_blake3_path, _ bytes: [UInt8], piece: Int, count: Int, _ random: inout SeededRandom
    ) -> [UInt8] {
        var state = cairn_blake3_state()
        #expect(cairn_blake3_start(&state, path, 0))
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                let count = min(bytes.count - start, Int.random(in: 0...piece, using: &random))
                cairn_blake3_update(&state, bytes.baseAddress.map { $0 + start }, count)
                start += count
            }
        }
        var output = [UInt8](repeating: 0, count: count)
        cairn_blake3_finish(&state, &output, count)
        return output
    }

    static func published(_ path: cairn_blake3_path) {
        var random = SeededRandom(seed: 1)
        #expect(vectors.count == 35)
        for (length, output) in vectors {
            let input = counting(length)
            #expect(hash(path, input[...]) == Array(output.prefix(32)), "\(length) bytes")
            #expect(
                stream(path, input, piece: 5000, count: output.count, &random) == output, "\(length) bytes")
        }
    }

    static func shapes(_ path: cairn_blake3_path) {
        var random = SeededRandom(seed: 2)
        let memory = random.bytes(300 << 10)
        // Every way in which batches, levels and pieces can be filled.
        let lengths =
            (0...40).map { 1024 * $0 + 1 } + [63, 64, 1023, 130_000, 131_071, 131_072, 131_073]
            + [(1 << 17) + 1024, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 300 << 10]
        for length in lengths {
            let start = length % 7 < memory.count - length ? length % 7 : 0
            let bytes = memory[start..<start + length]
            let expected = ReferenceBLAKE3.digest(of: bytes)
            #expect(hash(path, bytes) == expected, "\(length) bytes")
            for piece in [1500, 70_000] {
                #expect(
                    stream(path, Array(bytes), piece: piece, count: 32, &random) == expected,
                    "\(length) bytes, at most \(piece) at a time")
            }
        }
    }

    static func many(_ path: cairn_blake3_path, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let memory = random.bytes(400_000)
        let bound = [70, 1100, 5000, 40_000, 300_000][Int(seed % 5)]
        let count = Int.random(in: 0...(bound > 10_000 ? 50 : 700), using: &random)
        let slices = (0..<count).map { index -> Range<Int> in
            // Some of a kind, so that whole batches of them come together.
            let length = index % 50 < 20 ? bound / 2 : Int.random(in: 0...bound, using: &random)
            let start = Int.random(in: 0...(memory.count - length), using: &random)
            return start..<start + length
        }
        // Guard bytes on both sides show a digest written to a place that is not its own.
        var digests = [UInt8](repeating: 0xa5, count: 32 * (count + 2))
        memory.withUnsafeBufferPointer { memory in
            let inputs = slices.map { slice in
                let part = UnsafeBufferPointer(rebasing: memory[slice])
                return cairn_blake3_input(data: slice.isEmpty ? nil : part.baseAddress, length: slice.count)
            }
            digests.withUnsafeMutableBufferPointer { digests in
                #expect(cairn_blake3_many(path, inputs, count, digests.baseAddress.map { $0 + 32 }))
            }
        }
        for (index, slice) in slices.enumerated() {
            #expect(
                Array(digests[32 * (index + 1)..<32 * (index + 2)])
                    == hash(CAIRN_BLAKE3_PORTABLE, memory[slice]),
                "input \(index) of \(count), \(slice.count) bytes")
        }
        #expect((digests.prefix(32) + digests.suffix(32)).allSatisfy { $0 == 0xa5 })
    }

    static func bigCounter(_ path: cairn_blake3_path) {
        // Chunks beyond 2^32: only a subtree can begin there.
        var random = SeededRandom(seed: 3)
        let memory = random.bytes(40_000)
        let firsts: [UInt64] = [1 << 32, 3 << 33, (1 << 54) - 64]
        for first in firsts {
            for length in [1, 1024, 1025, 5000, 17_000, 32_768] {
                var state = cairn_blake3_state()
                var value = [UInt8](repeating: 0, count: 32)
                #expect(cairn_blake3_start(&state, path, first))
                memory.withUnsafeBufferPointer { cairn_blake3_update(&state, $0.baseAddress, length) }
                cairn_blake3_finish_subtree(&state, &value)
                #expect(
                    value == ReferenceBLAKE3.chainingValue(of: memory[..<length], chunk: first),
                    "\(length) bytes from chunk \(first)")
            }
        }
    }
}

@Suite("BLAKE3 on the portable path")
struct PortableBLAKE3Tests {
    @Test("gives the published outputs") func published() { PathChecks.published(CAIRN_BLAKE3_PORTABLE) }
    @Test("agrees with the paper's tree for every shape") func shapes() {
        PathChecks.shapes(CAIRN_BLAKE3_PORTABLE)
    }
    @Test("hashes many inputs of mixed lengths as one by one", arguments: UInt64(0)..<10)
    func many(_ seed: UInt64) { PathChecks.many(CAIRN_BLAKE3_PORTABLE, seed: seed) }
    @Test("counts chunks in 64 bits") func bigCounter() { PathChecks.bigCounter(CAIRN_BLAKE3_PORTABLE) }
}

@Suite(
    "BLAKE3 on the AVX2 path",
    .enabled(if: cairn_blake3_can_run(CAIRN_BLAKE3_AVX2), "this machine has no AVX2")
)
struct AVX2BLAKE3Tests {
    @Test("gives the published outputs") func published() { PathChecks.published(CAIRN_BLAKE3_AVX2) }
    @Test("agrees with the paper's tree for every shape") func shapes() {
        PathChecks.shapes(CAIRN_BLAKE3_AVX2)
    }
    @Test("hashes many inputs of mixed lengths as one by one", arguments: UInt64(0)..<10)
    func many(_ seed: UInt64) { PathChecks.many(CAIRN_BLAKE3_AVX2, seed: seed) }
    @Test("counts chunks in 64 bits") func bigCounter() { PathChecks.bigCounter(CAIRN_BLAKE3_AVX2) }
}

@Suite(
    "BLAKE3 on the AVX-512 path",
    .enabled(if: cairn_blake3_can_run(CAIRN_BLAKE3_AVX512), "this machine has no AVX-512"))
struct AVX512BLAKE3Tests {
    @Test("gives the published outputs") func published() { PathChecks.published(CAIRN_BLAKE3_AVX512) }
    @Test("agrees with the paper's tree for every shape") func shapes() {
        PathChecks.shapes(CAIRN_BLAKE3_AVX512)
    }
    @Test("hashes many inputs of mixed lengths as one by one", arguments: UInt64(0)..<10)
    func many(_ seed: UInt64) { PathChecks.many(CAIRN_BLAKE3_AVX512, seed: seed) }
    @Test("counts chunks in 64 bits") func bigCounter() { PathChecks.bigCounter(CAIRN_BLAKE3_AVX512) }
}

@Suite("BLAKE3 paths")
struct BLAKE3PathTests {
    @Test("a path that this machine cannot run is refused and writes nothing")
    func refusesMissingPath() {
        for path in [
            CAIRN_BLAKE3_PORTABLE, CAIRN_BLAKE3_AVX2, CAIRN_BLAKE3_AVX512, cairn_blake3_path(rawValue: 99),
        ] {
            var digest = [UInt8](repeating: 0xa5, count: 32)
            var values = [UInt8](repeating: 0xa5, count: 64)
            var state = cairn_blake3_state()
            let canRun = cairn_blake3_can_run(path)
            #expect(cairn_blake3_hash(path, nil, 0, &digest) == canRun)
            #expect(cairn_blake3_start(&state, path, 0) == canRun)
            #expect(cairn_blake3_many(path, [cairn_blake3_input()], 1, &digest) == canRun)
            #expect(cairn_blake3_fold(path, &values, 2, &digest) == canRun)
            #expect(!cairn_blake3_fold(path, &values, 1, &digest))
            #expect(canRun || digest.allSatisfy { $0 == 0xa5 })
        }
        #expect(!cairn_blake3_can_run(cairn_blake3_path(rawValue: 99)))
        #expect(cairn_blake3_can_run(cairn_blake3_best_path()))
    }
}
