import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Bringing objects from remotes in loose layout")
struct LooseFetchTests {
    /// A pair whose bucket has objects of all sizes.
    private func filled() throws -> (pair: LooseRemotePair, ids: [ObjectID]) {
        let pair = try LooseRemotePair()
        let (files, listing) = try pair.fill()
        try pair.send(files + [listing])
        return (pair, files + [listing])
    }

    @Test("brings objects of all sizes, read-only, and nothing the second time", arguments: [false, true])
    func bringsEverything(_ knowsSizes: Bool) throws {
        let (pair, ids) = try filled()
        var sizes: [ObjectID: Int64] = [:]
        if knowsSizes { for id in ids { sizes[id] = try pair.stores.source.size(of: id) } }
        let came = try pair.bring(ids, sizes: sizes)
        #expect(came.moved.count == ids.count && came.moved.failures.isEmpty && came.missing.isEmpty)
        #expect(try StoreCheck.problems(in: pair.stores.scratch("destination")) == [])
        #expect(Set(StoreCheck.objects(in: pair.stores.scratch("destination")).keys) == Set(ids.map(\.text)))
        #expect(StoreCheck.leftovers(in: pair.stores.scratch("destination")) == [])
        #expect(Files.names(in: pair.stores.scratch("fetched/parts")) == [])
        #expect(try pair.bring(ids).moved.count == 0)
    }

    @Test("brings native objects into packs")
    func intoPacks() throws {
        let pair = try LooseRemotePair()
        let ids = try [0, 7, 300_000, 20 << 20].map {
            try pair.stores.store(LooseTransferTests.bytes($0, $0), .blake3)
        }
        try pair.send(ids)
        let cache = try ObjectStore(
            at: FilePath(pair.stores.scratch("packed")), creating: true, isPacked: true)
        let came = try pair.bring(ids, into: cache, packs: true)
        #expect(came.moved.count == ids.count && came.moved.failures.isEmpty)
        let again = try ObjectStore(at: FilePath(pair.stores.scratch("packed")))
        for id in ids {
            #expect(try again.isPacked(id))
            try again.verify(id)
        }
    }

    @Test("what neither side has is named, the rest comes")
    func missing() throws {
        let (pair, ids) = try filled()
        pair.bucket.damage(LooseRemote.key(of: ids[1]), nil)
        pair.bucket.damage(LooseRemote.key(of: ids[5]), nil)
        let sizes = [ids[5]: Int64(9 << 20)]
        let came = try pair.bring(ids, sizes: sizes)
        #expect(came.missing == [ids[1], ids[5]].sorted() && came.moved.count == ids.count - 2)
    }

    @Test(
        "an object with wrong bytes is reported and does not come", arguments: [1, 5],
        ["altered", "cut off", "longer"])
    func damaged(_ position: Int, _ kind: String) throws {
        let (pair, ids) = try filled()
        let key = LooseRemote.key(of: ids[position])
        var bytes = try #require(pair.bucket[key])
        switch kind {
        case "altered": bytes[bytes.count / 2] ^= 1
        case "cut off": bytes.removeLast()
        default: bytes.append(0)
        }
        pair.bucket.damage(key, bytes)
        // Of an object that is longer only those bytes are read that it should have, if that is known.
        for sizes in kind == "longer"
            ? [[:]] : [[:], [ids[position]: try pair.stores.source.size(of: ids[position]) ?? 0]]
        {
            let came = try pair.bring(ids, sizes: sizes)
            #expect(came.moved.failures.map(\.error.reason) == [.damaged(ids[position])])
            #expect(try !pair.stores.has(ids[position]))
            #expect(Files.names(in: pair.stores.scratch("fetched/parts")) == [])
        }
        pair.bucket.damage(key, try Files.read(pair.stores.path(of: ids[position])))
        #expect(try pair.bring(ids).moved.count == 1, "the same call finishes the job")
    }

