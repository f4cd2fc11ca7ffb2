import CairnCore
import CairnFormats
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnPipeline

private let lockText = """
    schema: '2.0'
    stages:
      plain:
        cmd: echo
      odd name@a/b:
        cmd: "one\\ntwo # 'x' \\"y\\" {}[],"
        deps:
        - path: a, b
          hash: md5
          md5: 6137cde4893c59f76f005a8123d8e8e6
          size: 5
          isexec: true
        params:
          params.yaml:
            a.b: 1e-05
            big: 123456789012345678901234567890
            date: 2020-01-01
            empty:
            inf: -.inf
            list: [1, [true, ''], {x: {}}]
            text: '1'
            time: 2020-01-01 02:03:04
            unicode: "\\u2028é\\x85 \\0"
          whole.py: {}
        outs:
        - path: dir
          hash: md5
          md5: 3492bf2d20cc296db05d6eb44b07a96c.dir
          size: 7
          nfiles: 2
      list:
        cmd:
        - a
        - 'yes: no'
        deps:
        - path: s3://bucket/x
          etag: '123'
          size: 3
        - path: ds://d3
          dataset:
            name: d3
            url: x
    """

/// Locked stages of every kind, each under a file with an odd name.
private func records() throws -> [RunJournal.Record] {
    let lock = try PipelineLock(parsing: Array(lockText.utf8), file: "dvc.lock")
    return try lock.stages.map { stage in
        RunJournal.Record(
            file: try RepoPath(validating: [0xFF, 0x20, 0x25, 0x0A] + "/dvc.yaml".utf8), stage: stage)
    }
}

@Suite("Journals of runs")
struct RunJournalTests {
    @Test("records come back as they were, and each one reads back to the same lock")
    func roundTrip() throws {
        let scratch = try ScratchDirectory()
        let path = FilePath(scratch("journal"))
        let all = try records()
        do {
            let journal = try RunJournal(at: path)
            #expect(journal.records == [])
            try journal.append([all[0]])
            try journal.append([])
            try journal.append(Array(all[1...]))
        }
        #expect(try RunJournal.records(at: path) == all)
        do {
            let journal = try RunJournal(at: path)
            #expect(journal.records == all)
            try journal.append([all[0]])
        }
        let journal = try RunJournal(at: path)
        #expect(journal.records == all + [all[0]])
        #expect(journal.records.map(\.stage.value) == (all + [all[0]]).map(\.stage.value))
        try journal.remove()
        #expect(!Files.exists(scratch("journal")))
        #expect(try RunJournal.records(at: path) == [])
    }

