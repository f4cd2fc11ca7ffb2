import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

/// A record with its bytes, as a test knows it.
struct SampleRecord: Hashable {
    let key: RecordKey
    let bytes: [UInt8]

    init(_ kind: RecordKind, _ bytes: [UInt8], digest: Digest? = nil) {
        key = RecordKey(kind, digest ?? BLAKE3.digest(of: bytes))
        self.bytes = bytes
    }
}

/// A folder in which packs are written and read.
final class PackFixture {
    let scratch: ScratchDirectory
    private var count = 0

    init() throws { scratch = try ScratchDirectory("cairn-packs") }

    /// The header of a pack that is the same in every run.
    static func header(_ packClass: PackClass, number: UInt64 = 1) -> PackHeader {
        PackHeader(
            packClass, nonce: UniqueID(high: 0xA0A1_A2A3_A4A5_A6A7, low: 0xB0B1_B2B3_B4B5_0000 + number),
            push: ULID(high: 0x0199_0000_0000_C0C1 + number << 16, low: 0xD0D1_D2D3_D4D5_D6D7),
            created: 1_758_000_000_000 + Int64(number))
    }

    /// Begins a pack in a new file.
    func newPack(_ packClass: PackClass, number: UInt64 = 1) throws -> (path: FilePath, writer: PackWriter) {
        count += 1
        let name = "pack-\(count)"
        let folder = try Folder(FilePath(scratch.path))
        let file = try OpenFile(creating: name.utf8, in: folder, permissions: 0o600)
        return (
            folder.path(of: name.utf8), try PackWriter(Self.header(packClass, number: number), into: file)
        )
    }

    /// Writes a pack of these records.
    func write(
        _ records: [SampleRecord], _ packClass: PackClass = .data, _ compression: Compression = .standard,
        number: UInt64 = 1
    ) throws -> (path: FilePath, pack: PackWriter.Pack) {
        let (path, writer) = try newPack(packClass, number: number)
        var builder = FrameBuilder(for: packClass, compression)
        for record in records {
            let frame = try record.bytes.withUnsafeBytes { try builder.add(record.key, $0) }
            if let frame { #expect(try writer.append(frame)) }
        }
        for frame in builder.finish() { #expect(try writer.append(frame)) }
        return (path, try writer.finish())
    }

    /// Writes a pack of these records, and gives its bytes.
    static func bytes(
        of records: [SampleRecord], _ compression: Compression
    ) throws -> (bytes: [UInt8], pack: PackWriter.Pack) {
        let fixture = try PackFixture()
        let (path, pack) = try fixture.write(records, .data, compression)
        // The folder lives as long as the fixture.
        return try withExtendedLifetime(fixture) { (try Files.read(path.string), pack) }
    }

    /// Writes bytes to a file and opens it as a pack.
    func open(_ bytes: [UInt8]) throws -> PackReader {
        let path = scratch("bytes")
        try Files.write(bytes, to: path)
        return try PackReader(OpenFile(reading: FilePath(path)))
    }
}

extension SeededRandom {
    /// Bytes of one of several kinds: text, zeros, noise, or noise that repeats.
    mutating func sample(_ count: Int) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &self) {
        case 0:
            let words = ["id,name,value\n", "0.25,", "penguin;", "true\t", "1999-12-31 "]
            var text: [UInt8] = []
            while text.count < count { text += Array((words.randomElement(using: &self) ?? "").utf8) }
            return Array(text.prefix(count))
        case 1: return [UInt8](repeating: UInt8.random(in: 0...3, using: &self), count: count)
        case 2: return bytes(count)
        default: return content(count)
        }
    }

    /// Records of many sizes, small ones most often.
    mutating func records(_ count: Int, _ kinds: [RecordKind] = [.chunk, .blob]) -> [SampleRecord] {
        let edges = [0, 1, 65_535, 65_536, 131_071, 131_072, 196_608]
        return (0..<count).map { _ in
            let size =
                switch Int.random(in: 0..<10, using: &self) {
                case 0: edges.randomElement(using: &self) ?? 0
                case 1: Int.random(in: 0...200_000, using: &self)
                case 2, 3: Int.random(in: 0...20_000, using: &self)
                default: Int.random(in: 0...600, using: &self)
                }
            let kind = kinds.randomElement(using: &self) ?? .blob
            let digest = kind.isNamedByContent ? nil : Digest(bytes: bytes(32))
            return SampleRecord(kind, sample(size), digest: digest)
        }
    }
}

/// The problem that the body fails with, if it is one of a format.
func problem(_ body: () throws -> Void) -> FormatError? {
    do {
        try body()
        return nil
    } catch let error as FormatError {
        return error
    } catch let error as StoreError {
        if case .malformed(let error) = error.reason { return error }
        return nil
    } catch {
        return nil
    }
}