    @Test("bytes that were altered on the way once are read again")
    func alteredOnce() throws {
        let (pair, ids) = try filled()
        let key = LooseRemote.key(of: ids[2])
        let bytes = try #require(pair.bucket[key])
        let reads = Shared(0)
        let bucket = pair.bucket
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            guard operation.kind == .read, operation.key == key else { return .happens }
            let number = reads.change {
                $0 += 1; return $0
            }
            bucket.damage(key, number == 1 ? Array(bytes.reversed()) : bytes)
            return .happens
        })
        #expect(try pair.bring([ids[2]], hooks).moved.count == 1)
        #expect(reads.value == 2)
    }

    @Test(
        "wherever it stops, nothing in the cache is half, and the same call finishes the job",
        arguments: [false, true])
    func stops(_ happens: Bool) throws {
        let (pair, ids) = try filled()
        var stopped = 0
        for step in stride(from: 1, to: 60, by: 4) {
            Files.delete(pair.stores.scratch("destination"))
            let number = pair.operationCount() + step
            if (try? pair.bring(ids, .failing(from: number, after: happens))) == nil { stopped += 1 }
            let half = try pair.stores.destination
            for id in ids where try half.contains(id) { try half.verify(id) }
            let there = StoreCheck.objects(in: pair.stores.scratch("destination")).count
            #expect(try pair.bring(ids).moved.count == ids.count - there)
            #expect(try StoreCheck.problems(in: pair.stores.scratch("destination")) == [])
        }
        #expect(stopped > 8)
    }

    @Test("the parts of a large object that came are not read again")
    func resumes() throws {
        let pair = try LooseRemotePair()
        let id = try pair.stores.store(LooseTransferTests.bytes(80 << 20, 1))
        try pair.send([id])
        let size = [id: Int64(80 << 20)]
        let reads = Shared(0)
        let stop = RemoteHooks(before: { operation throws(RemoteError) in
            guard operation.kind == .read else { return .happens }
            if reads.change({
                $0 += 1; return $0
            }) > 6 {
                throw RemoteError(.denied)
            }
            return .happens
        })
        #expect(throws: TransferError.self) { try pair.bring([id], stop, sizes: size) }
        let more = Shared(0)
        let count = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .read { more.change { $0 += 1 } }
            return .happens
        })
        #expect(try pair.bring([id], count, sizes: size).moved.count == 1)
        #expect(more.value == 4)
        #expect(try StoreCheck.problems(in: pair.stores.scratch("destination")) == [])
    }

    @Test("parts that a crash has spoiled are found and read again")
    func spoiledParts() throws {
        let pair = try LooseRemotePair()
        let id = try pair.stores.store(LooseTransferTests.bytes(40 << 20, 1))
        try pair.send([id])
        let size = [id: Int64(40 << 20)]
        let reads = Shared(0)
        let stop = RemoteHooks(before: { operation throws(RemoteError) in
            guard operation.kind == .read else { return .happens }
            if reads.change({
                $0 += 1; return $0
            }) > 3 {
                throw RemoteError(.denied)
            }
            return .happens
        })
        #expect(throws: TransferError.self) { try pair.bring([id], stop, sizes: size) }
        let part = try #require(
            Files.names(in: pair.stores.scratch("fetched/parts")).first { !$0.hasSuffix(".parts") })
        try Files.write(Array("zeros".utf8), to: pair.stores.scratch("fetched/parts/\(part)"))
        #expect(try pair.bring([id], sizes: size).moved.count == 1)
        #expect(try StoreCheck.problems(in: pair.stores.scratch("destination")) == [])
    }

    @Test("run records go and come, and nothing else that lies beside them")
    func runRecords() throws {
        let pair = try LooseRemotePair()
        let key = String(repeating: "ab", count: 32)
        let value = String(repeating: "cd", count: 32)
        try Files.write("record", to: pair.stores.scratch("source/runs/ab/\(key)/\(value)"))
        try Files.write("none", to: pair.stores.scratch("source/runs/ab/\(key)/\(value).tmp"))
        let out = RunRecordExchange(
            of: try pair.stores.source.loose, with: MemoryRemote(pair.bucket), jobs: 2)
        #expect(try pair.wait { () async throws(TransferError) in try await out.push() } == 1)
        #expect(try pair.wait { () async throws(TransferError) in try await out.push() } == 0)
        #expect(pair.bucket.keys == ["runs/ab/\(key)/\(value)"])
        pair.bucket.damage("runs/ab/other", [1])
        let digest = try #require(Digest(hex: key.utf8))
        let back = RunRecordExchange(
            of: try pair.stores.destination.loose, with: MemoryRemote(pair.bucket), jobs: 2)
        #expect(try pair.wait { () async throws(TransferError) in try await back.fetch(keys: [digest]) } == 1)
        #expect(try pair.wait { () async throws(TransferError) in try await back.fetch(keys: [digest]) } == 0)
        #expect(try Files.text(pair.stores.scratch("destination/runs/ab/\(key)/\(value)")) == "record")
    }

    @Test("run records are asked for by key: nothing else is listed or read")
    func runRecordsByKey() throws {
        let pair = try LooseRemotePair()
        let names = (0..<40).map {
            String(repeating: $0 < 16 ? "0\(String($0, radix: 16))" : "\($0)", count: 32)
        }
        for name in names {
            try Files.write(
                "of \(name)", to: pair.stores.scratch("source/runs/\(name.prefix(2))/\(name)/\(name)"))
        }
        let counted = Shared<[String]>([])
        let remote = MemoryRemote(
            pair.bucket,
            hooks: RemoteHooks(before: { operation throws(RemoteError) in
                counted.change { $0.append("\(operation.kind) \(operation.key)") }
                return .happens
            }))
        let out = RunRecordExchange(of: try pair.stores.source.loose, with: remote, jobs: 2)
        let three = names[3...5].map { "runs/\($0.prefix(2))/\($0)/\($0)" }
        #expect(try pair.wait { () async throws(TransferError) in try await out.push(.records(three)) } == 3)
        #expect(pair.bucket.keys.sorted() == three.sorted())
        #expect(!counted.value.contains("list runs/"))
        #expect(try pair.wait { () async throws(TransferError) in try await out.push() } == 37)
        #expect(!counted.value.contains("list runs/"))
        counted.change { $0 = [] }
        let back = RunRecordExchange(of: try pair.stores.destination.loose, with: remote, jobs: 2)
        let keys = try [names[7], String(repeating: "ff", count: 32)].map {
            try #require(Digest(hex: $0.utf8))
        }
        #expect(try pair.wait { () async throws(TransferError) in try await back.fetch(keys: keys) } == 1)
        #expect(
            counted.value.sorted() == [
                "list runs/07/\(names[7])/", "list runs/ff/\(keys[1].hex)/",
                "read runs/07/\(names[7])/\(names[7])",
            ])
    }
}

extension LooseRemotePair {
    /// How many operations the bucket has seen.
    func operationCount() -> Int {
        let number = Shared(0)
        let counting = MemoryRemote(
            bucket,
            hooks: RemoteHooks(before: { operation throws(RemoteError) in
                number.change { $0 = operation.number }
                return .happens
            }))
        _ = try? wait { () async throws(TransferError) in
            try await remotely { () async throws(RemoteError) in try await counting.size(of: "none") }
        }
        return number.value
    }
}
