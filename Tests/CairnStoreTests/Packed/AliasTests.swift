import CairnCore
import Testing

@testable import CairnStore

@Suite struct AliasTests {
    // What `b3sum` prints for the bytes that the document names, with the MD5 of DVC's empty listing.
    @Test(
        "the key of an alias is the hash that the document says",
        arguments: [
            (
                HashAlgorithm.md5, "d751713988987e9331980363e24189ce.dir",
                "c14f5d17f21b6f745cc5b18c90aff20f6b6aabc6083489e3ecc8f2cf61ed4358"
            ),
            (
                .md5, "d751713988987e9331980363e24189ce",
                "581c5a2433a45e69d10a3dba3bdadb8adb9ec43a923185e5aad83fe472eaf60b"
            ),
            (
                .md5DOS2Unix, "d751713988987e9331980363e24189ce",
                "fe44fdec68adef3ee6c28f457e4d528284ac44b553818adae84774c8552acefe"
            ),
        ])
    func key(_ algorithm: HashAlgorithm, _ id: String, _ expected: String) throws {
        let id = try #require(ObjectID(algorithm, parsing: id.utf8))
        #expect(RecordKey.alias(of: id) == RecordKey(.alias, try #require(Digest(hex: expected.utf8))))
    }

    @Test("an alias is a record of a meta pack, and leads to its file")
    func record() throws {
        let fixture = try PackedStoreFixture()
        let content = bytes("hello\n")
        let id = ObjectID(.md5, MD5.digest(of: content))
        let batch = try PackBatch(into: fixture.open())
        let file = try batch.add(blob: content)
        let alias = Alias(to: file.digest)
        try alias.serialized.withUnsafeBytes { try batch.add([(.alias(of: id), $0)]) }
        try batch.commit()
        let store = try fixture.open()
        #expect(try Alias(parsing: store.record(.alias(of: id))) == alias)
        #expect(try store.index().location(of: .alias(of: id))?.pack.packClass == .meta)
        // It is no object of its own.
        #expect(try store.allObjects() == [file])
    }

    @Test("an alias of another length is damaged", arguments: [0, 16, 31, 33])
    func length(_ count: Int) throws {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: FormatError(.alias, .truncated(needed: 32, found: Int64(count)), at: 0)) {
            try Alias(parsing: bytes)
        }
        let fixture = try PackedStoreFixture()
        let key = RecordKey.alias(of: ObjectID(.md5, MD5.digest(of: [])))
        let batch = try PackBatch(into: fixture.open())
        try bytes.withUnsafeBytes { try batch.add([(key, $0)]) }
        try batch.commit()
        #expect(throws: (any Error).self) { try fixture.open().record(key) }
    }
}
