import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnTransfer

/// Objects that are named by MD5 on a packed remote: what aliases lead to stays with them.
@Suite("Collecting what aliases lead to", .ownThreads)
struct AliasMarkingTests {
    /// A remote with two directories of two files each, and a large file of which one is the listing.
    private struct Sample {
        let fixture: CollectionFixture
        /// Records, each with the objects that have to keep it.
        private(set) var records: [(key: RecordKey, bytes: [UInt8])] = []
        private(set) var directories: [(id: ObjectID, needs: Set<RecordKey>)] = []

        init() throws {
            fixture = try CollectionFixture()
            for number in 0..<2 {
                var builder = DirListingBuilder()
                var needs: Set<RecordKey> = []
                for file in 0..<2 {
                    let bytes = Array("file \(file) of \(number)".utf8)
                    let id = ObjectID(.md5, MD5.digest(of: bytes))
                    try builder.append(Array("\(file)".utf8), id.digest)
                    needs.formUnion(add(id, bytes))
                }
                let listing = try builder.listing()
                let id = listing.id(.md5)
                needs.formUnion(add(id, listing.serialized))
                directories.append((id, needs))
            }
        }

        private mutating func add(_ id: ObjectID, _ bytes: [UInt8]) -> [RecordKey] {
            let file = BLAKE3.digest(of: bytes)
            records.append((RecordKey(.blob, file), bytes))
            records.append((.alias(of: id), Alias(to: file).serialized))
            return [RecordKey(.blob, file), .alias(of: id)]
        }

        /// Writes everything into packs of the remote, and rows for some roots.
        func upload(rows: [RecordKey] = []) async throws {
            let index = fixture.index()
            let view = try await index.viewForWriting()
            let push = index.newName()
            let folder = FilePath(fixture.scratch.path)
            let spool = try PackSpool(
                in: folder, chunker: 1, header: { index.packHeader($0, push) }, isStored: { _ in false })
            for (key, bytes) in records { try bytes.withUnsafeBytes { try spool.add([(key, $0)]) } }
            let packs = try spool.finish(.data) + spool.finish(.meta)
            let sent = try await SentPack.send(packs, to: index.remote, jobs: 1)
            let roots = rows.map {
                PushRow(
                    push: push, repository: fixture.clones[0].repository, store: view.marker.id, root: $0,
                    isAcknowledged: false, time: 0)
            }
            for segment in SentPack.segments(of: sent, roots: roots) {
                try await index.write(segment, as: SegmentName(level: 0, push: push, digest: segment.name))
            }
        }

        /// The records that a collection would keep.
        func kept(_ scope: [ObjectID]) async throws -> Set<RecordKey> {
            let plan = try #require(try await fixture.collection().plan(keeping: scope))
            return Set(records.map(\.key).filter { plan.marks.contains($0) })
        }
    }

    @Test("a directory that is needed keeps its listing and its files, and no others")
    func roots() throws {
        let sample = try Sample()
        try sample.fixture.executor.run {
            try await sample.upload()
            try await sample.fixture.wait(days: 4)
            #expect(try await sample.kept([]).isEmpty)
            for directory in sample.directories {
                #expect(try await sample.kept([directory.id]) == directory.needs)
            }
        }
    }

    @Test("a directory of which only the alias is known keeps them too: of a push, or in a young pack")
    func unknownKind() throws {
        let sample = try Sample()
        try sample.fixture.executor.run {
            try await sample.upload(rows: [.alias(of: sample.directories[1].id)])
            #expect(try await sample.kept([]) == Set(sample.records.map(\.key)))
            try await sample.fixture.wait(days: 4)
            #expect(try await sample.kept([]) == sample.directories[1].needs)
            try await sample.fixture.wait(days: 11)
            #expect(try await sample.kept([]).isEmpty)
        }
    }
}
