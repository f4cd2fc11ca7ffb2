import CairnCore
import CairnSystem
import CairnTestSupport
import Glibc
import Testing

@testable import CairnStore

/// A packed store and the bytes of all that was ever added to it.
private struct CollectionTrial {
    let fixture: PackedStoreFixture
    var random: SeededRandom
    private(set) var content: [ObjectID: [UInt8]] = [:]

    init(seed: UInt64) throws {
        fixture = try PackedStoreFixture()
        random = SeededRandom(seed: seed)
    }

    /// Adds files of all sizes in a session of their own, some of which share chunks with earlier ones, and a directory.
    @discardableResult
    mutating func add(_ count: Int = 12) throws -> [ObjectID] {
        let batch = try PackBatch(into: fixture.open())
        var added: [ObjectID] = []
        for number in 0..<count {
            let sizes = number == 3 ? [0] : [10, 3000, 70_000, 190_000]
            var bytes = random.noise(sizes.randomElement(using: &random) ?? 0)
            if number % 6 == 5 {
                let earlier = content.values.filter { $0.count > 1 << 20 }.min { $0.count < $1.count } ?? []
                bytes = earlier + random.noise(1_500_000)
            }
            let path = fixture.scratch("file")
            try Files.write(bytes, to: path)
            let (digest, _) = try batch.add(OpenFile(reading: FilePath(path)), workers: Workers(count: 1))
            added.append(ObjectID(.blake3, digest))
            content[ObjectID(.blake3, digest)] = bytes
        }
        var builder = DirListingBuilder(.native)
        for (number, id) in added.enumerated() { try builder.append(bytes("f\(number)"), id.digest) }
        let (id, listing) = try builder.listing().identified(.blake3)
        try batch.add(listing: listing, id: id)
        content[id] = listing
        try batch.commit()
        return added + [id]
    }

    /// Everything that is needed can be read, and nothing else.
    func expect(
        only needed: Set<ObjectID>, in store: PackedStore? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let store = try store ?? fixture.open()
        for (id, bytes) in content {
            if needed.contains(id) {
                #expect((try? store.read(id)) == bytes, sourceLocation: location)
            } else {
                #expect((try? store.read(id)) == nil, sourceLocation: location)
            }
        }
        #expect(try Set(store.allObjects()) == needed, sourceLocation: location)
        #expect(try PackCrashTests.problem(in: store) == nil, sourceLocation: location)
    }

    var all: Set<ObjectID> { Set(content.keys) }

    func plan(_ needed: Set<ObjectID>) throws -> PackedCollection {
        try PackedCollection(of: fixture.open(), isNeeded: needed.contains)
    }

    /// The bytes of all packs of the store.
    func packSize() throws -> Int64 {
        try Folder(fixture.root).packs().values.reduce(0) { $0 + $1.size }
    }
}

@Suite(.ownThreads) struct PackedCollectionTests {
    private static let stop = StoreError(.changing, FilePath("/stop"))

