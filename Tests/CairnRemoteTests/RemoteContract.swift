import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

/// What every remote does, whatever it is made of.
@Suite("Contract of remotes")
struct RemoteContract {
    private let scratch: ScratchDirectory
    /// Remotes may block the thread that they run on.
    private let threads = TaskThreads(count: 8)

    init() throws { scratch = try ScratchDirectory() }

    /// Runs a test with a new remote.
    private func with(
        _ maker: RemoteMaker, _ body: @escaping @Sendable (any Remote) async throws -> Void
    ) async throws {
        let remote = try maker.make(scratch)
        try await withTaskExecutorPreference(threads) { try await body(remote) }
    }

    /// What an operation fails with.
    private static func reason(
        _ body: () async throws(RemoteError) -> some Any
    ) async -> RemoteError.Reason? {
        do throws(RemoteError) {
            _ = try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("what is written can be read, in whole and in parts", arguments: RemoteMaker.all)
    func writeAndRead(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
            try await remote.write(RemoteUpload("packs/ab/x.cpk", bytes))
            #expect(try await remote.read("packs/ab/x.cpk") == bytes)
            #expect(try await remote.read("packs/ab/x.cpk", nil, limit: 1000) == bytes)
            for range: Range<Int64> in [0..<1, 0..<1000, 999..<1000, 10..<20] {
                let part = try await remote.read("packs/ab/x.cpk", range, limit: range.count)
                #expect(part == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]), "\(range)")
            }
        }
    }

    @Test(
        "a range beyond the end is refused, and so is more than the caller takes", arguments: RemoteMaker.all)
    func bounds(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            try await remote.write(RemoteUpload("a", text: "0123456789"))
            func reason(_ range: Range<Int64>?, _ limit: Int) async -> RemoteError.Reason? {
                await Self.reason { () async throws(RemoteError) in
                    try await remote.read("a", range, limit: limit)
                }
            }
            #expect(await reason(5..<11, 100) == .truncated)
            #expect(await reason(10..<11, 100) == .truncated)
            #expect(await reason(Int64.max - 1..<Int64.max, 100) == .truncated)
            #expect(await reason(nil, 9) == .tooLarge(10))
            #expect(await reason(0..<5, 4) == .tooLarge(5))
            #expect(await reason(0..<(1 << 40), 100) == .tooLarge(1 << 40))
        }
    }

