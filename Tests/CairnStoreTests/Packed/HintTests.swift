import CairnCore
import CairnTestSupport
import Testing

@testable import CairnStore

@Suite struct HintTests {
    /// Some packs on disk, and all of their records.
    struct Packs {
        var bytes: [Digest: [UInt8]] = [:]
        var parts: [(pack: Digest, entry: PackEntry)] = []
        var frames = FrameTable()

        init(_ random: inout SeededRandom, count: Int, records: Int) throws {
            let fixture = try PackFixture()
            for number in 0..<count {
                let (path, pack) = try fixture.write(
                    random.records(records), .data, .standard, number: UInt64(number))
                bytes[pack.info.name] = try Files.read(path.string)
                parts += pack.entries.map { (pack.info.name, $0) }
                frames.add(pack.info.name, pack.entries)
            }
        }

        func hints(_ order: [Int], _ frames: FrameTable) -> RecipeHints {
            var builder = HintBuilder(frames)
            for number in order { builder.append(parts[number].entry.place, in: parts[number].pack) }
            return builder.finish()
        }
    }

    @Test("every part is found by the hints for it, whatever is known about frames", arguments: 0..<12)
    func places(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let packs = try Packs(&random, count: 3, records: 60)
        // Runs of parts, with jumps and repetitions between them.
        var order: [Int] = []
        while order.count < 200 {
            let start = Int.random(in: 0..<packs.parts.count, using: &random)
            order += (start..<min(packs.parts.count, start + Int.random(in: 1...40, using: &random)))
        }
        for frames in [packs.frames, FrameTable()] {
            let hints = packs.hints(order, frames)
            let table = HintTable(hints, foundIn: random.digest())
            #expect(table.count == order.count)
            for term in hints.terms where Int(term.byteCount) > HintBuilder.largestTerm {
                #expect(term.byteCount == packs.frameLength(hints.packs[Int(term.pack)], at: term.offset))
            }
            for _ in 0..<20 {
                let start = Int.random(in: 0..<order.count, using: &random)
                let wanted = start..<Int.random(in: (start + 1)...order.count, using: &random)
                let runs = table.runs(for: wanted)
                #expect(runs.first?.parts.contains(wanted.lowerBound) == true)
                #expect(runs.last?.parts.contains(wanted.upperBound - 1) == true)
                for run in runs {
                    // A fetcher may have read more around it.
                    let bytes = try #require(packs.bytes[run.pack])
                    let more =
                        max(0, run.range.lowerBound - 10)..<min(Int64(bytes.count), run.range.upperBound + 10)
                    let fetched = Array(bytes[Int(more.lowerBound)..<Int(more.upperBound)])
                    let places = try run.places(in: fetched, at: more.lowerBound)
                    let expected = run.parts.map { packs.parts[order[$0]] }
                    #expect(places == expected.map(\.entry.place))
                    #expect(expected.allSatisfy { $0.pack == run.pack })
                }
            }
        }
    }

    @Test("records that follow each other share terms of 256 KiB")
    func fewTerms() throws {
        var random = SeededRandom(seed: 20)
        let packs = try Packs(&random, count: 1, records: 400)
        let order = Array(packs.parts.indices)
        let known = packs.hints(order, packs.frames)
        let frames = Set(packs.parts.map(\.entry.place.frameOffset)).count
        #expect(packs.hints(order, FrameTable()).terms.count == frames)
        // Two neighbours together are larger than a term may be.
        for (left, right) in zip(known.terms, known.terms.dropFirst()) {
            let next = packs.frameLength(known.packs[0], at: right.offset)
            #expect(Int(left.byteCount + next) > HintBuilder.largestTerm)
        }
        #expect(known.terms.count < frames / 2)
        // Every hint covers the chunks of a recipe.
        let parts = order.map { RecipePart(id: packs.parts[$0].entry.key.digest, length: 1) }
        let span = try RecipeSpan(chunks: parts, chunker: 1, hints: known)
        #expect(try RecipeSpan(parsing: span.serialized.span, of: span.key).hints == known)
    }

    @Test(
        "a term goes on into the next frame only behind the last record of the one before",
        arguments: [(nil, 2), (1, 1), (2, 2)] as [(Int?, Int)])
    func nextFrame(_ recordsInFirst: Int?, _ terms: Int) {
        var random = SeededRandom(seed: 19)
        let pack = random.digest()
        func place(_ offset: UInt32, _ record: Int) -> PackPlace {
            PackPlace(frameOffset: offset, frameLength: 100, record: UInt16(record))
        }
        var frames = FrameTable()
        if let count = recordsInFirst {
            frames.add(pack, (0..<count).map { PackEntry(RecordKey(.blob, random.digest()), place(64, $0)) })
        }
        var builder = HintBuilder(frames)
        builder.append(place(64, 0), in: pack)
        builder.append(place(164, 0), in: pack)
        #expect(builder.finish().terms.count == terms)
    }

