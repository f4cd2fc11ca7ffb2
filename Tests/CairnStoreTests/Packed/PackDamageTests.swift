import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

/// Damaged and hostile packs: an error or the right bytes, never anything else.
@Suite struct PackDamageTests {
    /// A pack with frames of all codecs, several records in some, and what is in it.
    static func sample(_ seed: UInt64, _ packClass: PackClass = .data) throws -> (
        file: [UInt8], pack: PackWriter.Pack, contents: [RecordKey: [UInt8]]
    ) {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: seed)
        let (path, writer) = try fixture.newPack(packClass)
        var contents: [RecordKey: [UInt8]] = [:]
        for compression in [Compression.standard, Compression(.zlib, level: 6), .none] {
            var builder = FrameBuilder(for: packClass, compression)
            for size in [0, 1, 300, 301, 2000] {
                let record = SampleRecord(packClass == .data ? .blob : .page, random.sample(size))
                contents[record.key] = record.bytes
                if let frame = try record.bytes.withUnsafeBytes({ try builder.add(record.key, $0) }) {
                    #expect(try writer.append(frame))
                }
            }
            for frame in builder.finish() { #expect(try writer.append(frame)) }
        }
        let pack = try writer.finish()
        return (try Files.read(path.string), pack, contents)
    }

    /// What of the sample's records can be read from a pack; a string if something is wrong.
    static func readAll(_ reader: PackReader, _ entries: [PackEntry], _ contents: [RecordKey: [UInt8]])
        -> String?
    {
        for entry in entries {
            guard let bytes = try? reader.record(entry.key, at: entry.place) else { continue }
            if entry.key.kind.isNamedByContent, BLAKE3.digest(of: bytes) != entry.key.digest {
                return "bytes that are not those of \(entry.key)"
            }
            if let expected = contents[entry.key], !expected.elementsEqual(bytes) {
                return "wrong bytes for \(entry.key)"
            }
        }
        return nil
    }

