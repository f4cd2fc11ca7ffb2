import CLibCrypto
import CairnTestSupport
import Foundation
import Testing

@testable import CairnCore

@Suite("DirListing")
struct DirListingTests {
    static let stored = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/dvc/03-add-dir/after3/.dvc/cache/files/md5")

    static func md5(_ bytes: [UInt8]) -> Digest {
        var digest = [UInt8](repeating: 0, count: 16)
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil)
        return Digest(bytes: digest).unsafelyUnwrapped  // 16 bytes are a digest
    }

    static func listing(_ files: [(String, String)]) throws -> DirListing {
        var builder = DirListingBuilder()
        for (path, text) in files { try builder.append(Array(path.utf8), md5(Array(text.utf8))) }
        return try builder.listing()
    }

    static func parse(_ json: String) throws(DirListingError) -> DirListing {
        try DirListing(parsing: Array(json.utf8))
    }

    static let digits = "d41d8cd98f00b204e9800998ecf8427e"

    @Test(
        "keeps every byte of a listing that DVC wrote",
        arguments: [
            ("26/48586bc7c2362dc0f4a358403ab450", 7), ("6c/0156c13d69cfec76a684c5811de71b", 6),
            ("e7/fafa47ca5787275bece7e2e44ad796", 7), ("fd/0575a612ddf808cce53c9a0c07a775", 7),
        ])
    func golden(_ name: String, _ count: Int) throws {
        let bytes = Array(try Data(contentsOf: Self.stored.appending(path: name + ".dir")))
        let listing = try DirListing(parsing: bytes)
        #expect(listing.count == count)
        #expect(listing.serialized == bytes)
        #expect(Self.md5(listing.serialized).hex == name.replacing("/", with: ""))
        #expect(listing.paths[listing.count - 1].elementsEqual("😀".utf8))
    }

    @Test(
        "gives the ids that DVC gives",
        arguments: [
            ([], "d751713988987e9331980363e24189ce", 2),
            ([("b", "2\n"), ("a", "1\n")], "c37f8bc8917fdf64a45bb6010380cdab", 122),
            (
                [
                    ("sub/ü name \"q\".txt", "three\n"), ("sub/Z", "x"), ("sub.txt", "x"), ("b.txt", "one\n"),
                    ("a.txt", "two\n"),
                ], "457ab000aa7f0e52977b935a2a1ab0d5", 347
            ),
        ] as [([(String, String)], String, Int)])
    func ids(_ files: [(String, String)], _ id: String, _ length: Int) throws {
        let listing = try Self.listing(files)
        #expect(listing.serialized.count == length)
        #expect(Self.md5(listing.serialized).hex == id)
        #expect(try DirListing(parsing: listing.serialized) == listing)
    }

    @Test("reads what is written differently but means the same")
    func tolerates() throws {
        let listing = try Self.parse(
            """
            [ {"size": 12, "relpath": "sub\\/z", "md5": "\(Self.digits)", "isexec": true},
              {"relpath":"ü","md5":"\(Self.digits)","x":null,"f":-1.5e+3,"s":"\\ud83d\\ude00"},
              {"relpath": "\\udcff", "md5": "\(Self.digits)"} ]
            """)
        #expect(listing.map { Array($0.path) } == [Array("sub/z".utf8), Array("ü".utf8), [0xFF]])
    }

    @Test(
        "refuses what is not a listing, and says where and why",
        arguments: [
            ("", .notJSON("a list expected"), 0, 0),
            ("{}", .notJSON("a list expected"), 0, 0),
            ("[] x", .notJSON("text behind the list"), 0, 3),
            ("[1]", .notJSON("'{' expected"), 0, 1),
            (#"[{"relpath": "a"}]"#, .noDigest, 0, 1),
            (#"[{"md5": "\#(digits)"}]"#, .noPath, 0, 1),
            (#"[{"md5": "\#(digits)", "relpath": 1}]"#, .noPath, 0, 1),
            (#"[{"md5": "\#(digits)0", "relpath": "a"}]"#, .badDigest, 0, 10),
            (#"[{"md5": "D41D8CD98F00B204E9800998ECF8427E", "relpath": "a"}]"#, .badDigest, 0, 10),
            (#"[{"md5": "\#(digits)", "relpath": ""}]"#, .badPath(.empty), 0, 1),
            (#"[{"md5": "\#(digits)", "relpath": "/a"}]"#, .badPath(.absolute), 0, 1),
            (#"[{"md5": "\#(digits)", "relpath": "a\u0000"}]"#, .badPath(.nul), 0, 1),
            (
                #"[{"md5": "\#(digits)", "relpath": "a/../b"}]"#, .badPath(.badComponent(Array("..".utf8))),
                0, 1
            ),
            (#"[{"md5": "\#(digits)", "relpath": "a/."}]"#, .badPath(.badComponent(Array(".".utf8))), 0, 1),
            (#"[{"md5": "\#(digits)", "relpath": "a//b"}]"#, .badPath(.badComponent([])), 0, 1),
            (
                #"[{"md5": "\#(digits)", "relpath": "a", "relpath": "a"}]"#,
                .notJSON("relpath occurs twice in an entry"), 0, 75
            ),
            (
                #"[{"md5": "\#(digits)", "relpath": "a", "x": []}]"#,
                .notJSON("a list or an object inside an entry"), 0, 66
            ),
            (
                #"[{"md5": "\#(digits)", "relpath": "\ud800"}]"#, .notJSON("surrogate that no file name has"),
                0, 57
            ),
            (#"[{"md5": "\#(digits)", "relpath": "\x"}]"#, .notJSON("unknown escape"), 0, 57),
            (
                "[{\"md5\": \"\(digits)\", \"relpath\": \"a\n\"}]", .notJSON("control character in a string"),
                0, 58
            ),
            ("[{\"md5\": \"\(digits)\", \"relpath\": \"a", .notJSON("string without an end"), 0, 56),
            (#"[{"md5": "\#(digits)", "relpath": "a"},]"#, .notJSON("'{' expected"), 1, 61),
        ] as [(String, DirListingError.Reason, Int, Int)])
    func refuses(_ json: String, _ reason: DirListingError.Reason, _ index: Int, _ offset: Int) {
        let error = #expect(throws: DirListingError.self) { try Self.parse(json) }
        #expect(error?.reason == reason)
        #expect(error?.index == index)
        #expect(error?.offset == offset)
    }

    @Test(
        "refuses files that cannot stand beside each other",
        arguments: [
            (["b", "a", "b"], DirListingError(.duplicatePath, at: 2, path: Array("b".utf8))),
            (["a", "a"], DirListingError(.duplicatePath, at: 1, path: Array("a".utf8))),
            (["a", "a!", "a.b", "a/b"], DirListingError(.fileAndFolder, at: 0, path: Array("a".utf8))),
            (["x/y/z", "x/y.", "x", "x-"], DirListingError(.fileAndFolder, at: 2, path: Array("x".utf8))),
            (["a\u{0}b"], DirListingError(.badPath(.nul), at: 0, path: Array("a\u{0}b".utf8))),
        ])
    func contradictions(_ paths: [String], _ expected: DirListingError) {
        #expect(throws: expected) { try Self.listing(paths.map { ($0, "") }) }
    }

    @Test("takes names that only look like a folder of others")
    func neighbours() throws {
        let listing = try Self.listing(
            ["a", "a!", "a-b/c", "a.b", "a0/x", "aa/a", "aa.", "..a/...", ".b"].map { ($0, "") })
        #expect(listing.count == 9)
    }

    @Test("refuses sorted input that is not sorted")
    func sortedInput() throws {
        var builder = DirListingBuilder()
        for name in ["a", "c", "b"] { try builder.append(Array(name.utf8), Self.md5([])) }
        #expect(throws: DirListingError(.outOfOrder, at: 2, path: Array("b".utf8))) {
            try builder.sortedInput()
        }
    }

    @Test("finds files and folders")
    func search() throws {
        let sorted = ["A", "a", "d.x", "d/1", "d/e/2", "d/e/3", "d0", "é/ü", "é0"]
        let listing = try Self.listing(sorted.reversed().map { ($0, $0) })
        #expect(listing.map { String(decoding: $0.path, as: UTF8.self) } == sorted)
        #expect(listing.index(of: "d/e/2".utf8).map { listing[$0].digest } == Self.md5(Array("d/e/2".utf8)))
        #expect(listing.index(of: "d/e".utf8) == nil)
        #expect(listing.indices(below: "".utf8) == 0..<listing.count)
    }

    @Test("cuts out a folder")
    func subfolder() throws {
        let listing = try Self.listing(["a", "d.x", "d/1", "d/e/2", "d/e/3", "d0", "é/ü"].map { ($0, $0) })
        #expect(
            listing.listing(below: "d".utf8).map { String(decoding: $0.path, as: UTF8.self) } == [
                "1", "e/2", "e/3",
            ])
        #expect(
            listing.listing(below: "d/e".utf8).map { $0.digest } == [
                Self.md5(Array("d/e/2".utf8)), Self.md5(Array("d/e/3".utf8)),
            ])
        #expect(listing.listing(below: "é".utf8).count == 1)
        #expect(listing.listing(below: "x".utf8).isEmpty)
    }

    @Test("parses back what it wrote, whatever the names", arguments: 0..<40)
    func roundTrip(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var builder = DirListingBuilder()
        var seen: Set<[UInt8]> = []
        for _ in 0..<200 {
            var path: [UInt8] = []
            for _ in 0..<random.next(upTo: 8) {
                path +=
                    [
                        [0x61], [0x2E, 0x62], [0xC3], [0xC3, 0xA9], [0xE2, 0x82, 0xAC],
                        [0xF0, 0x9F, 0x98, 0x80], [0x22], [0x0A], [0xED, 0xA0], [0x5C],
                    ][random.next(upTo: 10)]
            }
            path += [0x78]  // one last letter in no other place: no path is a folder of another
            guard seen.insert(path).inserted else { continue }
            try builder.append(path, Self.md5(path))
        }
        let listing = try builder.listing()
        #expect(try DirListing(parsing: listing.serialized) == listing)
        for (index, entry) in listing.enumerated() { #expect(listing.index(of: entry.path) == index) }
    }

    @Test(
        "a text that ends too soon is refused, and one with any damage is refused or comes back as it was read"
    )
    func fuzz() throws {
        let samples = try ["26/48586bc7c2362dc0f4a358403ab450", "6c/0156c13d69cfec76a684c5811de71b"].map {
            Array(try Data(contentsOf: Self.stored.appending(path: "\($0).dir")))
        }
        for sample in samples {
            for length in 0..<sample.count {
                #expect(throws: DirListingError.self) { try DirListing(parsing: Array(sample[..<length])) }
            }
        }
        let found = Fuzzing.firstProblem(rounds: 2000) { random in
            let sample = samples.randomElement(using: &random) ?? []
            let damaged =
                Bool.random(using: &random)
                ? random.damagedText(sample, others: samples) : random.damaged(sample, others: samples)
            guard let listing = try? DirListing(parsing: damaged) else { return nil }
            let paths = (0..<listing.count).map { Array(listing.paths[$0]) }
            if let path = paths.first(where: { (try? RepoPath(validating: $0)) == nil }) {
                return "a path that leaves the directory: \(path)"
            }
            return try DirListing(parsing: listing.serialized) == listing ? nil : "another listing"
        }
        #expect(found == nil)
    }
}

/// A small generator whose seed is a test's argument.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(upTo bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