    @Test("random stages read back from their line", arguments: 0..<200)
    func lines(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "a", " ", "  ", "\n", "\r", "\t", ":", ": ", " #", "#", "-", "?", ",", "[", "]", "{", "}", "&",
            "*", "!",
            "|", ">", "'", "\"", "%", "@", "`", "~", "null", "1", "0x1", "1e3", "\u{85}", "\u{2028}",
            "\u{FEFF}", "é",
            "e\u{301}", "😀", "\u{7}", "\\", "<<", "=", "---", "...", String(repeating: "long ", count: 40),
        ]
        func text() -> String {
            (0..<Int.random(in: 0...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }.joined()
        }
        func value(_ depth: Int) -> YAMLValue {
            switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
            case 0: return .null
            case 1: return .bool(Bool.random(using: &random))
            case 2: return .int(Int64.random(in: -1000...1000, using: &random))
            case 3:
                return .float(
                    [0.1, -0.0, 1e300, .leastNonzeroMagnitude, .infinity, -.infinity, .nan, 3].randomElement(
                        using: &random) ?? 0)
            case 4: return .bigInt("-98765432109876543210")
            case 7:
                return .sequence((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) })
            case 8:
                var entries: [YAMLEntry] = []
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let key = text()
                    let isThere = entries.contains { $0.key == .string(key) }
                    if !isThere { entries.append(YAMLEntry(.string(key), value(depth - 1))) }
                }
                return .mapping(entries)
            default: return .string(text())
            }
        }
        var stage = LockedStage(
            name: "s\(text())",
            command: Bool.random(using: &random) ? .text(text() + "x") : .list([text(), text()]))
        stage.parameters = [
            YAMLEntry("params.yaml", .mapping([YAMLEntry("k", value(3)), YAMLEntry("z", value(3))]))
        ]
        stage.outputs = [OutputRecord(path: "o\(text())", id: nil, size: 4, isExecutable: true)]
        let line = stage.line
        #expect(!line.contains(10))
        let back = try LockedStage(name: stage.name, parsing: line, file: "journal")
        #expect(back == stage)
        let record = RunJournal.Record(file: try RepoPath(validating: "dvc.yaml"), stage: stage)
        let bytes = RunJournal.header + RunJournal.line(record, batch: RunJournal.header.count)
        #expect(try RunJournal.parse(bytes, "j").records == [record])
    }

    @Test("cut off at any byte, a journal has what was whole before, and takes more")
    func torn() throws {
        let scratch = try ScratchDirectory()
        let path = FilePath(scratch("journal"))
        let all = try records()
        var ends: [Int] = []
        do {
            let journal = try RunJournal(at: path)
            for record in all {
                try journal.append([record])
                ends.append(try Files.read(scratch("journal")).count)
            }
        }
        let bytes = try Files.read(scratch("journal"))
        for count in 0..<bytes.count {
            let whole = ends.filter { $0 <= count }.count
            #expect(try RunJournal.parse(Array(bytes[..<count]), path).records == Array(all[..<whole]))
            // A power cut may leave zeros, or what was in the place before.
            for filler in [0, 0x0A, 0xFF] as [UInt8] where count >= RunJournal.header.count {
                let damaged = bytes[..<count] + [UInt8](repeating: filler, count: 300)
                // A line feed may be just what was missing.
                let whole = ends.filter { $0 <= count + (filler == 0x0A ? 1 : 0) }.count
                #expect(try RunJournal.parse(Array(damaged), path).records == Array(all[..<whole]))
            }
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            try Files.write(bytes[..<count], to: scratch("journal"))
            let before: [RunJournal.Record]
            do {
                let journal = try RunJournal(at: path)
                before = journal.records
                try journal.append([all[1]])
            }
            #expect(try RunJournal.records(at: path) == before + [all[1]])
        }
    }

    @Test("damage in what was durable is told; in what was written last, it ends the journal")
    func damage() throws {
        let scratch = try ScratchDirectory()
        let path = FilePath(scratch("journal"))
        let all = try records()
        do {
            let journal = try RunJournal(at: path)
            try journal.append([all[0]])
            try journal.append(all)
        }
        let bytes = try Files.read(scratch("journal"))
        let lines = bytes.split(separator: 10).map { Array($0) + [10] }
        let second = lines[0].count + lines[1].count
        for place in RunJournal.header.count..<bytes.count {
            var damaged = bytes
            damaged[place] ^= 4
            if place < second {
                let error = #expect(throws: PipelineError.self) { try RunJournal.parse(damaged, path) }
                #expect(error?.reason == .damagedJournal(file: path, offset: lines[0].count))
            } else {
                let found = try RunJournal.parse(damaged, path).records
                #expect(found == Array(([all[0]] + all).prefix(found.count)) && found.count >= 1)
            }
        }
        try Files.write("another file\n", to: scratch("journal"))
        let error = #expect(throws: PipelineError.self) { _ = try RunJournal(at: path) }
        #expect(error?.reason == .damagedJournal(file: path, offset: 0))
        #expect(try Files.text(scratch("journal")) == "another file\n")
    }

    @Test("nobody else writes a journal that is open")
    func exclusive() throws {
        let scratch = try ScratchDirectory()
        let path = FilePath(scratch("journal"))
        do {
            let journal = try RunJournal(at: path)
            let error = #expect(throws: PipelineError.self) { _ = try RunJournal(at: path) }
            #expect(error?.reason == .journalInUse(file: path))
            try journal.append(try records())
        }
        _ = try RunJournal(at: path)
        let missing = #expect(throws: PipelineError.self) { _ = try RunJournal(at: "/nowhere/journal") }
        #expect(missing?.message == "cannot open '/nowhere': No such file or directory")
    }
}
