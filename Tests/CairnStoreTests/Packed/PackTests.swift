import CairnCore
import CairnSystem
import CairnTestSupport
import Synchronization
import Testing

@testable import CairnStore

@Suite struct PackTests {
    @Test(
        "what is written into a pack is read back, whatever the mix and the codec",
        arguments: 0..<6, [Compression.standard, .none, Compression(.zlib, level: 6)])
    func roundTrip(_ seed: UInt64, _ compression: Compression) throws {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: seed)
        let packClass: PackClass = seed % 3 == 2 ? .meta : .data
        let kinds = RecordKind.allCases.filter { $0.packClass == packClass }
        let records = random.records(120, kinds)
        let (path, pack) = try fixture.write(records, packClass, compression)
        let file = try Files.read(path.string)
        #expect(pack.info.size == Int64(file.count))
        #expect(pack.info.name == BLAKE3.digest(of: file))
        #expect(pack.info.recordCount == records.count)

        let reader = try PackReader(OpenFile(reading: path))
        #expect(reader.header == PackFixture.header(packClass))
        #expect(try reader.digest() == pack.info.name)
        let trailer = try reader.trailer()
        #expect(trailer.entries == pack.entries)
        #expect(trailer.frameCount == pack.info.frameCount)
        #expect(trailer.rawSize == records.reduce(0) { $0 + UInt64($1.bytes.count) })
        var left = Dictionary(grouping: records, by: \.key)
        for entry in pack.entries {
            let bytes = try reader.record(entry.key, at: entry.place)
            let same = left[entry.key]?.popLast()
            let sample = try #require(same)
            // Samples of one key have the same bytes, but for kinds that are not named by content: keys differ there.
            #expect(sample.bytes.elementsEqual(bytes))
        }
        #expect(left.values.joined().isEmpty)
    }

    @Test("many records are read at once as they are one by one", arguments: 0..<4)
    func batches(_ seed: UInt64) throws {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: seed)
        let packClass: PackClass = seed % 2 == 0 ? .data : .meta
        let kinds = RecordKind.allCases.filter { $0.packClass == packClass }
        let (path, pack) = try fixture.write(random.records(100, kinds), packClass)
        let reader = try PackReader(OpenFile(reading: path))
        #expect(try reader.records([]) == [])
        let wanted = seed < 2 ? pack.entries : pack.entries.shuffled(using: &random)
        let single = try wanted.map { try reader.record($0.key, at: $0.place) }
        #expect(try reader.records(wanted) == single)
        guard packClass == .data else { return }
        let other = try #require(wanted.first { $0.key != wanted[50].key })
        let wrong = wanted[..<50] + [PackEntry(wanted[50].key, other.place)]
        #expect(problem { _ = try reader.records(Array(wrong)) }?.problem == .mismatch)
        let outside = PackPlace(frameOffset: 64, frameLength: wanted[0].place.frameLength, record: 9999)
        #expect(problem { _ = try reader.records([PackEntry(wanted[0].key, outside)]) } != nil)
    }

    @Test("small records share frames of 128 KiB, large ones have their own, in order within a frame")
    func grouping() throws {
        let fixture = try PackFixture()
        let text = Array("a line of text that repeats, ".utf8)
        func sample(_ number: Int, _ size: Int) -> SampleRecord {
            SampleRecord(.blob, Array("\(number) ".utf8) + (0..<size).map { text[$0 % text.count] })
        }
        let small = (0..<40).map { sample($0, 10_000) }
        let large = [sample(100, 65_536), sample(101, 150_000)]
        let (path, pack) = try fixture.write([small[0], large[0]] + small[1...] + [large[1]])
        let frames = Dictionary(grouping: pack.entries, by: \.place.frameOffset)
        // 14 records of about 10 000 bytes are the first to reach 131 072; the other frames are the rest and the large ones.
        #expect(frames.values.map(\.count).sorted() == [1, 1, 12, 14, 14])
        let reader = try PackReader(OpenFile(reading: path))
        for (offset, entries) in frames {
            let frame = try reader.frame(at: offset, length: entries[0].place.frameLength)
            #expect(entries.map(\.place.record) == (0..<UInt16(entries.count)).map { $0 })
            #expect(frame.count == entries.count)
        }
    }

    @Test("records that cannot be compressed lie in raw frames of their own")
    func incompressible() throws {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: 7)
        let noise = (0..<5).map { _ in SampleRecord(.blob, random.bytes(20_000)) }
        let text = (0..<5).map { SampleRecord(.blob, Array(repeating: UInt8(65 + $0), count: 20_000)) }
        let (path, pack) = try fixture.write(zip(noise, text).flatMap { [$0, $1] })
        let file = try Files.read(path.string)
        let noiseKeys = Set(noise.map(\.key))
        for entries in Dictionary(grouping: pack.entries, by: \.place.frameOffset).values {
            let codec = file[Int(entries[0].place.frameOffset) + 4]
            let isNoise = entries.map { noiseKeys.contains($0.key) }
            #expect(Set(isNoise).count == 1)
            #expect(codec == (isNoise[0] ? Codec.raw.rawValue : Codec.zstd.rawValue))
        }
    }

    @Test("a pack takes no more than its class allows, and says so")
    func closing() throws {
        let fixture = try PackFixture()
        var random = SeededRandom(seed: 8)
        let (_, writer) = try fixture.newPack(.meta)
        var builder = FrameBuilder(for: .meta, .none)
        var frames: [EncodedFrame] = []
        for _ in 0..<3 {
            let bytes = random.content(8 << 20)
            let frame = try bytes.withUnsafeBytes {
                try builder.add(RecordKey(.page, BLAKE3.digest(of: bytes)), $0)
            }
            frames.append(try #require(frame))
        }
        #expect(try writer.append(frames[0]))
        #expect(!writer.isFull)
        #expect(try writer.append(frames[1]))
        #expect(writer.isFull)
        #expect(try !writer.append(frames[2]))
        #expect(writer.recordCount == 2)
        let pack = try writer.finish()
        #expect(pack.info.recordCount == 2)
    }

    @Test("a pack holds 131 072 records and no more, however they are framed")
    func manyRecords() throws {
        let fixture = try PackFixture()
        let (path, writer) = try fixture.newPack(.data)
        var builder = FrameBuilder(for: .data)
        var digest: [UInt8] = Array(repeating: 0, count: 32)
        var refused: EncodedFrame?
        var number: UInt32 = 0
        while refused == nil {
            for (index, shift) in [24, 16, 8, 0].enumerated() {
                digest[index] = UInt8(truncatingIfNeeded: number >> UInt32(shift))
            }
            number += 1
            // Empty records: a frame closes for their number.
            let key = RecordKey(.chunk, try #require(Digest(bytes: digest)))
            if let frame = try builder.add(key, UnsafeRawBufferPointer(start: nil, count: 0)) {
                #expect(frame.records.count == PackLimits.recordsInFrame)
                if try !writer.append(frame) { refused = frame }
            }
        }
        #expect(writer.recordCount == 2 * PackLimits.recordsInFrame)
        let pack = try writer.finish()
        let reader = try PackReader(OpenFile(reading: path))
        #expect(try reader.trailer().entries.count == pack.entries.count)
    }

    @Test("a pack without records can be written and read")
    func empty() throws {
        let fixture = try PackFixture()
        let (path, pack) = try fixture.write([])
        #expect(pack.info.size == 160)
        #expect(try PackReader(OpenFile(reading: path)).trailer().entries == [])
    }

    @Test("a record that is too large is refused")
    func tooLarge() throws {
        var builder = FrameBuilder(for: .data, .none)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: PackLimits.recordSize + 1, alignment: 1)
        defer { memory.deallocate() }
        var found: FormatError?
        do throws(FormatError) {
            _ = try builder.add(RecordKey(.chunk, BLAKE3.digest(of: [])), UnsafeRawBufferPointer(memory))
        } catch {
            found = error
        }
        #expect(found == FormatError(.record, .badValue("size"), at: 0))
        #expect(builder.finish().isEmpty)
    }

    @Test("many threads append to one pack and read from it")
    func threads() throws {
        let fixture = try PackFixture()
        let (path, writer) = try fixture.newPack(.data)
        let all = (0..<4).map { seed in
            var random = SeededRandom(seed: UInt64(100 + seed))
            return random.records(60)
        }
        try Workers(count: 4).run { (number) throws(StoreError) in
            var builder = FrameBuilder(for: .data)
            for record in all[number] {
                let frame = try format("") { () throws(FormatError) in
                    try record.bytes.withBytes { (bytes) throws(FormatError) in
                        try builder.add(record.key, bytes)
                    }
                }
                if let frame { #expect(try writer.append(frame)) }
            }
            for frame in builder.finish() { #expect(try writer.append(frame)) }
        }
        let pack = try writer.finish()
        #expect(pack.info.name == BLAKE3.digest(of: try Files.read(path.string)))
        let reader = try PackReader(OpenFile(reading: path))
        let contents = Dictionary(all.joined().map { ($0.key, $0.bytes) }) { first, _ in first }
        let wrong = Atomic<Int>(0)
        try Workers(count: 4).run { (number) throws(StoreError) in
            for entry in number % 2 == 0 ? pack.entries : pack.entries.reversed() {
                let bytes = try reader.record(entry.key, at: entry.place)
                if contents[entry.key].map({ $0.elementsEqual(bytes) }) != true {
                    wrong.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(pack.entries.count == 240)
    }

    @Test("a file that cannot be written is an error of the writer")
    func failedWrite() throws {
        let fixture = try PackFixture()
        let path = FilePath(fixture.scratch("read-only"))
        try Files.write("", to: path.string)
        #expect(throws: StoreError(.io(.badFileDescriptor), path)) {
            _ = try PackWriter(PackFixture.header(.data), into: OpenFile(reading: path))
        }
    }
}
