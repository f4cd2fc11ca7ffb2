import CairnCore
import CairnRemote
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore
@testable import CairnTransfer

@Suite("Packed remotes")
struct PackedTransferTests {
    private let clones: PackedClones
    private let here: PackedClones.Clone

    init() throws {
        clones = try PackedClones()
        here = try clones.clone()
    }

    private func files(_ count: Int, size: Int, seed: UInt64 = 1) -> [(path: String, bytes: [UInt8])] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            let name = String(number + 10_000)
            return ("\(name.prefix(3))/\(name)", random.noise(size))
        }
    }

    @Test("a push takes a handful of requests, however many files there are")
    func requests() throws {
        var files = files(1000, size: 4096)
        let first = try here.add(files)
        let push = try clones.push([first], from: here)
        #expect(push.moved.count == 1001 && push.missing == [])
        // A look, the marker, two packs, and what tells of them: nothing was there that could be given up meanwhile.
        #expect(push.traffic.operations == 8, "\(push.traffic)")
        let nothing = try clones.push([first], from: here)
        #expect(nothing.moved.count == 0 && nothing.traffic.operations <= 2, "\(nothing.traffic)")
        #expect(nothing.traffic.writes == 0)
        files[7].bytes[0] ^= 1
        let second = try here.add(files)
        let change = try clones.push([first, second], from: here)
        #expect(change.moved.count == 2)
        #expect(change.traffic.operations <= 8, "\(change.traffic)")
        #expect(change.traffic.bytesWritten < 200_000)
    }

    @Test("of two who make the store at the same time the second begins anew, and nothing of either is lost")
    func race() throws {
        let other = try clones.clone()
        let (first, second) = (
            try here.add(files(20, size: 4096)), try other.add(files(20, size: 4096, seed: 2))
        )
        let hasPushed = Shared(false)
        let remote = HookedRemote(FolderRemote(clones.remoteFolder)) { [clones, here] in
            guard !hasPushed.value else { return }
            hasPushed.change { $0 = true }
            _ = try? clones.push([first], from: here)
        }
        let error = try #require(throws: TransferError.self) {
            try clones.push([second], from: other, to: remote, attempts: 1)
        }
        #expect(error.reason == .overtaken)
        _ = try clones.push([second], from: other)
        let there = try clones.clone()
        for root in [first, second] {
            let fetch = try clones.fetch(root, to: there)
            #expect(fetch.missing == [] && fetch.moved.count == 21)
        }
    }

    @Test("many small files are written as a few packs")
    func writes() throws {
        let files = files(30_000, size: 1024)
        let root = try here.add(files)
        let push = try clones.push([root], from: here)
        #expect(push.traffic.writes <= 30_000 * 1024 / (64 << 20) + 20, "\(push.traffic)")
        let there = try clones.clone()
        let fetch = try clones.fetch(root, to: there)
        #expect(fetch.moved.count == 30_001 && fetch.missing == [])
        #expect(try there.cache.listing(root) == here.cache.listing(root))
        for (_, bytes) in files[..<100] {
            let id = ObjectID(.blake3, BLAKE3.digest(of: bytes))
            #expect(try there.cache.read(id) == bytes)
        }
    }

    @Test("after an edit of a large file little more than the edit is sent")
    func edit() throws {
        var random = SeededRandom(seed: 2)
        var bytes = random.noise(96 << 20)
        let first = try here.add(bytes)
        try clones.push([first], from: here)
        bytes.insert(contentsOf: random.noise(1 << 20), at: 50 << 20)
        let second = try here.add(bytes)
        let push = try clones.push([second], from: here)
        #expect(push.traffic.bytesWritten <= 1_782_579, "\(push.traffic)")
        let there = try clones.clone()
        let fetch = try clones.fetch(second, to: there)
        // One big file: what is read beside it is at most a twentieth.
        #expect(Double(fetch.traffic.bytesRead) <= 1.05 * Double(bytes.count), "\(fetch.traffic)")
        #expect(try there.cache.size(of: second) == Int64(bytes.count))
        try there.cache.verify(second)
    }

    @Test("of a directory only the part that is wanted is read, and the listing")
    func part() throws {
        let root = try here.add(files(20_000, size: 4096))
        try clones.push([root], from: here)
        let there = try clones.clone()
        let fetch = try clones.fetch(root, to: there) { $0.starts(with: "1".utf8) && $0[1] == 0x31 }
        // Names 11000 to 11999.
        #expect(fetch.moved.count == 1001)
        let listing = try there.packed.directory(root)
        let wanted = 1000 * 4096 + listing.pages.reduce(0) { $0 + $1.byteCount }
        #expect(Double(fetch.traffic.bytesRead) <= 1.3 * Double(wanted), "\(fetch.traffic) \(wanted)")
        let rest = try clones.fetch(root, to: there)
        #expect(rest.moved.count == 19_000 && rest.missing == [])
    }

    @Test("what was sent before a push was killed is not sent again", arguments: [0, 1, 2, 4, 6])
    func resume(_ allowed: Int) throws {
        let root = try here.add(files(17_000, size: 4096))
        let bucket = MemoryBucket(clock: SystemClock())
        let left = Shared(allowed)
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            guard operation.kind == .write else { return .happens }
            guard left.value > 0 else { throw RemoteError(.interrupted) }
            left.change { $0 -= 1 }
            return .happens
        })
        #expect(throws: TransferError.self) {
            try clones.push([root], from: here, to: MemoryRemote(bucket, hooks: hooks))
        }
        let sent = bucket.keys.filter { $0.hasPrefix("packs/") }
        try clones.push([root], from: here, to: MemoryRemote(bucket))
        let packs = bucket.keys.filter { $0.hasPrefix("packs/") }
        #expect(Set(sent).isSubset(of: packs))
        let size = packs.reduce(0) { $0 + (bucket[$1]?.count ?? 0) }
        #expect(Double(size) < 1.02 * 17_000 * 4096 + 1_000_000)
        let there = try clones.clone()
        let fetch = try clones.fetch(root, to: there, from: MemoryRemote(bucket))
        #expect(fetch.moved.count == 17_001)
    }

    @Test("nothing wrong is kept of packs that are damaged, and all comes when they are sound again")
    func damage() throws {
        let files = files(300, size: 4096)
        let root = try here.add(files)
        let bucket = MemoryBucket(clock: SystemClock())
        let remote = MemoryRemote(bucket)
        try clones.push([root], from: here, to: remote)
        var random = SeededRandom(seed: 3)
        for key in bucket.keys.filter({ $0.hasPrefix("packs/") }) {
            guard let sound = bucket[key] else { continue }
            for kind in 0..<4 {
                var bytes: [UInt8]? = sound
                switch kind {
                case 0: bytes?[Int.random(in: 84..<sound.count / 2, using: &random)] ^= 0x10
                case 1: bytes = Array(sound.prefix(sound.count / 2))
                case 2: bytes = random.noise(sound.count)
                default: bytes = nil
                }
                bucket.damage(key, bytes)
                let there = try clones.clone()
                let broken = try clones.fetch(root, to: there, from: remote)
                #expect(!broken.moved.failures.isEmpty || !broken.missing.isEmpty)
                for (_, bytes) in files {
                    let id = ObjectID(.blake3, BLAKE3.digest(of: bytes))
                    guard try there.cache.contains(id) else { continue }
                    #expect(try there.cache.read(id) == bytes)
                }
                bucket.damage(key, sound)
                try clones.fetch(root, to: there, from: remote)
                #expect(
                    try files.allSatisfy {
                        try there.cache.contains(ObjectID(.blake3, BLAKE3.digest(of: $0.bytes)))
                    })
            }
        }
    }

    /// Merges the only segment of a bucket into one of the next level.
    private func merge(_ bucket: MemoryBucket) throws -> (old: String, new: String, bytes: [UInt8]) {
        let old = try #require(bucket.keys.first { $0.hasPrefix("log/idx/") })
        let name = try #require(SegmentName(parsing: Array(old.utf8.dropFirst("log/idx/".utf8.count))))
        let segment = try IndexSegment(parsing: try #require(bucket[old]), name: name.digest)
        let merged = SegmentMerge.merge([segment], without: [], acknowledging: [name.push])
        let new = SegmentName(level: 1, push: name.push, digest: merged.name)
        return (old, new.path, merged.bytes)
    }

    @Test("a segment that goes while it is read is looked for where it was merged to")
    func mergedMeanwhile() throws {
        let bucket = MemoryBucket(clock: SystemClock())
        let root = try here.add(files(12_000, size: 64))
        try clones.push([root], from: here, to: MemoryRemote(bucket))
        let merged = try merge(bucket)
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            // After the log was listed, and before anything of the segment was read.
            if operation.kind == .read, operation.key == merged.old {
                bucket.damage(merged.new, merged.bytes)
                bucket.damage(merged.old, nil)
            }
            return .happens
        })
        let there = try clones.clone()
        let fetch = try clones.fetch(root, to: there, from: MemoryRemote(bucket, hooks: hooks)) {
            $0.starts(with: "100".utf8)
        }
        #expect(bucket[merged.old] == nil && fetch.moved.failures.isEmpty && fetch.missing == [])
        #expect(fetch.moved.count > 10)
    }

    @Test("what a segment replaces that is here is not read")
    func replacedSegments() throws {
        let bucket = MemoryBucket(clock: SystemClock())
        let root = try here.add(files(12_000, size: 64))
        try clones.push([root], from: here, to: MemoryRemote(bucket))
        let merged = try merge(bucket)
        bucket.damage(merged.new, merged.bytes)
        let remote = CountingRemote(MemoryRemote(bucket))
        let index = RemoteIndex(of: remote, cachedIn: nil, surroundings: .system)
        let key = RecordKey(.directory, root.digest)
        let found = try runBlocking(on: TaskThreads(count: 1)) { () async throws(TransferError) in
            guard let log = try await index.log() else { throw TransferError(.noStore) }
            _ = try await index.view(of: log)
            let locator = RecordLocator(index, log)
            let found = try await locator.index(for: [key])
            return (isAtHand: locator.isAtHand, bytes: locator.bytes, isThere: found.contains(key))
        }
        #expect(found.isAtHand && found.bytes == 0 && found.isThere)
        #expect(remote.traffic.bytesRead < 2 * merged.bytes.count)
    }

    @Test("clones push to one remote at the same time and find everything")
    func together() throws {
        let bucket = MemoryBucket(clock: SystemClock())
        let roots = Shared<[ObjectID]>([])
        let failures = Shared<[String]>([])
        Workers(count: 4).run { number in
            do {
                let clone = try PackedClones.Clone(
                    FilePath(clones.scratch("own\(number)")), repository: UniqueID(high: 1, low: 1))
                // Half of the files are the same for all.
                let own = files(200, size: 3000, seed: UInt64(number + 10))
                let root = try clone.add(files(200, size: 3000) + own.map { ("own/\($0.path)", $0.bytes) })
                try clones.push([root], from: clone, to: MemoryRemote(bucket))
                roots.change { $0.append(root) }
            } catch {
                failures.change { $0.append("\(error)") }
            }
        }
        #expect(failures.value == [] && roots.value.count == 4)
        for root in roots.value {
            let fetch = try clones.fetch(root, to: clones.clone(), from: MemoryRemote(bucket))
            #expect(fetch.moved.count == 401 && fetch.missing == [] && fetch.moved.failures.isEmpty)
        }
    }
}
