import CairnCore
import CairnStore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Copying objects between loose stores")
struct LooseTransferTests {
    /// Around the sizes where reading changes its ways: empty, small, large, hashed on a second thread.
    static let sizes = [0, 1, 4096, 256 << 10, (256 << 10) + 1, 9 << 20]

    static func bytes(_ size: Int, _ seed: Int) -> [UInt8] {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<size).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    @Test("brings objects of all sizes byte for byte, read-only, and nothing the second time")
    func copiesEverything() throws {
        let pair = try StorePair()
        var ids = try Self.sizes.enumerated().map { try pair.store(Self.bytes($0.element, $0.offset)) }
        ids += try (0..<200).map { try pair.store(Self.bytes(100 + $0, 50 + $0)) }
        let listing = try pair.storeListing(ids)
        let report = try pair.copy(ids + [listing])
        #expect(report.count == ids.count + 1)
        #expect(report.failures.isEmpty && report.incomplete.isEmpty)
        #expect(try StoreCheck.problems(in: pair.scratch("destination")) == [])
        #expect(
            Set(StoreCheck.objects(in: pair.scratch("destination")).keys)
                == Set((ids + [listing]).map(\.text)))
        #expect(Files.names(in: pair.scratch("destination")) == ["files"])
        let again = try pair.transfer().plan(ids + [listing])
        #expect(again.objects.isEmpty && again.missing.isEmpty && again.presentCount == ids.count + 1)
    }

    @Test("knows the bytes and the objects that neither store has before it begins")
    func plans() throws {
        let pair = try StorePair()
        let here = try pair.store(Array("here".utf8))
        let lost = ObjectID(.md5, MD5.digest(of: Array("lost".utf8)))
        let plan = try pair.transfer().plan([here, lost])
        #expect(plan.objects.map(\.id) == [here] && plan.missing == [lost] && plan.bytes == 4)
        #expect(Files.names(in: pair.scratch("destination")).isEmpty)
    }

    @Test(
        "never lets a damaged object arrive, nor the listing that names it, and brings the rest",
        arguments: [10, (256 << 10) + 1, 9 << 20], ["altered", "cut off", "longer"])
    func refusesDamage(_ size: Int, _ kind: String) throws {
        let pair = try StorePair()
        let bytes = Self.bytes(size, 1)
        let bad = try pair.store(bytes)
        let good = try pair.store(Array("good".utf8))
        let listing = try pair.storeListing([bad, good])
        let other = try pair.storeListing([good])
        var wrong = bytes
        switch kind {
        case "altered": wrong[size / 2] ^= 1
        case "cut off": wrong.removeLast(size / 2)
        default: wrong.append(0)
        }
        try Files.write(wrong, to: pair.path(of: bad))
        let report = try pair.copy([bad, good, listing, other])
        #expect(report.failures.map(\.id) == [bad])
        #expect(report.failures.first?.error.reason == .damaged(bad))
        #expect(report.incomplete.map(\.id) == [listing] && report.incomplete.map(\.lacking) == [bad])
        #expect(report.count == 2)
        #expect(try !pair.has(bad) && !pair.has(listing))
        #expect(try pair.has(good) && pair.has(other))
        #expect(try Files.read(pair.path(of: bad)) == wrong, "without a quarantine, it stays where it was")
        #expect(Files.names(in: pair.scratch("destination")) == ["files"])
    }

    @Test("moves damaged objects of a cache aside")
    func quarantines() throws {
        let pair = try StorePair()
        let bad = try pair.store(Array("sound".utf8))
        try Files.write("wrong", to: pair.path(of: bad))
        let report = try pair.copy([bad], quarantine: pair.quarantine)
        #expect(report.movedAside.map(\.id) == [bad])
        let place = try #require(report.movedAside.first?.place.string)
        #expect(try Files.text(place) == "wrong")
        #expect(try !Files.exists(pair.path(of: bad)))
    }

    @Test(
        "holds a listing back when the destination lacks one of its files, and brings it when files are wanted later"
    )
    func listingsComeLast() throws {
        let pair = try StorePair()
        let (first, second) = (try pair.store([1]), try pair.store([2]))
        let listing = try pair.storeListing([first, second])
        let report = try pair.copy([first, listing])
        #expect(report.incomplete.map(\.id) == [listing])
        #expect(try !pair.has(listing))
        #expect(try pair.copy([second, listing]).incomplete.isEmpty)
        #expect(try pair.has(listing))
    }

    @Test("brings a listing ahead of its files where the caller reads it to learn them")
    func listingsAhead() throws {
        let pair = try StorePair()
        let listing = try pair.storeListing([try pair.store([1])])
        #expect(try pair.copy([listing], .ahead).count == 1)
        #expect(try pair.has(listing))
    }

    @Test("a listing with a damaged byte, or one that is no listing, does not arrive")
    func damagedListings() throws {
        let pair = try StorePair()
        let member = try pair.store([1])
        let listing = try pair.storeListing([member])
        let nonsense = try pair.store(Array("[1]".utf8), isDirectory: true)
        let climbing = try pair.store(
            Array("[{\"md5\": \"\(member.text)\", \"relpath\": \"../x\"}]".utf8), isDirectory: true)
        try Files.write("[]", to: pair.path(of: listing))
        let report = try pair.copy([member, listing, nonsense, climbing])
        #expect(Set(report.failures.map(\.id)) == [listing, nonsense, climbing])
        #expect(report.count == 1)
    }

    @Test("objects of DVC 2 go to their own places, checked by their own hash")
    func legacy() throws {
        let pair = try StorePair()
        let text = try pair.store(Array("a\r\nb\r\n".utf8), .md5DOS2Unix)
        let binary = try pair.store([0, 13, 10], .md5DOS2Unix)
        let listing = try pair.storeListing([text, binary])
        #expect(listing.algorithm == .md5DOS2Unix)
        #expect(try pair.copy([text, binary, listing]).count == 3)
        #expect(try Files.read(pair.path(of: text, in: "destination")) == Array("a\r\nb\r\n".utf8))
        #expect(!Files.names(in: pair.scratch("destination")).contains("files"))
    }

    @Test("leaves everything alone that is no object, and follows no link out of a store")
    func foreignFiles() throws {
        let pair = try StorePair()
        let id = try pair.store([7])
        let prefix = String(id.text.prefix(2))
        let outside = pair.scratch("outside")
        try Files.makeFolder(outside)
        try Files.makeFolder(pair.scratch("destination/files/md5"))
        try Files.link(pair.scratch("destination/files/md5/\(prefix)"), to: outside)
        try Files.write("mine", to: pair.scratch("destination/files/md5/README"))
        #expect(throws: StoreError.self) { try pair.copy([id]) }
        #expect(Files.names(in: outside).isEmpty)
        #expect(try Files.text(pair.scratch("destination/files/md5/README")) == "mine")
        #expect(StoreCheck.leftovers(in: pair.scratch("destination")) == [])
    }

    @Test("an object that is a link in the source counts as missing")
    func linkedObject() throws {
        let pair = try StorePair()
        let id = try pair.store([7])
        let path = try pair.path(of: id)
        try Files.write([7], to: pair.scratch("elsewhere"))
        Files.delete(path)
        try Files.link(path, to: pair.scratch("elsewhere"))
        #expect(try pair.transfer().plan([id]).missing == [id])
    }

    @Test("what somebody else brought meanwhile stays as theirs")
    func concurrentWriter() throws {
        let pair = try StorePair()
        let id = try pair.store([7])
        let transfer = try pair.transfer()
        let plan = try transfer.plan([id])
        try Files.write([7], to: pair.path(of: id, in: "destination"), mode: 0o444)
        let before = try pair.destination.loose.status(of: id)
        #expect(try transfer.run(plan, phase: "testing").failures.isEmpty)
        #expect(try pair.destination.loose.status(of: id) == before)
    }
}

