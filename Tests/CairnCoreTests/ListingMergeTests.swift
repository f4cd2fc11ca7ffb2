import CairnTestSupport
import Testing

@testable import CairnCore

@Suite("Merging listings")
struct ListingMergeTests {
    private static func listing(_ files: [String: UInt8], _ form: DirListing.Form) throws -> DirListing {
        var builder = DirListingBuilder(form)
        for (path, content) in files {
            if content == 0 {
                try builder.append(emptyFolder: Array(path.utf8))
            } else {
                let bytes = [UInt8](repeating: content, count: form.algorithm.digestCount)
                try builder.append(Array(path.utf8), try #require(Digest(bytes: bytes)), size: Int64(content))
            }
        }
        return try builder.listing()
    }

    private static func files(_ listing: DirListing) -> [String: UInt8] {
        var files: [String: UInt8] = [:]
        for index in 0..<listing.count {
            let isEmpty = listing.kind(at: index) == .emptyFolder
            files[String(decoding: listing.paths[index], as: UTF8.self)] =
                isEmpty ? 0 : listing.digest(at: index).firstByte
        }
        return files
    }

    @Test(
        "every path is as the side has it that changed it, and in conflict if both did",
        arguments: 0..<200 as Range<UInt64>)
    func paths(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let form: DirListing.Form = seed % 2 == 0 ? .native : .dvc
        let names = ["a", "b", "d/x", "d/y", "d-", "é", "z z"]
        func change(_ files: [String: UInt8]) -> [String: UInt8] {
            var files = files
            for name in names where Int.random(in: 0..<3, using: &random) == 0 {
                files[name] = Bool.random(using: &random) ? UInt8.random(in: 1...3, using: &random) : nil
            }
            return files
        }
        let ancestor = change([:])
        let (ours, theirs) = (change(ancestor), change(ancestor))
        let merge = try ListingMerge(
            ancestor: Self.listing(ancestor, form), ours: Self.listing(ours, form),
            theirs: Self.listing(theirs, form))
        var (wanted, other): ([String: UInt8], [String: UInt8]) = ([:], [:])
        var conflicts: [String] = []
        for name in names {
            let (before, own, its) = (ancestor[name], ours[name], theirs[name])
            if own != its, own != before, its != before {
                conflicts.append(name)
                (wanted[name], other[name]) = (own, its)
            } else {
                (wanted[name], other[name]) = own == before ? (its, its) : (own, own)
            }
        }
        #expect(Self.files(merge.ours) == wanted)
        #expect(Self.files(merge.theirs) == other)
        #expect(Set(merge.conflicts) == Set(conflicts.map { Array($0.utf8) }))
    }

    @Test("a file in the place of a folder is in conflict; an empty folder gives way to what comes into it")
    func folders() throws {
        let merge = try ListingMerge(
            ancestor: Self.listing(["k": 1], .native), ours: Self.listing(["k": 1, "d": 2], .native),
            theirs: Self.listing(["k": 1, "d/x": 3, "e/y": 3], .native))
        #expect(merge.conflicts == [Array("d".utf8)])
        #expect(Self.files(merge.ours) == ["k": 1, "d": 2, "e/y": 3])
        #expect(Self.files(merge.theirs) == ["k": 1, "d/x": 3, "e/y": 3])
        let filled = try ListingMerge(
            ancestor: Self.listing(["e": 0], .native), ours: Self.listing(["e": 0, "o": 1], .native),
            theirs: Self.listing(["e/x": 1], .native))
        #expect(filled.conflicts.isEmpty && Self.files(filled.ours) == ["e/x": 1, "o": 1])
        let emptied = try ListingMerge(
            ancestor: Self.listing(["e/x": 1], .native), ours: Self.listing(["e": 0], .native),
            theirs: Self.listing(["e/x": 1, "e/y": 2], .native))
        #expect(emptied.conflicts.isEmpty && Self.files(emptied.ours) == ["e/y": 2])
    }
}