    @Test("an object that is not there is not found, and deleting it is fine", arguments: RemoteMaker.all)
    func missing(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            for _ in 0..<2 {
                for key in ["a", "packs/ab/x", "packs"] {
                    let whole = await Self.reason { () async throws(RemoteError) in
                        try await remote.read(key)
                    }
                    #expect(whole == .notFound)
                    let part = await Self.reason { () async throws(RemoteError) in
                        try await remote.read(key, 0..<1, limit: 1)
                    }
                    #expect(part == .notFound)
                    try await remote.delete([key])
                }
                try await remote.delete([])
                try await remote.write(RemoteUpload("packs/cd/y", text: "y"))
            }
        }
    }

    @Test(
        "an object keeps its bytes: the same again is fine, another size is a conflict",
        arguments: RemoteMaker.all)
    func rewrite(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            for round in 0..<3 {
                let existing = try await remote.write([RemoteUpload("a/b", text: "first")], jobs: 1)
                #expect(existing == (round == 0 ? [] : ["a/b"]))
            }
            let before = try await remote.list("").objects
            try await remote.write(RemoteUpload("a/b", text: "first"))
            #expect(try await remote.list("").objects == before)
            for text in ["", "firs", "first!"] {
                let reason = await Self.reason { () async throws(RemoteError) in
                    try await remote.write(RemoteUpload("a/b", text: text))
                }
                #expect(reason == .conflict)
            }
            #expect(try await remote.read("a/b") == Array("first".utf8))
        }
    }

    @Test(
        "uploads of one call that get the same key are one object, or a conflict", arguments: RemoteMaker.all)
    func sameKey(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            try await remote.write(RemoteUpload("a", text: "one"), RemoteUpload("a", text: "one"))
            #expect(try await remote.keys() == ["a"])
            let reason = await Self.reason { () async throws(RemoteError) in
                try await remote.write(RemoteUpload("b", text: "one"), RemoteUpload("b", text: "three"))
            }
            #expect(reason == .conflict)
        }
    }

    @Test("listings tell keys in order, sizes and times", arguments: RemoteMaker.all)
    func listing(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            #expect(try await remote.list("").objects == [])
            #expect(try await remote.top() == [])
            let keys = ["a", "log/idx/1.seg", "log/idx/2.seg", "log/idy/1", "log0", "packs/ab/x", "packs/b"]
            var random = SeededRandom(seed: 1)
            let uploads = keys.shuffled(using: &random).map { RemoteUpload($0, text: $0) }
            let start = try await remote.list("").now
            try await remote.write(uploads, jobs: 3)
            let listing = try await remote.list("")
            #expect(listing.objects.map(\.key) == keys)
            #expect(listing.objects.map(\.size) == keys.map { Int64($0.utf8.count) })
            // The clocks of file systems tick every few milliseconds.
            if let precision = maker.precision {
                let span = (start - precision)...(listing.now + precision)
                #expect(listing.objects.allSatisfy { span.contains($0.modified) })
            }
            #expect(listing.now - start < 600_000)
            #expect(try await remote.keys("log/") == ["log/idx/1.seg", "log/idx/2.seg", "log/idy/1"])
            #expect(try await remote.keys("log/idx/") == ["log/idx/1.seg", "log/idx/2.seg"])
            #expect(try await remote.keys("log/idx/2.seg") == ["log/idx/2.seg"])
            for prefix in ["lo/", "log/idx/3", "a/", "nothing/at/all/", "packs/ab/x/"] {
                #expect(try await remote.keys(prefix) == [], "\(prefix)")
            }
            #expect(try await remote.top() == ["a", "log/", "log0", "packs/"])
        }
    }

    @Test("what is deleted is gone, and the rest stays", arguments: RemoteMaker.all)
    func deletion(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let keys = (0..<30).map { "d\($0 % 3)/\($0)" }
            try await remote.write(keys.map { RemoteUpload($0, text: $0) }, jobs: 4)
            try await remote.delete(keys.filter { $0.hasPrefix("d1/") } + ["d1/none", "none"])
            #expect(try await remote.keys() == keys.filter { !$0.hasPrefix("d1/") }.sorted())
            #expect(try await remote.top() == ["d0/", "d2/"])
            try await remote.write(RemoteUpload("d1/1", text: "again, longer"))
            #expect(try await remote.read("d1/1") == Array("again, longer".utf8))
            try await remote.delete(keys)
            #expect(try await remote.list("").objects == [])
            #expect(try await remote.top() == [])
        }
    }

    @Test("an object may be empty", arguments: RemoteMaker.all)
    func empty(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let file = scratch("empty")
            try Files.write([], to: file)
            try await remote.write(
                RemoteUpload("a/e", []),
                RemoteUpload("a/f", .file(FilePath(file), size: 0, isExpendable: false)))
            for key in ["a/e", "a/f"] {
                #expect(try await remote.read(key, nil, limit: 0) == [])
                let reason = await Self.reason { () async throws(RemoteError) in
                    try await remote.read(key, 0..<1, limit: 1)
                }
                #expect(reason == .truncated)
            }
            #expect(try await remote.list("a/").objects.map(\.size) == [0, 0])
        }
    }

    @Test("the longest keys and all characters of keys work", arguments: RemoteMaker.all)
    func longKeys(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let long = String(repeating: "k", count: 255) + "/" + String(repeating: "l", count: 255)
            let odd = String(decoding: (0x21...0x7E).filter { $0 != 0x2F }, as: UTF8.self)
            let keys = [long, odd, "%2F", "...", ".hidden/..x", "a+b=c&d", "-"]
            try await remote.write(keys.map { RemoteUpload($0, text: $0) }, jobs: 2)
            for key in keys { #expect(try await remote.read(key) == Array(key.utf8)) }
            let shown = keys.filter {
                !maker.hidesDots || !$0.split(separator: "/").contains { $0.hasPrefix(".") }
            }
            #expect(try await remote.keys() == shown.sorted())
            try await remote.delete(keys)
            #expect(try await remote.keys() == [])
        }
    }

    @Test("what is no key is refused by every operation", arguments: RemoteMaker.all)
    func invalidKeys(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let none = [
                "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "a\0b", "a b",
                "\u{e9}",
                "a\nb", String(repeating: "x", count: 256), String(repeating: "x/", count: 256) + "xx",
                "cairn.tmp", "cairn.tmp/a", "cairn.lock",
            ]
            for key in none {
                let read = await Self.reason { () async throws(RemoteError) in try await remote.read(key) }
                let write = await Self.reason { () async throws(RemoteError) in
                    try await remote.write(RemoteUpload(key, text: "x"))
                }
                let delete = await Self.reason { () async throws(RemoteError) in
                    try await remote.delete([key])
                }
                #expect(
                    [read, write, delete] == [.invalidKey, .invalidKey, .invalidKey],
                    "\(key.debugDescription)")
            }
            for prefix in none where !prefix.isEmpty && prefix != "a/" {
                let reason = await Self.reason { () async throws(RemoteError) in try await remote.list(prefix)
                }
                #expect(reason == .invalidKey, "\(prefix.debugDescription)")
            }
            let keys = try await remote.keys()
            #expect(keys == [])
        }
    }

    @Test(
        "files are written as they are, and have to have the size that was promised",
        arguments: RemoteMaker.all)
    func files(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            var random = SeededRandom(seed: 3)
            let bytes = random.bytes(3_000_000)
            let file = FilePath(scratch("file"))
            for (key, isExpendable) in [("a", false), ("b", true)] {
                try Files.write(bytes, to: file.string)
                let size = Int64(bytes.count)
                for (wrong, expected) in [
                    (size + 1, RemoteError.Reason.truncated), (size - 1, .tooLarge(size)),
                ] {
                    let reason = await Self.reason { () async throws(RemoteError) in
                        try await remote.write(
                            RemoteUpload(key, .file(file, size: wrong, isExpendable: isExpendable)))
                    }
                    #expect(reason == expected)
                    #expect(try await remote.keys(key) == [])
                }
                try await remote.write(RemoteUpload(key, .file(file, size: size, isExpendable: isExpendable)))
                #expect(try await remote.read(key, nil, limit: 4_000_000) == bytes)
                #expect(isExpendable || Files.exists(file.string))
            }
        }
    }

    @Test("a thousand objects at once", arguments: RemoteMaker.all)
    func many(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let keys = (0..<(maker.isSlow ? 60 : 1000)).map { "packs/\($0 % 16)/\($0)" }
            let half = keys.prefix(keys.count / 2)
            // A second call finds half of them.
            try await remote.write(half.map { RemoteUpload($0, text: $0) }, jobs: 8)
            let existing = try await remote.write(keys.map { RemoteUpload($0, text: $0) }, jobs: 8)
            #expect(existing == Set(half))
            #expect(try await remote.keys() == keys.sorted())
            for key in keys.prefix(20) { #expect(try await remote.read(key) == Array(key.utf8)) }
            try await remote.delete(Array(keys[1...]))
            #expect(try await remote.keys() == [keys[0]])
        }
    }

    @Test(
        "of many writers of one key all succeed, or those of the other size learn that they did not",
        arguments: RemoteMaker.all)
    func manyWriters(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            for round in 0..<10 {
                let key = "log/\(round)"
                let outcomes = await withTaskGroup(of: (Int, Set<String>, RemoteError.Reason?).self) {
                    group in
                    for number in 0..<8 {
                        group.addTask {
                            let bytes = [UInt8](repeating: 7, count: 100_000 + number % 2)
                            do throws(RemoteError) {
                                let existing = try await remote.write([RemoteUpload(key, bytes)], jobs: 1)
                                return (number % 2, existing, nil)
                            } catch {
                                return (number % 2, [], error.reason)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                let size = try await remote.read(key).count
                #expect([100_000, 100_001].contains(size))
                guard maker.settlesRaces else { continue }
                for (parity, _, reason) in outcomes {
                    #expect(reason == (size == 100_000 + parity ? nil : .conflict), "round \(round)")
                }
                #expect(
                    outcomes.filter { $0.1.isEmpty && $0.2 == nil }.count == 1, "one writer brought it")
            }
        }
    }

    @Test("a write tells which objects were there already", arguments: RemoteMaker.all)
    func existing(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let (one, two) = (RemoteUpload("log/a", [1]), RemoteUpload("log/b", [2]))
            let found = [
                try await remote.write([one], jobs: 1), try await remote.write([one], jobs: 1),
                try await remote.write([one, two], jobs: 2),
            ]
            #expect(found == [[], ["log/a"], ["log/a"]])
        }
    }

    @Test(
        "who reads or lists while an object is written sees all of it or nothing", arguments: RemoteMaker.all)
    func allOrNothing(_ maker: RemoteMaker) async throws {
        try await with(maker) { remote in
            let bytes = [UInt8](repeating: 9, count: 2 << 20)
            for round in 0..<5 {
                let key = "packs/\(round)"
                async let written = remote.write([RemoteUpload(key, bytes)], jobs: 1)
                var sawIt = false
                for attempt in 0..<50 where !sawIt {
                    let size = try await remote.list(key).objects.first?.size
                    #expect(size == nil || size == Int64(bytes.count))
                    do throws(RemoteError) {
                        let read = try await remote.read(key, nil, limit: 4 << 20)
                        #expect(read == bytes)
                        sawIt = true
                    } catch {
                        #expect(error.reason == .notFound && size == nil)
                        // At the latest when the writer is done it is there.
                        if attempt > 20 { _ = try await written }
                    }
                }
                #expect(sawIt)
                _ = try await written
            }
        }
    }
}
