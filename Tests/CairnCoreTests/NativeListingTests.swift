import CairnCore
import CairnTestSupport
import Testing

@Suite("Native listings")
struct NativeListingTests {
    private static func digest(_ text: String) -> Digest { BLAKE3.digest(of: Array(text.utf8)) }

    private static func listing(
        _ entries: [(path: String, content: String, kind: DirListing.Kind)]
    ) throws -> DirListing {
        var builder = DirListingBuilder(.native)
        for entry in entries {
            if entry.kind == .emptyFolder {
                try builder.append(emptyFolder: Array(entry.path.utf8))
            } else {
                try builder.append(
                    Array(entry.path.utf8), digest(entry.content), kind: entry.kind,
                    size: Int64(entry.content.utf8.count))
            }
        }
        return try builder.listing()
    }

    /// The example of docs/formats/directory-listing.md.
    private static func example() throws -> DirListing {
        try listing([
            ("sub/run", "#!/bin/sh\n", .executable), ("a.txt", "hello\n", .file), ("empty", "", .emptyFolder),
            ("sub/link", "../a.txt", .symbolicLink),
        ])
    }

    @Test("has the bytes of its document, and the id that b3sum gives them")
    func golden() throws {
        let (id, bytes) = try Self.example().identified(.blake3)
        let page = try Files.text("\(PackageRoot.path)/docs/formats/directory-listing.md")
        #expect(page.contains(id.text))
        var dump = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let digits = bytes[start..<min(start + 16, bytes.count)].map {
                ($0 < 16 ? "0" : "") + String($0, radix: 16)
            }
            let offset = String(start, radix: 16)
            let zeros = String(repeating: "0", count: 4 - offset.count)
            dump += zeros + offset + "  " + digits.joined(separator: " ") + "\n"
        }
        #expect(page.contains(dump), "\(dump)\(id.text)")
        #expect(try DirListing(parsing: bytes, as: .native) == Self.example())
    }

    @Test("sorts by bytes, where DVC's form sorts by characters of Python")
    func order() throws {
        let names: [[UInt8]] = [
            [0xF0, 0x9F, 0x98, 0x80], [0xFF], [0xC3, 0xBC], [0x61], [0x41, 0x2F, 0x62], [0x41, 0x2E],
        ]
        var (native, dvc) = (DirListingBuilder(.native), DirListingBuilder())
        for name in names {
            try native.append(name, Self.digest(""))
            try dvc.append(name, MD5.digest(of: []))
        }
        let sorted = try native.listing()
        #expect(
            (0..<sorted.count).map { Array(sorted.paths[$0]) }
                == names.sorted { $0.lexicographicallyPrecedes($1) })
        let other = try dvc.listing()
        #expect(
            Array(other.paths[other.count - 1]) == names[0],
            "a byte that is not UTF-8 sorts before what needs four bytes")
    }

    @Test(
        "what no directory can have is refused",
        arguments: [
            [("../x", DirListing.Kind.file)], [("/x", .file)], [("a//b", .file)], [("", .file)],
            [("a/.", .emptyFolder)],
            [("a", .file), ("a/b", .file)], [("a", .symbolicLink), ("a/b", .file)],
            [("a", .emptyFolder), ("a/b", .file)],
            [("a", .file), ("a", .emptyFolder)], [("a\u{0}", .file)],
        ])
    func refused(_ entries: [(String, DirListing.Kind)]) throws {
        #expect(throws: DirListingError.self) { try Self.listing(entries.map { ($0.0, "x", $0.1) }) }
        // The same as bytes that somebody else wrote.
        var bytes = Array("CAIRNDR1".utf8)
        for (path, kind) in entries {
            bytes += [UInt8(path.utf8.count), 0] + Array(path.utf8) + [kind.rawValue]
            bytes +=
                kind == .emptyFolder
                ? Array(repeating: 0, count: 40)
                : [1] + Array(repeating: 0, count: 7) + Self.digest("x").bytes
        }
        #expect(throws: DirListingError.self) { try DirListing(parsing: bytes, as: .native) }
    }

    @Test("no change of a byte and no truncation is read as something else")
    func fuzz() throws {
        let bytes = try Self.example().serialized
        let other = try Self.listing((0..<20).map { ("d\($0 % 3)/f\($0)", "\($0)", .file) }).serialized
        // The bytes may end between two entries, but nowhere else.
        let ends = (0..<bytes.count).filter { length in
            guard let listing = try? DirListing(parsing: Array(bytes[..<length]), as: .native) else {
                return false
            }
            #expect(listing.serialized == Array(bytes[..<length]))
            return listing.count < 4
        }
        #expect(ends.count <= 4)
        var refused = 0
        let found = Fuzzing.firstProblem(rounds: 10_000) { random in
            let damaged = random.damaged(Bool.random(using: &random) ? bytes : other, others: [bytes, other])
            guard let listing = try? DirListing(parsing: damaged, as: .native) else {
                refused += 1
                return nil
            }
            let paths = (0..<listing.count).map { Array(listing.paths[$0]) }
            if let path = paths.first(where: { (try? RepoPath(validating: $0)) == nil }) {
                return "a path that leaves the directory: \(path)"
            }
            // What is accepted is another listing, which is written back as it was read.
            return listing.serialized == damaged ? nil : "other bytes"
        }
        #expect(found == nil)
        #expect(refused > 3000)
    }

    @Test("keeps what an entry is through parts, differences and copies")
    func kinds() throws {
        let listing = try Self.example()
        #expect(listing.fileCount == 3 && listing.count == 4 && listing.totalSize == 24)
        let part = listing.listing(below: Array("sub".utf8))
        #expect(part.count == 2 && part.kind(at: 1) == .executable && part.size(at: 0) == 8)
        #expect(listing.object(at: 1, .blake3) == nil)
        let other = try Self.listing([
            ("sub/run", "#!/bin/sh\n", .file), ("a.txt", "hello\n", .file), ("empty", "", .emptyFolder),
            ("sub/link", "../a.txt", .symbolicLink),
        ])
        #expect(
            Array(ListingDiff(from: listing, to: other)).filter {
                if case .modified = $0 { true } else { false }
            }.count == 1)
        #expect(listing.identified(.blake3).id != other.identified(.blake3).id)
    }
}
