import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@testable import CairnStore

/// The bytes of docs/formats and of fixtures/native.
@Suite struct NativeGoldenTests {
    /// The records of `example.cpk`.
    static let examples = [
        SampleRecord(.blob, Array("hello\n".utf8)), SampleRecord(.blob, []),
        SampleRecord(.chunk, Array("part".utf8)),
    ]

    static func pack() throws -> (bytes: [UInt8], pack: PackWriter.Pack) {
        try PackFixture.bytes(of: examples, .none)
    }

    static func segment() throws -> IndexSegmentBuilder.Segment {
        var builder = IndexSegmentBuilder()
        builder.add(try pack().pack)
        builder.add(DeadPack(name: BLAKE3.digest(of: Array("a dead pack".utf8)), time: 1_758_000_100_000))
        builder.add(
            PushRow(
                push: PackFixture.header(.data).push,
                repository: UniqueID(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111),
                store: marker.id, root: examples[0].key, isAcknowledged: true, time: 1_758_000_000_500))
        return builder.build()
    }

    static let marker = StoreMarker(id: UniqueID(high: 0x2222_2222_2222_4222, low: 0x8222_2222_2222_2222))

    static let condemnRecord = CondemnRecord(
        collector: ULID(high: 0x0199_0000_0002_E0E1, low: 0xF0F1_F2F3_F4F5_F6F7), store: marker.id,
        time: 1_758_000_200_000, packs: [BLAKE3.digest(of: Array("a pack that is to go".utf8))],
        seenPushes: [PackFixture.header(.data).push],
        seenMetaPacks: [BLAKE3.digest(of: Array("a pack of class meta".utf8))])

    static let rootsFile = RootsFile(
        name: RootsName(
            repository: UniqueID(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111),
            clone: UniqueID(high: 0x3333_3333_3333_4333, low: 0x8333_3333_3333_3333),
            writer: PackFixture.header(.data).push),
        store: marker.id, time: 1_758_000_000_500, label: "ada@laptop: /home/ada/pinguïns",
        roots: [
            ObjectID(.blake3, examples[0].key.digest), DirListing(.native).identified(.blake3).id,
            DirListing(.dvc).identified(.md5).id,
        ])

    /// What differs from a file in fixtures/native; the file is written instead when golden files are rewritten.
    static func difference(_ bytes: [UInt8], from name: String) throws -> String? {
        let path = PackageRoot.fixture("native/\(name)")
        if getenv("CAIRN_REWRITE_GOLDEN").map({ String(cString: $0) }) == "1" {
            try Files.write(bytes, to: path)
            return nil
        }
        let expected = try Files.read(path)
        guard expected != bytes else { return nil }
        let place = zip(expected, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        return
            "\(name): \(bytes.count) bytes instead of \(expected.count), the first other one is \(place ?? min(bytes.count, expected.count))"
    }

    @Test("the example pack is written as it was")
    func packBytes() throws {
        #expect(try Self.difference(Self.pack().bytes, from: "example.cpk") == nil)
    }

    @Test("the example segment is written as it was")
    func segmentBytes() throws {
        #expect(try Self.difference(Self.segment().bytes, from: "example.seg") == nil)
    }

    @Test("the example condemn record is written as it was")
    func condemnRecordBytes() throws {
        #expect(try Self.difference(Self.condemnRecord.serialized, from: "example.cnd") == nil)
    }

    @Test("the example roots file is written as it was")
    func rootsFileBytes() throws {
        #expect(try Self.difference(Self.rootsFile.serialized, from: "example.rts") == nil)
    }

    @Test("the example marker is written as it was")
    func markerBytes() throws { #expect(try Self.difference(Self.marker.bytes, from: "cairn.json") == nil) }

    @Test(
        "packs of each codec that were written once are still read",
        arguments: ["example.cpk", "zstd.cpk", "zlib.cpk"])
    func reading(_ name: String) throws {
        let path = PackageRoot.fixture("native/\(name)")
        if !Files.exists(path), getenv("CAIRN_REWRITE_GOLDEN") != nil {
            // Written once: another version of a library may compress in another way, and must read this all the same.
            let text = SampleRecord(
                .blob, Array(repeating: Array("compress me. ".utf8), count: 40).flatMap { $0 })
            let compression = Compression(name == "zstd.cpk" ? .zstd : .zlib, level: 3)
            try Files.write(try PackFixture.bytes(of: Self.examples + [text], compression).bytes, to: path)
        }
        let reader = try PackReader(OpenFile(reading: FilePath(path)))
        let entries = try reader.trailer().entries
        #expect(entries.prefix(3).map(\.key) == Self.examples.map(\.key))
        for entry in entries { _ = try reader.record(entry.key, at: entry.place) }
        for (entry, sample) in zip(entries, Self.examples) {
            #expect(try reader.record(entry.key, at: entry.place).elementsEqual(sample.bytes))
        }
    }

    @Test(
        "the dumps in the documents are those of the files",
        arguments: [
            ("pack.md", "example.cpk"), ("index-segment.md", "example.seg"),
            ("condemn-record.md", "example.cnd"), ("roots-file.md", "example.rts"),
        ])
    func dumps(_ document: String, _ name: String) throws {
        let text = try Files.text("\(PackageRoot.path)/docs/formats/\(document)")
        let dump = Self.dump(try Files.read(PackageRoot.fixture("native/\(name)")))
        #expect(text.contains("\n\(dump)```"), "the dump of \(document) should be\n\(dump)")
    }

    @Test("the marker in the document is that of the file")
    func markerText() throws {
        let text = try Files.text("\(PackageRoot.path)/docs/formats/packed-store.md")
        #expect(text.contains("\n" + String(decoding: Self.marker.bytes, as: UTF8.self) + "```"))
    }

    /// Sixteen bytes a line, with their offset and their characters.
    static func dump(_ bytes: [UInt8]) -> String {
        func hex(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            let digits = row.map { hex(Int($0), 2) }.joined(separator: " ")
            let padding = String(repeating: " ", count: 47 - digits.count)
            let characters = String(
                decoding: row.map { (33...126).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            return "\(hex(start, 4))  \(digits)\(padding)  \(characters)\n"
        }.joined()
    }
}