    @Test("a place that is unknown, or too many terms, leave no hints")
    func none() throws {
        let place = PackPlace(frameOffset: 64, frameLength: 100, record: 0)
        var random = SeededRandom(seed: 21)
        let pack = random.digest()
        #expect(HintBuilder().finish() == .none)
        var builder = HintBuilder()
        builder.append(place, in: pack)
        builder.append(place, in: pack)
        #expect(builder.finish().terms.count == 2)
        #expect(builder.finish(limit: 1) == .none)
        builder.appendUnknown()
        #expect(builder.finish() == .none)
        var blanks = HintBuilder()
        blanks.appendBlank()
        #expect(blanks.finish() == .none)
    }

    @Test("parts without a record belong to the term around them, or have one of their own")
    func blanks() throws {
        func place(_ record: UInt16) -> PackPlace {
            PackPlace(frameOffset: 64, frameLength: 100, record: record)
        }
        var random = SeededRandom(seed: 22)
        let pack = random.digest()
        var builder = HintBuilder()
        builder.appendBlank()
        builder.append(place(3), in: pack)
        builder.appendBlank()
        builder.append(place(4), in: pack)
        builder.endTerm()
        builder.appendBlank()
        builder.appendBlank()
        builder.endTerm()
        builder.append(place(5), in: pack)
        let terms = builder.finish().terms
        #expect(terms.map(\.count) == [4, 2, 1])
        #expect(terms.map(\.firstRecord) == [3, 0, 5])
        #expect(terms.map(\.byteCount) == [100, 0, 100])
        let runs = HintTable(builder.finish(), foundIn: pack).runs(for: 4..<6)
        #expect(runs.map(\.parts) == [4..<6])
        #expect(try runs[0].places(in: [], at: 0, count: 0) == [])
    }

    @Test("the pack in which hints lie is named when they are read")
    func ownPack() {
        var random = SeededRandom(seed: 23)
        let (pack, other) = (random.digest(), random.digest())
        var builder = HintBuilder()
        builder.append(PackPlace(frameOffset: 64, frameLength: 100, record: 0), in: RecipeHints.ownPack)
        builder.append(PackPlace(frameOffset: 64, frameLength: 100, record: 0), in: other)
        let runs = HintTable(builder.finish(), foundIn: pack).runs(for: 0..<2)
        #expect(runs.map(\.pack) == [pack, other])
    }

    @Test("a hint that is wrong is an error, or leads to records that are there")
    func fuzz() throws {
        var random = SeededRandom(seed: 24)
        let packs = try Packs(&random, count: 1, records: 40)
        let (pack, bytes) = try #require(packs.bytes.first)
        let hints = packs.hints(Array(packs.parts.indices), packs.frames)
        let all = Set(packs.parts.map(\.entry.place))
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            guard let term = hints.terms.randomElement(using: &random) else { return "no terms" }
            var offset = Int64(term.offset)
            var count = Int(term.count)
            var length = Int64(term.byteCount)
            var first = Int(term.firstRecord)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: offset += Int64.random(in: -100...100, using: &random)
            case 1: count = Int.random(in: 1...100_000, using: &random)
            case 2: length += Int64.random(in: -100...100, using: &random)
            case 3: first = Int.random(in: 0...65_535, using: &random)
            default: offset = Int64(all.randomElement(using: &random)?.frameOffset ?? 64)
            }
            guard length > 0, offset >= 0 else { return nil }
            let run = HintedRun(
                pack: pack, range: offset..<(offset + length), parts: 0..<count, firstRecord: first)
            let content = Bool.random(using: &random) ? bytes : random.damaged(bytes)
            guard let places = try? run.places(in: content, at: 0) else { return nil }
            if places.count != count { return "\(places.count) places for \(count) records" }
            let isInside = places.allSatisfy {
                Int64($0.frameOffset) >= offset
                    && Int64($0.frameOffset) + Int64($0.frameLength) <= offset + length
            }
            if content == bytes, !places.allSatisfy(all.contains) { return "a place that is none" }
            return isInside ? nil : "a place outside of the range"
        }
        #expect(found == nil)
    }

    @Test(
        "ranges that are near are joined",
        arguments: [
            ([], 0, .max, []), ([5..<5], 0, .max, []), ([0..<2, 2..<4], 0, .max, [0..<4]),
            ([6..<9, 0..<2, 1..<3], 2, .max, [0..<3, 6..<9]), ([6..<9, 0..<2, 1..<3], 3, .max, [0..<9]),
            ([0..<10, 2..<5, 9..<12], 0, 10, [0..<10, 9..<12]), ([0..<4, 5..<9], 1, 8, [0..<4, 5..<9]),
        ] as [([Range<Int64>], Int64, Int64, [Range<Int64>])])
    func ranges(_ ranges: [Range<Int64>], gap: Int64, limit: Int64, _ expected: [Range<Int64>]) {
        #expect(ByteRanges.joined(ranges, gap: gap, limit: limit) == expected)
    }
}

extension HintTests.Packs {
    func frameLength(_ pack: Digest, at offset: UInt32) -> UInt32 {
        parts.first { $0.pack == pack && $0.entry.place.frameOffset == offset }?.entry.place.frameLength ?? 0
    }
}