    @Test("what is needed stays byte for byte, all else goes, and can be brought back", arguments: 1...6)
    func model(seed: Int) throws {
        var trial = try CollectionTrial(seed: UInt64(seed))
        for _ in 0..<[1, 3, 9][seed % 3] { try trial.add() }
        var present = trial.all
        for round in 0..<3 {
            var random = trial.random
            let needed = present.filter { _ in Int.random(in: 0..<[3, 6, 2][round], using: &random) > 0 }
            trial.random = random
            let early = try trial.fixture.open()
            _ = try early.allObjects()
            let (before, plan) = (try trial.packSize(), try trial.plan(needed))
            #expect(Set(plan.objects.map(\.id)) == present.subtracting(needed))
            #expect(plan.objects.allSatisfy { trial.content[$0.id]?.count == Int($0.size) })
            #expect(plan.keptCount == needed.count)
            let result = try plan.carryOut()
            #expect(result.count == present.count - needed.count)
            #expect(try before - result.freed == trial.packSize())
            try trial.expect(only: needed)
            // A reader from before finds what was moved.
            for id in needed { #expect(try early.read(id) == trial.content[id]) }
            if round == 1 {
                #expect(try trial.fixture.open().undoCollection() != nil)
                try trial.expect(only: present)
                _ = try trial.plan(needed).carryOut()
                try trial.expect(only: needed)
            }
            present = needed.union(try trial.add(3))
            try trial.expect(only: present)
        }
        #expect(try trial.plan(present).objects.isEmpty)
    }

    @Test("a collection of all leaves an empty store, and a second one has nothing to do")
    func everything() throws {
        var trial = try CollectionTrial(seed: 9)
        try trial.add()
        let all = trial.all
        let result = try trial.plan([]).carryOut()
        #expect(try result.count == all.count && trial.packSize() == 0 && result.freed > 0)
        try trial.expect(only: [])
        #expect(try trial.plan([]).isEmpty)
        let undone = try #require(try trial.fixture.open().undoCollection())
        #expect(undone.objects == all.count && undone.bytes == result.freed)
        try trial.expect(only: all)
        #expect(try trial.fixture.open().undoCollection() == nil)
        #expect(!Files.exists(trial.fixture.root.string + "/trash"))
    }

    @Test("small packs are joined when there are eight of them")
    func small() throws {
        var trial = try CollectionTrial(seed: 10)
        for _ in 0..<7 { try trial.add(1) }
        #expect(try trial.plan(trial.all).isEmpty)
        try trial.add(1)
        let plan = try trial.plan(trial.all)
        #expect(plan.rewritten.count == 16 && plan.objects.isEmpty)
        _ = try plan.carryOut()
        #expect(trial.fixture.paths(".cpk").filter { $0.hasPrefix("packs/") }.count == 2)
        #expect(trial.fixture.paths(".seg").filter { $0.hasPrefix("log/") }.count == 1)
        try trial.expect(only: trial.all)
        #expect(try trial.plan(trial.all).isEmpty)
    }

    @Test("the trash is emptied when the grace period is over, and not before")
    func grace() throws {
        var trial = try CollectionTrial(seed: 11)
        try trial.add()
        let size = try trial.plan([]).carryOut().freed
        let (hour, now) = (Int64(3600) * 1_000_000_000, Surroundings.now)
        func collect(_ time: Int64) throws -> Int64 {
            try trial.plan([]).carryOut(patience: PackedCollection.patience, now: time) {
                _ throws(StoreError) in
            }.emptied
        }
        try Files.write("mine", to: trial.fixture.root.string + "/trash/mine")
        #expect(try collect(now + 23 * hour) == 0)
        #expect(try collect(now + 25 * hour) == size)
        #expect(Files.names(in: trial.fixture.root.string + "/trash") == ["mine"])
        #expect(try trial.fixture.open().undoCollection() == nil)
    }

    @Test("packs that no segment mentions stay until they are old")
    func strays() throws {
        var trial = try CollectionTrial(seed: 12)
        try trial.add()
        let segment = try #require(trial.fixture.paths(".seg").first)
        Files.delete(trial.fixture.root.string + "/" + segment)
        #expect(try trial.plan([]).isEmpty)
        let (hour, now) = (Int64(3600) * 1_000_000_000, Surroundings.now)
        for (time, count) in [(now + 160 * hour, 2), (now + 170 * hour, 0)] {
            _ = try trial.plan([]).carryOut(patience: PackedCollection.patience, now: time) {
                _ throws(StoreError) in
            }
            #expect(try Folder(trial.fixture.root).packs().count == count)
        }
    }

    @Test(
        "stopped at any step, the store has all that is needed, and the next collection ends the work",
        arguments: PackedCollection.Step.allCases)
    func stopped(_ step: PackedCollection.Step) throws {
        var trial = try CollectionTrial(seed: 13)
        for _ in 0..<3 { try trial.add() }
        let all = trial.all
        let needed = all.filter { $0.digest.bytes[0] % 3 == 0 }
        let plan = try trial.plan(needed)
        #expect(!plan.rewritten.isEmpty)
        #expect(throws: Self.stop) {
            try plan.carryOut(patience: PackedCollection.patience, now: nil) { (now) throws(StoreError) in
                if now == step { throw Self.stop }
            }
        }
        let present = Set(try trial.fixture.open().allObjects())
        #expect(present == needed || present == all)
        try trial.expect(only: present)
        // Undoing it is possible as well.
        if present == needed {
            #expect(try trial.fixture.open().undoCollection() != nil)
            try trial.expect(only: all)
        }
        _ = try trial.plan(needed).carryOut()
        try trial.expect(only: needed)
        let used = Set(try trial.fixture.open().index().packs.map(\.name))
        if step != .packsNamed { #expect(try Set(Folder(trial.fixture.root).packs().keys) == used) }
    }

    @Test(
        "a collection that is killed leaves all that is needed",
        arguments: [PackedCollection.Step.copied, .packsNamed, .segmentNamed, .segmentMoved, .packMoved])
    func killed(_ step: PackedCollection.Step) async throws {
        var trial = try CollectionTrial(seed: 14)
        for _ in 0..<2 { try trial.add() }
        let needed = trial.all.filter { $0.digest.bytes[0] % 3 == 0 }
        let (path, number) = (
            trial.fixture.root.string, PackedCollection.Step.allCases.firstIndex(of: step) ?? 0
        )
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, number = number as Int] in
            let plan = try PackedCollection(of: PackedStore(at: FilePath(path))) {
                $0.digest.bytes[0] % 3 == 0
            }
            _ = try plan.carryOut(patience: PackedCollection.patience, now: nil) { (now) throws(StoreError) in
                if now == PackedCollection.Step.allCases[number] { kill(getpid(), SIGKILL) }
            }
        }
        #expect(try Set(trial.fixture.open().allObjects()).isSuperset(of: needed))
        for id in needed { #expect(try trial.fixture.open().read(id) == trial.content[id]) }
        _ = try trial.plan(needed).carryOut()
        try trial.expect(only: needed)
    }