    @Test("a pack that ends too soon is refused at every length, and its records are errors or right")
    func truncated() throws {
        let (file, pack, contents) = try Self.sample(1)
        let fixture = try PackFixture()
        for length in 0..<file.count {
            guard let reader = try? fixture.open(Array(file[..<length])) else {
                #expect(length < PackHeader.byteCount)
                continue
            }
            #expect(problem { _ = try reader.trailer() } != nil, "\(length)")
            if length % 16 == 0 { #expect(Self.readAll(reader, pack.entries, contents) == nil) }
        }
    }

    @Test("a pack that is cut short while it is open is an error")
    func cutWhileOpen() throws {
        let (file, pack, _) = try Self.sample(2)
        let fixture = try PackFixture()
        let reader = try fixture.open(file)
        try Files.write(Array(file[..<70]), to: fixture.scratch("bytes"))
        let last = try #require(pack.entries.last)
        let found = problem { _ = try reader.record(last.key, at: last.place) }
        #expect(found?.problem == .truncated(needed: Int64(last.place.frameLength), found: 0))
        #expect(problem { _ = try reader.trailer() }?.part == .packTrailer)
    }

    @Test("a flipped bit anywhere is an error or changes nothing")
    func flippedBits() throws {
        let (file, pack, contents) = try Self.sample(3)
        let fixture = try PackFixture()
        for byte in file.indices {
            var damaged = file
            damaged[byte] ^= 1 << UInt8(byte % 8)
            guard let reader = try? fixture.open(damaged) else { continue }
            if let trailer = try? reader.trailer() { #expect(trailer.entries == pack.entries) }
            let near = pack.entries.filter { abs(Int($0.place.frameOffset) - byte) < 3000 }
            #expect(Self.readAll(reader, near, contents) == nil, "byte \(byte)")
        }
    }

    @Test("damaged packs never give wrong bytes")
    func fuzzFile() throws {
        let samples = try (10..<14).map { try Self.sample($0) }
        let fixture = try PackFixture()
        let found = Fuzzing.firstProblem(rounds: 600) { random in
            let sample = samples[Int.random(in: 0..<samples.count, using: &random)]
            let damaged = random.damaged(sample.file, others: samples.map(\.file))
            guard let reader = try? fixture.open(damaged) else { return nil }
            let entries = ((try? reader.trailer())?.entries ?? []) + sample.pack.entries
            var count = 0
            try? reader.salvage { frame, content in count += frame.digests.count == content.count ? 0 : 1 }
            if count != 0 { return "salvaged records without digests" }
            return Self.readAll(reader, entries, sample.contents)
        }
        #expect(found == nil)
    }

    @Test("damaged frames are refused, or hold records that lie within them")
    func fuzzFrames() throws {
        let (file, pack, _) = try Self.sample(20)
        let frames = Set(
            pack.entries.map { Int($0.place.frameOffset)..<Int($0.place.frameOffset + $0.place.frameLength) }
        )
        .sorted { $0.lowerBound < $1.lowerBound }.map { Array(file[$0]) }
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            var damaged = random.damaged(
                frames[Int.random(in: 0..<frames.count, using: &random)], others: frames)
            if Bool.random(using: &random), damaged.count > FrameHeader.fixedSize {
                // With a checksum that is right again, what lies behind it is tested.
                let records = Int(damaged[6]) | Int(damaged[7]) << 8
                let start = min(FrameHeader.fixedSize + 4 * records, damaged.count)
                let checksum = damaged.withUnsafeBytes {
                    CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: $0[start...]))
                }
                damaged.set(integer: checksum, at: 16)
            }
            guard let frame = try? PackFrame(parsing: damaged, at: 64) else { return nil }
            for record in 0..<frame.count where frame[record] == nil { return "no record \(record)" }
            return frame[frame.count] == nil && frame[-1] == nil ? nil : "a record too many"
        }
        #expect(found == nil)
    }

    @Test(
        "damaged trailers with a digest that is right again are refused, or place every record within the pack"
    )
    func fuzzTrailers() throws {
        let (file, pack, _) = try Self.sample(21)
        let tail = Array(file.suffix(PackTail.byteCount))
        let whole = try tail.withUnsafeBytes { try PackTail(parsing: $0, packSize: Int64(file.count)) }
        let bytes = Array(file[Int(whole.tablesOffset)...])
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            var damaged = random.damaged(bytes)
            guard damaged.count >= PackTail.byteCount else { return nil }
            let digest = BLAKE3.digest(of: damaged.dropLast(PackTail.byteCount - 32)).bytes
            damaged.replaceSubrange((damaged.count - 64)..<(damaged.count - 32), with: digest)
            // The frames in front of the tables are as long as they were.
            let size = whole.tablesOffset + Int64(damaged.count)
            let end = Array(damaged.suffix(PackTail.byteCount))
            guard let tail = try? end.withUnsafeBytes({ try PackTail(parsing: $0, packSize: size) }) else {
                return nil
            }
            let range = tail.trailerRange
            guard range.upperBound == size, range.lowerBound >= PackHeader.byteCount else {
                return "a trailer outside"
            }
            let tables = Array((file[..<Int(whole.tablesOffset)] + damaged)[Int(range.lowerBound)...])
            guard
                let trailer = try? tables.withUnsafeBytes({
                    try PackTrailer(parsing: $0, tail: tail, packClass: .data)
                })
            else { return nil }
            let isInside = trailer.entries.allSatisfy { entry in
                entry.place.frameOffset >= PackHeader.byteCount
                    && Int64(entry.place.frameOffset) + Int64(entry.place.frameLength) <= tail.tablesOffset
            }
            return isInside ? nil : "a place outside"
        }
        #expect(found == nil)
        #expect(pack.entries.count == 15)
    }

    @Test(
        "headers of other files, versions and features are refused by name",
        arguments: [
            (0, 0x44 as UInt8, FormatError(.packHeader, .notThisFormat, at: 0)),
            (8, 2, FormatError(.packHeader, .unknownVersion(2), at: 8)),
            (10, 3, FormatError(.packHeader, .badValue("class"), at: 10)),
            (11, 1, FormatError(.packHeader, .unknownFeatures(["flags 1"]), at: 11)),
            (12, 5, FormatError(.packHeader, .unknownFeatures(["bit 0", "bit 2"]), at: 12)),
        ])
    func headers(_ place: Int, _ value: UInt8, _ expected: FormatError) throws {
        var (file, _, _) = try Self.sample(4)
        file[place] = value
        let fixture = try PackFixture()
        #expect(problem { _ = try fixture.open(file) } == expected)
    }

    @Test("a record in a frame of another one, or past its end, is an error")
    func wrongPlace() throws {
        let (file, pack, _) = try Self.sample(5)
        let reader = try PackFixture().open(file)
        let shared = pack.entries.filter { $0.place.frameOffset == pack.entries[0].place.frameOffset }
        try #require(shared.count > 2)
        #expect(problem { _ = try reader.record(shared[1].key, at: shared[2].place) }?.problem == .mismatch)
        let place = shared[0].place
        for other in [
            PackPlace(frameOffset: place.frameOffset, frameLength: place.frameLength, record: 999),
            PackPlace(frameOffset: place.frameOffset, frameLength: place.frameLength + 1, record: 0),
            PackPlace(frameOffset: place.frameOffset, frameLength: place.frameLength - 1, record: 0),
            PackPlace(frameOffset: place.frameOffset + 1, frameLength: place.frameLength, record: 0),
            PackPlace(frameOffset: 0, frameLength: 100, record: 0),
            PackPlace(frameOffset: .max, frameLength: .max, record: 0),
            PackPlace(frameOffset: 64, frameLength: .max, record: 0),
        ] {
            #expect(problem { _ = try reader.record(shared[0].key, at: other) } != nil, "\(other)")
        }
    }

    @Test("frames in front of a broken end are found again")
    func salvage() throws {
        let (file, pack, contents) = try Self.sample(6)
        let offsets = Set(pack.entries.map(\.place.frameOffset)).sorted()
        let broken = Array(file[..<(Int(offsets[2]) + 30)])
        for (bytes, count) in [(broken, 2), (file, offsets.count)] {
            let reader = try PackFixture().open(bytes)
            var found: [(UInt32, UInt32, [Digest])] = []
            try reader.salvage { frame, content in
                found.append((frame.offset, frame.length, frame.digests))
                for record in 0..<content.count {
                    let key = RecordKey(.blob, frame.digests[record])
                    #expect(contents[key].map { $0.elementsEqual(content[record] ?? []) } == true)
                }
            }
            #expect(found.map(\.0) == Array(offsets.prefix(count)))
        }
    }
}
