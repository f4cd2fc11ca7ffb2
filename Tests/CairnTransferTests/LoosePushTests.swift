import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Sending objects to remotes in loose layout")
struct LoosePushTests {
    @Test("sends objects of all sizes to DVC's places, and nothing the second time")
    func sendsEverything() throws {
        let pair = try LooseRemotePair()
        let (files, listing) = try pair.fill()
        let moved = try pair.send(files + [listing])
        #expect(moved.count == files.count + 1 && moved.failures.isEmpty && moved.incomplete.isEmpty)
        #expect(pair.problems() == [])
        #expect(Set(pair.bucket.keys) == Set((files + [listing]).map(LooseRemote.key(of:))))
        let key = "files/md5/\(listing.text.prefix(2))/\(listing.text.dropFirst(2))"
        #expect(pair.bucket[key] != nil)
        #expect(try pair.send(files + [listing]).count == 0)
    }

    @Test("objects of DVC 2 go to the top, and are told apart from others by their keys")
    func legacy() throws {
        let pair = try LooseRemotePair()
        let text = try pair.stores.store(Array("a\r\nb\r\n".utf8), .md5DOS2Unix)
        let listing = try pair.stores.storeListing([text])
        #expect(try pair.send([text, listing]).count == 2)
        #expect(pair.bucket.keys.allSatisfy { !$0.hasPrefix("files/") })
        #expect(pair.problems() == [])
        let moved = try pair.bring([text, listing])
        #expect(moved.moved.count == 2 && moved.missing.isEmpty)
    }

    @Test("sends the files of a packed cache, small and large")
    func packedCache() throws {
        let pair = try LooseRemotePair()
        let cache = try ObjectStore(
            at: FilePath(pair.stores.scratch("packed")), creating: true, isPacked: true)
        let packed = try #require(cache.packed)
        let batch = try PackBatch(into: packed)
        var ids: [ObjectID] = []
        for size in [0, 5, 300_000, 9 << 20, 20 << 20] {
            let bytes = LooseTransferTests.bytes(size, size)
            try Files.write(bytes, to: pair.stores.scratch("file"))
            let file = try OpenFile(reading: FilePath(pair.stores.scratch("file")))
            ids.append(
                ObjectID(.blake3, try batch.add(file, workers: Workers(count: 1), progress: { _ in }).digest))
        }
        try batch.commit()
        #expect(try pair.send(ids, from: cache).count == ids.count)
        #expect(pair.bucket.keys.allSatisfy { $0.hasPrefix("files/blake3/") })
        #expect(pair.problems() == [])
        #expect(Files.names(in: pair.stores.scratch.path).filter { $0 == "sending" }.isEmpty)
    }

    @Test(
        "a damaged object does not arrive, nor the listing that names it; it is moved aside, and the rest arrives",
        arguments: [10, 9 << 20])
    func damage(_ size: Int) throws {
        let pair = try LooseRemotePair()
        let bytes = LooseTransferTests.bytes(size, 1)
        let bad = try pair.stores.store(bytes)
        let good = try pair.stores.store(Array("good".utf8))
        let listing = try pair.stores.storeListing([bad, good])
        var wrong = bytes
        wrong[size / 2] ^= 1
        try Files.write(wrong, to: pair.stores.path(of: bad))
        let moved = try pair.send([bad, good, listing], isQuarantined: true)
        #expect(moved.failures.map(\.id) == [bad] && moved.incomplete.map(\.id) == [listing])
        #expect(moved.movedAside.map(\.id) == [bad])
        #expect(pair.bucket.keys == [LooseRemote.key(of: good)])
    }

    @Test("a listing waits for files that were not meant to be sent, unless the remote has them")
    func parts() throws {
        let pair = try LooseRemotePair()
        let (first, second) = (try pair.stores.store([1]), try pair.stores.store([2]))
        let listing = try pair.stores.storeListing([first, second])
        #expect(try pair.send([first, listing]).incomplete.map(\.lacking) == [second])
        #expect(try pair.send([second]).count == 1)
        #expect(try pair.send([first, listing]).count == 1)
        #expect(pair.problems() == [])
    }

    @Test(
        "wherever it stops, no listing is there without its files, and the same call finishes the job",
        arguments: [false, true])
    func stops(_ happens: Bool) throws {
        var steps = 0
        for step in stride(from: 1, to: 70, by: 3) {
            let pair = try LooseRemotePair()
            let (files, listing) = try pair.fill()
            let before = try? pair.send(files + [listing], .failing(from: step, after: happens))
            #expect(pair.problems() == [])
            if before == nil { steps += 1 }
            let there = pair.bucket.keys.count
            let moved = try pair.send(files + [listing])
            #expect(moved.count == files.count + 1 - there, "what is there is not sent again")
            #expect(pair.problems() == [])
        }
        #expect(steps > 10)
    }

    @Test("an object of another size on the remote is reported, and stays as it is")
    func conflict() throws {
        let pair = try LooseRemotePair()
        let id = try pair.stores.store([1, 2, 3])
        let other = try pair.stores.store([4])
        let key = LooseRemote.key(of: id)
        let bucket = pair.bucket
        // It comes between the look and the write.
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .write, operation.key == key { bucket.damage(key, [9]) }
            return .happens
        })
        let moved = try pair.send([id, other], hooks)
        #expect(moved.failures.map(\.error.reason) == [.damaged(id)] && moved.count == 1)
        #expect(bucket[key] == [9])
    }

    @Test(
        "a remote that cannot be written stops the work",
        arguments: [RemoteError.Reason.full, .readOnly, .denied])
    func refusals(_ reason: RemoteError.Reason) throws {
        let pair = try LooseRemotePair()
        let id = try pair.stores.store([1])
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .write { throw RemoteError(reason, operation.key) }
            return .happens
        })
        #expect(throws: TransferError(.remote(RemoteError(reason, LooseRemote.key(of: id))))) {
            try pair.send([id], hooks)
        }
    }

    @Test(
        "looks at objects one by one, lists all, or lists folders, whatever takes the least time",
        arguments: [
            (1, 1_000_000, LooseRemote.Look.each), (10, 100, .whole), (1000, 500, .whole),
            (20_000, 20_000, .folders), (20_000, 5000, .whole), (100, 10_000_000, .each),
            (1_000_000, 1_000_000, .folders),
        ])
    func looks(_ wanted: Int, _ there: Int, _ look: LooseRemote.Look) {
        #expect(LooseRemote.bestLook(for: wanted, among: there, jobs: 16) == look)
    }

    @Test("finds out what is there by every look, and where listing is not allowed")
    func presence() throws {
        let pair = try LooseRemotePair()
        let ids = try (0..<3000).map { try pair.stores.store(Array("\($0)".utf8)) }
        for id in ids.prefix(2000) { pair.bucket.damage(LooseRemote.key(of: id), [1]) }
        pair.bucket.damage("files/md5/README", [1])
        pair.bucket.damage("files/md5/00/not an object", [1])
        func found(_ ids: [ObjectID], _ hooks: RemoteHooks = RemoteHooks()) throws -> Int {
            let remote = pair.remote(hooks)
            return try pair.wait { () async throws(TransferError) in try await remote.presence(of: ids) }
                .count
        }
        #expect(try found(ids) == 2000)
        #expect(try found(Array(ids[1999...2001])) == 1)
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .list, operation.key.hasSuffix("/") { throw RemoteError(.notListable) }
            return .happens
        })
        #expect(try found(ids, hooks) == 2000)
    }
}