@Suite("Copying run records")
struct RunRecordTransferTests {
    static let key = String(repeating: "ab", count: 32)
    static let value = String(repeating: "0123", count: 16)

    @Test("copies records only, leaves those alone that are there, and follows no link")
    func copies() throws {
        let pair = try StorePair()
        let folder = "runs/ab/\(Self.key)"
        try Files.write("new", to: pair.scratch("source/\(folder)/\(Self.value)"))
        let known = String(repeating: "9", count: 64)
        try Files.write("from the source", to: pair.scratch("source/\(folder)/\(known)"))
        try Files.write("from before", to: pair.scratch("destination/\(folder)/\(known)"))
        for stray in [
            "runs/ab/\(Self.key)/short", "runs/cd/\(Self.key)/\(Self.value)", "runs/notes",
            "runs/ab/\(Self.key.uppercased())/x",
        ] {
            try Files.write("stray", to: pair.scratch("source/\(stray)"))
        }
        try Files.link(
            pair.scratch("source/\(folder)/\(String(repeating: "8", count: 64))"), to: "/etc/passwd")
        #expect(try RunRecordTransfer(from: pair.source.loose, to: pair.destination.loose).run() == 1)
        #expect(
            Files.paths(below: pair.scratch("destination")).sorted() == [
                "\(folder)/\(Self.value)", "\(folder)/\(known)",
            ])
        #expect(try Files.text(pair.scratch("destination/\(folder)/\(known)")) == "from before")
        let status = try FilePath(pair.scratch("destination/\(folder)/\(Self.value)")).status()
        #expect(status?.permissions == 0o644)
        #expect(try RunRecordTransfer(from: pair.source.loose, to: pair.destination.loose).run() == 0)
    }
}
