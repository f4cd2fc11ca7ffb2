import Testing

@testable import CairnCore

@Suite("ListingDiff and EditDistance")
struct ListingDiffTests {
    @Test("tells what became of every path")
    func changes() throws {
        let old = try DirListingTests.listing([("a", "1"), ("b", "2"), ("c/d", "3"), ("é", "4")])
        let new = try DirListingTests.listing([("a", "1"), ("b", "x"), ("c.d", "3"), ("z", "5"), ("é", "4")])
        #expect(
            Array(ListingDiff(from: old, to: new)) == [
                .unchanged(old: 0, new: 0), .modified(old: 1, new: 1), .added(new: 2), .deleted(old: 2),
                .added(new: 3), .unchanged(old: 3, new: 4),
            ])
        #expect(ListingDiff(from: old, to: new).renames().map { [$0.old, $0.new] } == [[2, 2]])
    }

    @Test("everything is added to an empty listing, and deleted from a full one")
    func empty() throws {
        let full = try DirListingTests.listing([("a", "1"), ("b", "2")])
        #expect(Array(ListingDiff(from: DirListing(), to: full)) == [.added(new: 0), .added(new: 1)])
        #expect(Array(ListingDiff(from: full, to: DirListing())) == [.deleted(old: 0), .deleted(old: 1)])
        #expect(Array(ListingDiff(from: DirListing(), to: DirListing())).isEmpty)
    }

    @Test("pairs renamed files in the order of their components, each once")
    func renames() throws {
        // "s/b" is before "s.a" by component, though "s.a" is before "s/b" as a string.
        let old = try DirListingTests.listing([("s.a", "same"), ("s/b", "same"), ("t", "same")])
        let new = try DirListingTests.listing([("x.a", "same"), ("x/b", "same")])
        let names = ListingDiff(from: old, to: new).renames().map {
            [
                String(decoding: old.paths[$0.old], as: UTF8.self),
                String(decoding: new.paths[$0.new], as: UTF8.self),
            ]
        }
        #expect(names == [["s/b", "x/b"], ["s.a", "x.a"]])
    }

    @Test(
        "guesses what was meant",
        arguments: [
            ("remoet", "remote"), ("Remote", "remote"), ("ur", "url"), ("credentialpth", "credentialpath"),
            ("nope", nil), ("", nil),
        ])
    func closest(_ word: String, _ expected: String?) {
        let candidates = ["remote", "url", "credentialpath", "checksum_jobs"]
        #expect(EditDistance.closest(to: word, among: candidates) == expected)
    }
}