    @Test("a session keeps a collection out, and the other way round")
    func locks() throws {
        var trial = try CollectionTrial(seed: 15)
        try trial.add()
        let store = try trial.fixture.open()
        let busy = StoreError(.busy, trial.fixture.root)
        do {
            let session = try PackBatch(into: store)
            #expect(throws: busy) {
                try trial.plan([]).carryOut(patience: 20, now: nil) { _ throws(StoreError) in }
            }
            #expect(throws: busy) { try store.undoCollection(patience: 20) }
            withExtendedLifetime(session) {}
        }
        var isRefused = false
        _ = try trial.plan([]).carryOut(patience: PackedCollection.patience, now: nil) {
            (step) throws(StoreError) in
            guard step == .copied else { return }
            do throws(StoreError) { _ = try PackBatch(into: store, patience: 20) } catch {
                isRefused = error == busy
            }
        }
        #expect(isRefused)
        try trial.add()
    }

    @Test("what was added after the plan was made stays")
    func later() throws {
        var trial = try CollectionTrial(seed: 16)
        try trial.add()
        let plan = try trial.plan([])
        let added = try trial.add()
        _ = try plan.carryOut()
        for id in added { #expect(try trial.fixture.open().read(id) == trial.content[id]) }
    }

    @Test("damage to what is needed stops it before anything is moved, and names the object")
    func damage() throws {
        var trial = try CollectionTrial(seed: 17)
        let ids = try trial.add()
        let store = try trial.fixture.open()
        let index = try store.index()
        let id = try #require(
            ids.first { index.key(of: $0)?.kind == .blob && (trial.content[$0]?.count ?? 0) > 65_536 })
        let location = try #require(index.location(of: RecordKey(.blob, id.digest)))
        let path = trial.fixture.root.string + "/" + PackedLayout.path(ofPack: location.pack.name)
        var bytes = try Files.read(path)
        bytes[Int(location.place.frameOffset) + 100] ^= 1
        Files.delete(path)
        try Files.write(bytes, to: path, mode: 0o444)
        let before = Files.paths(below: trial.fixture.root.string).sorted()
        #expect(throws: StoreError(.damaged(id), FilePath(path))) {
            do { _ = try trial.plan([id]).carryOut() } catch let error as StoreError {
                throw StoreError(error.reason, FilePath(path))
            }
        }
        let after = Files.paths(below: trial.fixture.root.string).sorted()
        #expect(after.filter { $0 != "cairn.lock" } == before.filter { $0 != "cairn.lock" })
    }
}
