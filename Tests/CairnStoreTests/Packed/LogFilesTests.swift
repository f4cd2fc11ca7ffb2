import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

/// Condemn records, roots files, marks of pushes, and their names.
@Suite struct LogFilesTests {
    @Test("a condemn record gives back what was put in, sorted and each once", arguments: 0..<20)
    func condemnRecord(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let record = random.condemnRecord()
        let bytes = record.serialized
        let name = CondemnName(collector: record.collector, digest: BLAKE3.digest(of: bytes))
        #expect(try CondemnRecord(parsing: bytes, name: name) == record)
        #expect(record.packs == record.packs.sorted())
        #expect(Set(record.packs).count == record.packs.count)
        let again = CondemnRecord(
            collector: record.collector, store: record.store, time: record.time,
            packs: record.packs.reversed() + record.packs, seenPushes: record.seenPushes.reversed(),
            seenMetaPacks: record.seenMetaPacks.shuffled(using: &random))
        #expect(again.serialized == bytes)
        #expect(CondemnName(parsing: name.text.utf8) == name)
    }

    @Test("a condemn record under a name that is not its own is refused")
    func condemnName() throws {
        var random = SeededRandom(seed: 1)
        let record = random.condemnRecord()
        let digest = BLAKE3.digest(of: record.serialized)
        #expect(throws: FormatError(.condemnRecord, .mismatch, at: 0)) {
            try CondemnRecord(
                parsing: record.serialized,
                name: CondemnName(collector: record.collector, digest: random.digest()))
        }
        #expect(throws: FormatError(.condemnRecord, .badValue("collector"), at: 32)) {
            try CondemnRecord(
                parsing: record.serialized,
                name: CondemnName(collector: ULID(high: 1, low: 2), digest: digest))
        }
    }

    @Test("a roots file gives back what was put in, sorted and each once", arguments: 0..<20)
    func rootsFile(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let file = random.rootsFile()
        #expect(try RootsFile(parsing: file.serialized, name: file.name) == file)
        let again = RootsFile(
            name: file.name, store: file.store, time: file.time, label: file.label,
            roots: file.roots.shuffled(using: &random) + file.roots)
        #expect(again == file)
        #expect(RootsName(parsing: file.name.text.utf8) == file.name)
        let other = RootsName(
            repository: file.name.repository, clone: UniqueID(using: &random), writer: file.name.writer)
        #expect(throws: FormatError(.roots, .badValue("name"), at: 16)) {
            try RootsFile(parsing: file.serialized, name: other)
        }
    }

    @Test(
        "a label is cut to 255 bytes, between two characters",
        arguments: [
            ("", ""), ("a\nb", "a\nb"),
            (String(repeating: "x", count: 300), String(repeating: "x", count: 255)),
            (String(repeating: "ü", count: 200), String(repeating: "ü", count: 127)),
        ])
    func label(_ text: String, _ expected: String) throws {
        var random = SeededRandom(seed: 1)
        let file = RootsFile(
            name: random.rootsFile().name, store: UniqueID(using: &random), time: 0, label: text, roots: [])
        #expect(Array(file.label.utf8) == Array(expected.utf8))
        #expect(try RootsFile(parsing: file.serialized) == file)
    }

    @Test("rules that only a malicious writer breaks are checked one by one")
    func rules() throws {
        let record = NativeGoldenTests.condemnRecord.serialized
        let roots = NativeGoldenTests.rootsFile.serialized
        let row = 96 + Int(roots[92])
        func expect(
            _ bytes: [UInt8], _ problem: FormatError.Problem, at offset: Int64,
            _ change: (inout [UInt8]) -> Void
        ) {
            var bytes = bytes
            change(&bytes)
            Self.seal(&bytes)
            let part: FormatError.Part = bytes[6] == UInt8(ascii: "N") ? .condemnRecord : .roots
            let found = CairnStoreTests.problem {
                if part == .condemnRecord {
                    _ = try CondemnRecord(parsing: bytes)
                } else {
                    _ = try RootsFile(parsing: bytes)
                }
            }
            #expect(found == FormatError(part, problem, at: offset))
        }
        for bytes in [record, roots] {
            expect(bytes, .notThisFormat, at: 0) { $0[7] = UInt8(ascii: "2") }
            expect(bytes, .unknownVersion(2), at: 8) { $0[8] = 2 }
            expect(bytes, .unknownFeatures(["bit 9"]), at: 12) { $0[13] = 2 }
        }
        expect(record, .badValue("time"), at: 64) { $0[71] = 0x80 }
        expect(roots, .badValue("time"), at: 80) { $0[87] = 0x80 }
        expect(roots, .badValue("label"), at: 96) { $0[96] = 0xFF }
        expect(roots, .badValue("algorithm"), at: Int64(row)) { $0[row] = 0 }
        expect(roots, .badValue("kind of a root"), at: Int64(row + 1)) { $0[row + 1] = 2 }
        expect(roots, .badValue("digest"), at: Int64(row + 2)) { $0[row + 33] = 1 }
        expect(roots, .badValue("order of roots"), at: Int64(row + 34)) { $0[row] = 3 }
        var random = SeededRandom(seed: 3)
        let packs = [random.digest(), random.digest()].sorted()
        let pushes = [ULID(high: 1, low: 2), ULID(high: 3, low: 4)]
        let twice = CondemnRecord(
            collector: pushes[0], store: UniqueID(using: &random), time: 0, packs: packs, seenPushes: pushes,
            seenMetaPacks: packs
        ).serialized
        for (field, place, size) in [("packs", 80, 32), ("pushes", 144, 16), ("packs seen", 176, 32)] {
            expect(twice, .badValue("order of \(field)"), at: Int64(place + size)) { bytes in
                let row = Array(bytes[place..<(place + size)])
                bytes.replaceSubrange((place + size)..<(place + 2 * size), with: row)
            }
        }
    }

    @Test("files that end too soon or late, or have a flipped bit, are refused")
    func damage() throws {
        for bytes in [NativeGoldenTests.condemnRecord.serialized, NativeGoldenTests.rootsFile.serialized] {
            for length in 0..<bytes.count { #expect(!Self.isReadable(Array(bytes[..<length]))) }
            #expect(!Self.isReadable(bytes + [0]))
            for byte in bytes.indices {
                var damaged = bytes
                damaged[byte] ^= 1 << UInt8(byte % 8)
                #expect(!Self.isReadable(damaged), "byte \(byte)")
            }
        }
    }

    @Test("a damaged file with a digest that is right again is refused, or says what its bytes say")
    func fuzz() {
        var random = SeededRandom(seed: 5)
        let samples =
            (0..<4).map { _ in random.condemnRecord().serialized }
            + (0..<4).map { _ in random.rootsFile().serialized }
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            var bytes = random.damaged(samples.randomElement(using: &random) ?? [], others: samples)
            if bytes.count >= 32, Bool.random(using: &random) { Self.seal(&bytes) }
            if let record = try? CondemnRecord(parsing: bytes) {
                guard let again = try? CondemnRecord(parsing: record.serialized), again == record,
                    record.serialized.count == bytes.count
                else { return "a condemn record came back as another one" }
            }
            if let file = try? RootsFile(parsing: bytes) {
                guard let again = try? RootsFile(parsing: file.serialized), again == file,
                    file.serialized.count == bytes.count
                else { return "a roots file came back as another one" }
            }
            return nil
        }
        #expect(found == nil)
    }

    @Test("the mark of a push names its last segment")
    func pushMark() throws {
        var random = SeededRandom(seed: 6)
        let mark = PushMark(push: ULID(milliseconds: 1, using: &random), segment: random.digest())
        #expect(try PushMark(parsing: mark.serialized, push: mark.push) == mark)
        #expect(mark.path == "log/ok/\(mark.push.text)")
        for count in [0, 16, 31, 33] {
            #expect(throws: FormatError(.pushMark, .truncated(needed: 32, found: Int64(count)), at: 0)) {
                try PushMark(parsing: [UInt8](repeating: 1, count: count), push: mark.push)
            }
        }
    }

    @Test("every key of a packed store comes back from its text")
    func keys() {
        var random = SeededRandom(seed: 7)
        for item in random.items() { #expect(PackedLayout.Item(parsing: item.path.utf8) == item) }
    }

    @Test("other keys are passed over")
    func otherKeys() {
        var random = SeededRandom(seed: 8)
        let hex = random.digest().hex
        let ulid = ULID(milliseconds: 1, using: &random).text
        let id = UniqueID(using: &random).text
        for key in [
            "", "/", "cairn.json/", "cairn-2.json", "packs", "packs/", "packs/ab", "packs/00/\(hex).cpk",
            "packs/\(hex).cpk", "packs//\(hex).cpk", "log/", "log/idx/", "log/idx/0-\(ulid)-\(hex).cnd",
            "log/gc/\(hex).cnd", "log/gc/\(ulid)-\(hex).seg", "log/ok/\(ulid)x", "log/ok/\(ulid)/",
            "log/ok/\(ulid.lowercased())", "log/roots/\(id)/\(ulid).rts", "log/roots/\(id)/\(id)/\(ulid)",
            "log/roots/\(id.uppercased())/\(id)/\(ulid).rts", "log/xx/\(ulid)", "files/blake3/ab/cd",
            "log/idx/../ok/\(ulid)",
        ] {
            #expect(PackedLayout.Item(parsing: key.utf8) == nil, "\(key)")
        }
    }

    @Test("a damaged key is none of ours, or the one that it says")
    func fuzzKeys() {
        var random = SeededRandom(seed: 9)
        let samples = random.items().map { Array($0.path.utf8) }
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            let sample = samples.randomElement(using: &random) ?? []
            let key =
                Bool.random(using: &random)
                ? random.damaged(sample, others: samples) : random.damagedText(sample, others: samples)
            guard let item = PackedLayout.Item(parsing: key) else { return nil }
            return Array(item.path.utf8) == key ? nil : "\(key) became \(item)"
        }
        #expect(found == nil)
    }

    private static func isReadable(_ bytes: [UInt8]) -> Bool {
        (try? CondemnRecord(parsing: bytes)) != nil || (try? RootsFile(parsing: bytes)) != nil
    }

    /// Puts the digest at the end right.
    private static func seal(_ bytes: inout [UInt8]) {
        bytes.replaceSubrange((bytes.count - 32)..., with: BLAKE3.digest(of: Array(bytes.dropLast(32))).bytes)
    }
}

