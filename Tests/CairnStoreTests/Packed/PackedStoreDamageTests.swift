import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@testable import CairnStore

/// Stores with damaged files: the right bytes or an error, never anything else.
@Suite struct PackedStoreDamageTests {
    /// A store with small files, larger ones and listings from several sessions, and what is in it.
    private static func sample() throws -> (PackedStoreFixture, [ObjectID: [UInt8]]) {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 11)
        var contents: [ObjectID: [UInt8]] = [:]
        for session in 0..<3 {
            let batch = try PackBatch(into: fixture.open())
            for number in 0..<20 {
                let file = random.sample(number * 50)
                contents[try batch.add(blob: file)] = file
            }
            let file = random.sample(70_000)
            contents[try batch.add(blob: file)] = file
            let (id, listing) = try DirectoryRecordTests.listing(100 + 50 * session, seed: 1).identified(
                .blake3)
            try batch.add(listing: listing, id: id)
            contents[id] = listing
            try batch.commit()
        }
        return (fixture, contents)
    }

    /// What is wrong with the bytes that a store gives; `nil` if they are right or refused.
    private static func problem(
        in fixture: PackedStoreFixture, _ contents: [ObjectID: [UInt8]]
    ) throws -> String? {
        guard let store = try? fixture.open() else { return nil }
        for (id, content) in contents {
            if let bytes = try? store.read(id), bytes != content { return "wrong bytes for \(id)" }
            if let isThere = try? store.contains(id), !isThere { continue }
            _ = try? store.isSmall(id)
        }
        let ids = contents.keys.filter { !$0.isDirectory }
        var problem: String?
        try? store.readMany(ids) { position, result in
            if let bytes = try? result.get(), !bytes.elementsEqual(contents[ids[position]] ?? []) {
                problem = "wrong bytes for \(ids[position])"
            }
        }
        return problem
    }

    @Test("damaged packs, segments and markers never give wrong bytes")
    func fuzz() throws {
        let (fixture, contents) = try Self.sample()
        let paths = fixture.paths(".cpk") + fixture.paths(".seg") + ["cairn.json"]
        let sound = try paths.map { try Files.read(fixture.root.string + "/" + $0) }
        let problem = Fuzzing.firstProblem(rounds: 400) { random in
            let number = Int.random(in: 0..<paths.count, using: &random)
            let path = fixture.root.string + "/" + paths[number]
            Files.delete(path)
            try Files.write(random.damaged(sound[number], others: sound), to: path)
            let problem = try Self.problem(in: fixture, contents)
            Files.delete(path)
            try Files.write(sound[number], to: path)
            return problem.map { "\(paths[number]): \($0)" }
        }
        #expect(problem == nil)
        #expect(try Self.problem(in: fixture, contents) == nil)
        let store = try fixture.open()
        for (id, content) in contents { #expect(try store.read(id) == content) }
    }

    @Test("packs and segments that end too soon never give wrong bytes")
    func truncated() throws {
        let (fixture, contents) = try Self.sample()
        for name in [try #require(fixture.paths(".cpk").first), try #require(fixture.paths(".seg").first)] {
            let path = fixture.root.string + "/" + name
            let sound = try Files.read(path)
            for length in stride(from: 0, to: sound.count, by: max(1, sound.count / 60)) {
                Files.delete(path)
                try Files.write(Array(sound[..<length]), to: path)
                #expect(try Self.problem(in: fixture, contents) == nil)
            }
            Files.delete(path)
            try Files.write(sound, to: path)
        }
    }

    @Test("a damaged object is told by its id, and with it the pack")
    func words() throws {
        let fixture = try PackedStoreFixture()
        var random = SeededRandom(seed: 3)
        let content = random.noise(100_000)
        let id = try fixture.add([content])[0]
        let path = fixture.root.string + "/" + (try #require(fixture.paths(".cpk").first))
        var bytes = try Files.read(path)
        bytes[50_000] ^= 1
        Files.delete(path)
        try Files.write(bytes, to: path)
        #expect(throws: StoreError(.damaged(id), FilePath(path))) { try fixture.open().read(id) }
        try fixture.open().readMany([id]) { _, result in
            #expect(throws: StoreError(.damaged(id), FilePath(path))) { try result.get() }
        }
        let target = try CopyTarget(fixture.scratch)
        #expect(throws: StoreError(.damaged(id), FilePath(path))) {
            try target.copy(id, of: fixture.open())
        }
    }

    @Test("links in the place of packs and segments are not followed")
    func links() throws {
        let fixture = try PackedStoreFixture()
        let id = try fixture.add([[1, 2, 3]])[0]
        let path = fixture.root.string + "/" + (try #require(fixture.paths(".cpk").first))
        let elsewhere = fixture.scratch("elsewhere")
        #expect(rename(path, elsewhere) == 0)
        #expect(symlink(elsewhere, path) == 0)
        #expect(throws: StoreError.self) { try fixture.open().read(id) }
    }
}
