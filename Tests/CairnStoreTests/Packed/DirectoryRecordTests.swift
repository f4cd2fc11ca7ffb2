import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct DirectoryRecordTests {
    /// A listing of that many files in random folders.
    static func listing(_ count: Int, seed: UInt64) throws -> DirListing {
        var random = SeededRandom(seed: seed)
        var builder = DirListingBuilder(.native)
        for number in 0..<count {
            var path = bytes("f\(number)")
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                path = bytes("d\(Int.random(in: 0..<9, using: &random))/") + path
            }
            if number % 50 == 7 {
                try builder.append(emptyFolder: path)
            } else {
                let kind = [DirListing.Kind.file, .executable, .symbolicLink][number % 3]
                try builder.append(
                    path, BLAKE3.digest(of: path), kind: kind, size: Int64(number) << 20)
            }
        }
        return try builder.listing()
    }

    @Test(
        "listings of any length come back byte for byte",
        arguments: [0, 1, 2, 63, 64, 65, 1000, 8193, 40_000], [false, true])
    func roundTrip(count: Int, isInPieces: Bool) throws {
        let fixture = try PackedStoreFixture()
        let listing = try Self.listing(count, seed: UInt64(count))
        let (id, bytes) = listing.identified(.blake3)
        let batch = try PackBatch(into: fixture.open())
        if isInPieces {
            try batch.add(listing, id: id)
        } else {
            try batch.add(listing: bytes, id: id)
        }
        try batch.commit()
        let store = try fixture.open()
        #expect(try store.contains(id))
        #expect(try store.size(of: id) == Int64(bytes.count))
        #expect(try store.read(id) == bytes)
        #expect(try !store.isSmall(id))
        #expect(try store.allObjects() == [id])
        let record = try store.directory(id)
        #expect(try record == bytes.withUnsafeBytes { try ListingPages.cut($0).pages.record })
        #expect(record.entryCount == count)
        #expect(record.pages.allSatisfy { (1...8192).contains($0.entryCount) })
        #expect(record.pages.dropLast().allSatisfy { $0.entryCount >= 64 })
        #expect(record.pages.count >= count / 8192 && record.pages.count <= count / 64 + 1)
    }

    @Test("a new version of a directory brings only the pages that differ")
    func sharedPages() throws {
        let fixture = try PackedStoreFixture()
        var entries = (0..<30_000).map { (path: bytes("folder/file-\($0 + 100_000)"), size: Int64($0)) }
        var sizes: [Int64] = []
        for version in 0..<3 {
            var builder = DirListingBuilder(.native)
            for entry in entries {
                try builder.append(entry.path, BLAKE3.digest(of: entry.path), size: entry.size)
            }
            let (id, content) = try builder.listing().identified(.blake3)
            let store = try fixture.open()
            let batch = try PackBatch(into: store)
            try batch.add(listing: content, id: id)
            try batch.commit()
            #expect(try fixture.open().read(id) == content)
            sizes.append(try store.index().packs.reduce(0) { $0 + $1.size })
            // One file more at the front, and one changed.
            entries.insert((bytes("folder/file-0\(version)"), 1), at: version)
            entries[20_000].size += 1
        }
        #expect(sizes[1] - sizes[0] < sizes[0] / 4)
        #expect(sizes[2] - sizes[1] < sizes[0] / 4)
    }

    @Test("bytes that are not those of the id, or no listing, are refused")
    func refused() throws {
        let fixture = try PackedStoreFixture()
        let batch = try PackBatch(into: fixture.open())
        let (id, content) = try Self.listing(3, seed: 1).identified(.blake3)
        #expect(throws: StoreError(.damaged(id), fixture.root)) {
            try batch.add(listing: content + [0], id: id)
        }
        for bad in [[], Array("CAIRNDR2".utf8), Array(content.dropLast()), content + [1], content + [0, 0]] {
            let id = ObjectID(.blake3, BLAKE3.digest(of: bad), isDirectory: true)
            #expect(throws: StoreError.self) { try batch.add(listing: bad, id: id) }
        }
    }

    @Test("the record of the empty directory has the bytes of the document")
    func golden() throws {
        let (_, bytes) = DirListing(.native).identified(.blake3)
        let record = try bytes.withUnsafeBytes { try ListingPages.cut($0).pages.record }
        #expect(
            record.serialized == Array("CDRF".utf8) + [1, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0]
                + [8, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 24))
    }

    @Test("pages end where the document says")
    func borders() throws {
        let listing = try Self.listing(20_000, seed: 9)
        let pages = try listing.serialized.withUnsafeBytes { try ListingPages.cut($0).pages }
        var index = 0
        for page in pages.record.pages {
            #expect(page.firstPath == Array(listing[index].path))
            for number in 1...page.entryCount {
                let digest = BLAKE3.digest(of: listing[index].path).bytes
                let isMark = (Int(digest[0]) | Int(digest[1]) << 8) % 1024 == 0
                let isLast = index == listing.count - 1
                let ends = isLast || number == 8192 || (number >= 64 && isMark)
                #expect(ends == (number == page.entryCount))
                index += 1
            }
        }
        #expect(index == listing.count)
    }

    @Test("a directory whose page is the directory itself, or its record, is an error")
    func cycles() throws {
        let fixture = try PackedStoreFixture()
        let (id, content) = try Self.listing(3, seed: 1).identified(.blake3)
        let pages = try content.withUnsafeBytes { try ListingPages.cut($0).pages.record.pages }
        let page = try #require(pages.first)
        let record = DirectoryRecord(
            pages: [
                .init(
                    key: id.digest, entryCount: 3, byteCount: page.byteCount, firstPath: page.firstPath)
            ], totalSize: 3
        ).serialized
        let batch = try PackBatch(into: fixture.open())
        for key in [RecordKey(.directory, id.digest), RecordKey(.page, BLAKE3.digest(of: record))] {
            try record.withUnsafeBytes { try batch.add([(key, $0)]) }
        }
        try batch.commit()
        let store = try fixture.open()
        #expect(throws: StoreError.self) { try store.read(id) }
        #expect(throws: StoreError.self) { _ = try PackedCollection(of: store) { _ in true } }
        #expect(throws: Never.self) { _ = try PackedCollection(of: store) { _ in false } }
    }

    @Test("records that are damaged are refused or say the same")
    func fuzz() throws {
        let bytes = try Self.listing(700, seed: 4).serialized
        let record = try bytes.withUnsafeBytes { try ListingPages.cut($0).pages.record }
        let sound = record.serialized
        for length in 0..<sound.count {
            #expect(throws: FormatError.self) {
                try sound[..<length].withUnsafeBytes { _ = try DirectoryRecord(parsing: $0) }
            }
        }
        let problem = Fuzzing.firstProblem(rounds: 3000) { random in
            let bytes = random.damaged(sound)
            guard let parsed = try? bytes.withUnsafeBytes({ try DirectoryRecord(parsing: $0) }) else {
                return nil
            }
            return parsed.serialized.count <= bytes.count ? nil : "more was read than is there"
        }
        #expect(problem == nil)
    }
}