extension SeededRandom {
    mutating func condemnRecord() -> CondemnRecord {
        func some<Element>(_ make: (inout SeededRandom) -> Element) -> [Element] {
            (0..<Int.random(in: 0...5, using: &self)).map { _ in make(&self) }
        }
        return CondemnRecord(
            collector: ULID(milliseconds: 1_758_000_000_000, using: &self), store: UniqueID(using: &self),
            time: Int64.random(in: 0...(.max), using: &self), packs: some { $0.digest() },
            seenPushes: some { ULID(milliseconds: 1_758_000_000_000, using: &$0) },
            seenMetaPacks: some { $0.digest() })
    }

    mutating func rootsFile() -> RootsFile {
        let roots = (0..<Int.random(in: 0...9, using: &self)).map { _ in
            let algorithm = HashAlgorithm.all.randomElement(using: &self) ?? .md5
            let digest = Digest(bytes: bytes(algorithm.digestCount)) ?? digest()
            return ObjectID(algorithm, digest, isDirectory: Bool.random(using: &self))
        }
        let name = RootsName(
            repository: UniqueID(using: &self), clone: UniqueID(using: &self),
            writer: ULID(milliseconds: 1_758_000_000_000, using: &self))
        return RootsFile(
            name: name, store: UniqueID(using: &self), time: Int64.random(in: 0...(.max), using: &self),
            label: ["", "ada@laptop: /home/ada/x", "ü\u{1B}[31m\n"].randomElement(using: &self) ?? "",
            roots: roots)
    }

    /// One of each kind.
    mutating func items() -> [PackedLayout.Item] {
        let push = ULID(milliseconds: 1_758_000_000_000, using: &self)
        return [
            .marker, .pack(digest()), .segment(SegmentName(level: 3, push: push, digest: digest())),
            .condemnRecord(CondemnName(collector: push, digest: digest())), .pushMark(push),
            .roots(rootsFile().name),
        ]
    }
}
