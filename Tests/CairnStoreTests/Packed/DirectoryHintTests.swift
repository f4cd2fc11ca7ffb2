import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct DirectoryHintTests {
    /// The record of a large directory with hints for all pages and entries.
    static func sample(_ count: Int, seed: UInt64) throws -> DirectoryRecord {
        var random = SeededRandom(seed: seed)
        let listing = try DirectoryRecordTests.listing(count, seed: seed)
        let record = try listing.serialized.withUnsafeBytes { try ListingPages.cut($0).pages.record }
        var pages = HintBuilder()
        var entries = HintBuilder()
        let packs = [random.digest(), RecipeHints.ownPack]
        var offset: UInt32 = 64
        var index = 0
        for page in record.pages {
            pages.append(PackPlace(frameOffset: offset, frameLength: 4000, record: 0), in: packs[1])
            for number in 0..<page.entryCount {
                if listing.kind(at: index) == .emptyFolder {
                    entries.appendBlank()
                } else {
                    let place = PackPlace(
                        frameOffset: offset, frameLength: 4000, record: UInt16(number % 100))
                    entries.append(place, in: packs[index / 5000 % 2])
                }
                if number % 100 == 99 { offset += 4000 }
                index += 1
            }
            entries.endTerm()
            offset += 4000
        }
        return try record.with(hints: DirectoryHints(pages: pages.finish(), entries: entries.finish()))
    }

    static func parsed(_ bytes: [UInt8]) throws -> DirectoryRecord {
        try bytes.withUnsafeBytes { try DirectoryRecord(parsing: $0) }
    }

    @Test("hints come back, and so does a record without them or with one half", arguments: [1, 65, 9000])
    func roundTrip(_ count: Int) throws {
        let record = try Self.sample(count, seed: UInt64(count))
        #expect(!record.hints.pageTerms.isEmpty && !record.hints.entryTerms.isEmpty)
        let hints = record.hints
        let pages = RecipeHints(packs: hints.packs, terms: hints.pageTerms)
        let entries = RecipeHints(packs: hints.packs, terms: hints.entryTerms)
        for (hints, flags) in [
            (hints, 3), (DirectoryHints(pages: pages, entries: .none), 2),
            (DirectoryHints(pages: .none, entries: entries), 1), (.none, 0),
        ] {
            let bytes = try record.with(hints: hints).serialized
            #expect(bytes[6] == flags)
            let again = try Self.parsed(bytes)
            #expect(again.hints == hints)
            #expect(again.pages == record.pages)
            #expect(again.serialized == bytes)
        }
    }

    @Test("the entries of each page have runs of their own")
    func pages() throws {
        let record = try Self.sample(9000, seed: 2)
        var random = SeededRandom(seed: 2)
        let own = random.digest()
        let table = DirectoryHintTable(of: record, foundIn: own)
        #expect(table.pages.count == record.pages.count)
        #expect(table.entries.count == record.entryCount)
        var next = 0
        for page in record.pages.indices {
            #expect(table.entries(ofPage: page).count == record.pages[page].entryCount)
            for run in table.runs(forPage: page) {
                #expect(run.parts.lowerBound == next)
                next = run.parts.upperBound
            }
            #expect(next == table.entries(ofPage: page).upperBound)
            #expect(table.pages.runs(for: page..<(page + 1)).map(\.pack) == [own])
        }
        let bare = DirectoryHintTable(of: try record.with(hints: .none), foundIn: own)
        #expect(bare.pages.count == 0 && bare.runs(forPage: 0).isEmpty)
    }

    @Test("packs that pages and entries have in common are named once")
    func joined() throws {
        var random = SeededRandom(seed: 3)
        let packs = (0..<3).map { _ in random.digest() }
        let place = PackPlace(frameOffset: 64, frameLength: 100, record: 0)
        var (pages, entries) = (HintBuilder(), HintBuilder())
        for pack in [packs[0], packs[1]] { pages.append(place, in: pack) }
        entries.appendBlank()
        entries.endTerm()
        for pack in [packs[2], packs[1]] { entries.append(place, in: pack) }
        let hints = DirectoryHints(pages: pages.finish(), entries: entries.finish())
        #expect(hints.packs == packs)
        #expect(hints.pageTerms.map(\.pack) == [0, 1])
        #expect(hints.entryTerms.map(\.pack) == [0, 2, 1])
    }

    @Test("hints that do not cover the directory, or say what cannot be, are refused")
    func refused() throws {
        let record = try Self.sample(9000, seed: 4)
        try #require(record.pages.count > 1)
        let hints = record.hints
        func refuses(_ pages: [RecipeHints.Term], _ entries: [RecipeHints.Term], packs: [Digest]? = nil)
            -> Bool
        {
            let bad = DirectoryHints(packs: packs ?? hints.packs, pageTerms: pages, entryTerms: entries)
            return problem { _ = try record.with(hints: bad) } != nil
        }
        func changed(
            _ terms: [RecipeHints.Term], _ number: Int, _ change: (RecipeHints.Term) -> RecipeHints.Term
        ) -> [RecipeHints.Term] {
            var terms = terms
            terms[number] = change(terms[number])
            return terms
        }
        func term(pack: UInt32 = 0, offset: UInt32 = 64, byteCount: UInt32 = 100, count: UInt32 = 1)
            -> RecipeHints.Term
        {
            RecipeHints.Term(pack: pack, offset: offset, byteCount: byteCount, firstRecord: 0, count: count)
        }
        let (pages, entries) = (hints.pageTerms, hints.entryTerms)
        #expect(!refuses(pages, entries))
        #expect(refuses(pages.dropLast(), entries))
        #expect(refuses(pages + [term()], entries))
        #expect(refuses(pages, entries.dropLast()))
        #expect(refuses(pages, entries + [term()]))
        #expect(refuses(pages, entries, packs: []))
        #expect(refuses([], []))
        #expect(refuses(pages, changed(entries, 0) { term(pack: 9, count: $0.count) }))
        #expect(refuses(pages, changed(entries, 0) { term(offset: 63, count: $0.count) }))
        #expect(refuses(pages, changed(entries, 0) { term(byteCount: 20, count: $0.count) }))
        #expect(refuses(pages, changed(entries, 0) { term(offset: 1 << 30, count: $0.count) }))
        #expect(refuses(pages, changed(entries, 0) { term(offset: .max, byteCount: .max, count: $0.count) }))
        #expect(refuses(pages, changed(entries, 0) { _ in term(count: 0) }))
        #expect(refuses(pages, changed(entries, 0) { _ in term(count: .max) }))
        #expect(refuses(changed(pages, 0) { term(offset: 0, byteCount: 0, count: $0.count) }, entries))
        // A run of two pages.
        let across = record.pages.map { UInt32($0.entryCount) }
        let both =
            [term(count: across[0] + 1), term(count: across[1] - 1)]
            + across.dropFirst(2).map { term(count: $0) }
        let bad = DirectoryHints(packs: hints.packs, pageTerms: [], entryTerms: both)
        #expect(problem { _ = try record.with(hints: bad) }?.problem == .badValue("parts of a hint"))
        let fine = DirectoryHints(
            packs: hints.packs, pageTerms: [], entryTerms: across.map { term(count: $0) })
        #expect(throws: Never.self) { try record.with(hints: fine) }
    }

    @Test("damaged hints are refused, or can be used")
    func fuzz() throws {
        let samples = try [1, 70, 3000].map { try Self.sample($0, seed: 5).serialized }
        for length in 0..<samples[1].count {
            #expect(problem { _ = try Self.parsed(Array(samples[1][..<length])) } != nil)
        }
        var random = SeededRandom(seed: 6)
        let pack = random.digest()
        let found = Fuzzing.firstProblem(rounds: 3000) { random in
            let bytes = random.damaged(samples.randomElement(using: &random) ?? [], others: samples)
            guard let record = try? Self.parsed(bytes) else { return nil }
            guard record.serialized.count == bytes.count else { return "it has another size" }
            let table = DirectoryHintTable(of: record, foundIn: pack)
            let runs = record.pages.indices.flatMap { table.runs(forPage: $0) }
            let isInPacks = runs.allSatisfy { $0.range.upperBound <= PackLimits.packSize }
            return isInPacks ? nil : "a run outside of its pack"
        }
        #expect(found == nil)
    }

    /// The directory of the document, with hints.
    static func example() throws -> DirectoryRecord {
        var builder = DirListingBuilder(.native)
        try builder.append(bytes("a.txt"), BLAKE3.digest(of: bytes("hello\n")), kind: .file, size: 6)
        try builder.append(emptyFolder: bytes("empty"))
        try builder.append(
            bytes("sub/link"), BLAKE3.digest(of: bytes("../a.txt")), kind: .symbolicLink, size: 8)
        let run = try #require(
            Digest(hex: "bc1f407a11c9377c8b9b13f956b279c8462775105eb958fc9ae3c40de87cc96e".utf8))
        try builder.append(bytes("sub/run"), run, kind: .executable, size: 10)
        let (id, listing) = try builder.listing().identified(.blake3)
        #expect(id.digest.hex == "b77978d8b420cb9b97e078ce8c747e1109f0eba136f615a213344d4c68f19cd0")
        let record = try listing.withUnsafeBytes { try ListingPages.cut($0).pages.record }
        var (pages, entries) = (HintBuilder(), HintBuilder())
        pages.append(PackPlace(frameOffset: 64, frameLength: 221, record: 0), in: RecipeHints.ownPack)
        let pack = BLAKE3.digest(of: bytes("a pack"))
        func place(_ record: UInt16) -> PackPlace {
            PackPlace(frameOffset: 4660, frameLength: 300, record: record)
        }
        entries.append(place(7), in: pack)
        entries.appendBlank()
        entries.append(place(8), in: pack)
        entries.append(place(9), in: pack)
        entries.endTerm()
        return try record.with(hints: DirectoryHints(pages: pages.finish(), entries: entries.finish()))
    }

    @Test("the example record is written as it was, and is the one in the document")
    func golden() throws {
        let bytes = try Self.example().serialized
        #expect(try NativeGoldenTests.difference(bytes, from: "directory.bin") == nil)
        let text = try Files.text("\(PackageRoot.path)/docs/formats/directory-listing.md")
        let dump = NativeGoldenTests.dump(bytes)
        #expect(text.contains("\n\(dump)```"), "the dump should be\n\(dump)")
    }
}
