import CairnCore
import CairnRemote
import CairnStore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Collecting a packed remote")
struct RemoteCollectionTests {
    @Test(
        "names what goes, announces it, gives it up after the grace period, deletes it later, and keeps the rest"
    )
    func wholeLife() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0, 1])
            try await fixture.push([2])
            try await fixture.wait(days: 15)
            let all = fixture.keys("packs/")
            let plan = try await fixture.plan(keeping: [0])
            #expect(
                Set(plan.objects.filter(\.id.isDirectory).map(\.id))
                    == Set([1, 2].map { fixture.cache.directories[$0] }))
            let kept = Set(fixture.cache.objects[fixture.cache.directories[0]] ?? [])
            #expect(plan.objects.allSatisfy { !kept.contains($0.id) } && plan.keptCount == kept.count)
            #expect(!plan.isEmpty && plan.freed > 0)
            #expect(fixture.keys("log/gc/").isEmpty)
            let first = try await fixture.collect(keeping: [0])
            #expect(first.announced.count > 0 && first.buriedCount == 0 && first.deleted.count == 0)
            #expect(fixture.keys("log/gc/").count == 1)
            #expect(try await fixture.canFetch(1))
            try await fixture.wait(hours: 23)
            #expect(try await fixture.collect(keeping: [0]).buriedCount == 0)
            try await fixture.wait(hours: 2)
            let second = try await fixture.collect(keeping: [0])
            #expect(second.buriedCount == first.announced.count && second.deleted.count == 0)
            #expect(Set(all).isSubset(of: fixture.keys("packs/")))
            try await fixture.wait(hours: 2)
            let third = try await fixture.collect(keeping: [0])
            #expect(third.deleted.count == first.announced.count)
            #expect(try await fixture.canFetch(0))
            #expect(try await !fixture.canFetch(1))
            #expect(fixture.keys("log/gc/").isEmpty)
            #expect(try await fixture.plan(keeping: [0]).isEmpty)
        }
    }

    @Test("a plan writes nothing")
    func planWritesNothing() throws {
        let fixture = try CollectionFixture()
        let writes = Shared(0)
        let hooks = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .write || operation.kind == .delete { writes.change { $0 += 1 } }
            return .happens
        })
        try fixture.executor.run {
            try await fixture.push([0, 1])
            try await fixture.wait(days: 30)
            let collection = try fixture.collection(0, fixture.index(hooks: hooks))
            let plan = try await collection.plan(keeping: [])
            #expect(plan?.isEmpty == false && writes.value == 0)
        }
    }

    @Test("keeps what was pushed lately, and what other clones and repositories say they need")
    func keepsOthers() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0], by: 0)
            try await fixture.push([1], by: 1)
            try await fixture.push([2], by: 2)
            try await fixture.wait(days: 13)
            #expect(try await fixture.plan(keeping: []).isEmpty)
            try await fixture.push([3], by: 0)
            try await fixture.wait(days: 4)
            for _ in 0..<4 {
                try await fixture.collect(keeping: [])
                try await fixture.wait(days: 2)
            }
            for number in 1...3 { #expect(try await fixture.canFetch(number)) }
            #expect(try await !fixture.canFetch(0))
            // The other clone gives up what it had.
            try await fixture.collect(keeping: [], by: 1)
            for _ in 0..<3 {
                try await fixture.wait(days: 2)
                try await fixture.collect(keeping: [])
            }
            #expect(try await !fixture.canFetch(1))
            #expect(try await fixture.canFetch(2))
        }
    }

    @Test("what was announced and is pushed again stays")
    func pushedAgain() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0, 1, 2])
            try await fixture.wait(days: 15)
            try await fixture.collect(keeping: [])
            try await fixture.push([1])
            for _ in 0..<3 {
                try await fixture.wait(days: 1, hours: 1)
                try await fixture.collect(keeping: [])
            }
            #expect(try await fixture.canFetch(1))
            #expect(try await !fixture.canFetch(0))
        }
    }

    @Test("undo brings back what was announced last, which stays for some days then")
    func undo() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            #expect(try await fixture.collection().undo() == nil)
            try await fixture.push(Array(0..<8))
            try await fixture.wait(days: 15)
            let plan = try await fixture.plan(keeping: [0])
            try await fixture.collect(keeping: [0])
            let undone = try await fixture.collection().undo()
            #expect(undone?.objectCount == plan.objects.count && undone?.lost.isEmpty == true)
            #expect(try await fixture.collection().undo() == nil)
            for _ in 0..<2 {
                try await fixture.wait(days: 1, hours: 1)
                try await fixture.collect(keeping: [0])
            }
            #expect(try await fixture.collection().undo() == nil)
            for number in 0..<8 { #expect(try await fixture.canFetch(number)) }
            for _ in 0..<4 {
                try await fixture.wait(days: 2)
                try await fixture.collect(keeping: [0])
            }
            #expect(try await !fixture.canFetch(7))
        }
    }

    @Test("refuses while a repository has pushed and not said what it needs, unless that is given up")
    func unknownRoots() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0], by: 0)
            try await fixture.push([1], by: 2)
            for key in fixture.keys("log/roots/\(fixture.clones[2].repository.text)") {
                fixture.bucket.damage(key, nil)
            }
            let refusal = TransferError(.unknownRoots(fixture.clones[2].repository))
            await #expect(throws: refusal) { try await fixture.plan(keeping: []) }
            _ = try await fixture.plan(keeping: [], isForced: true)
            let forgotten = try await fixture.collection().forget(fixture.clones[2].repository)
            #expect(forgotten == [fixture.clones[0].id])
            _ = try await fixture.plan(keeping: [])
            #expect(try await fixture.collection().forget(UniqueID(high: 9, low: 9)).isEmpty)
        }
    }

    @Test("refuses when what a clone needs cannot be read, until that clone pushes or is given up")
    func damagedRoots() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0], by: 0)
            try await fixture.push([1], by: 1)
            let key = try #require(
                fixture.keys("log/roots/").first { $0.contains(fixture.clones[1].id.text) })
            fixture.bucket.damage(key, [1, 2, 3])
            await #expect {
                try await fixture.plan(keeping: [], isForced: true)
            } throws: { error in
                if case .unreadableRoots? = (error as? TransferError)?.reason { return true }
                return false
            }
            let clone = fixture.clones[1]
            #expect(try await fixture.collection().forget(clone.repository, clone: clone.id) == [clone.id])
            _ = try await fixture.plan(keeping: [])
        }
    }

    @Test(
        "refuses when something needed is damaged or gone, before anything is announced",
        arguments: [PackClass.data, .meta], [true, false])
    func damage(_ packClass: PackClass, isGone: Bool) throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push(Array(0..<8))
            let key = try #require(
                fixture.keys("packs/").first { fixture.bucket[$0]?[10] == packClass.rawValue })
            fixture.bucket.damage(key, isGone ? nil : fixture.bucket[key]?.map { $0 ^ 0x55 })
            try await fixture.wait(days: 15)
            await #expect {
                try await fixture.collect(keeping: [0])
            } throws: { error in
                if case .unreadable? = (error as? TransferError)?.reason { return true }
                return false
            }
            #expect(fixture.keys("log/gc/").isEmpty)
        }
    }

    @Test("packs that no push came to tell about go when they are old, and not before somebody could object")
    func orphans() throws {
        let fixture = try CollectionFixture()
        let stop = RemoteHooks(before: { operation throws(RemoteError) in
            if operation.kind == .write, operation.key.hasPrefix("log/") {
                throw RemoteError(.temporary("gone"), operation.key)
            }
            return .happens
        })
        try fixture.executor.run {
            try await fixture.push([0], by: 0)
            let sound = Set(fixture.keys("packs/"))
            try? await fixture.push([1], by: 1, fixture.index(hooks: stop))
            let orphans = Set(fixture.keys("packs/")).subtracting(sound)
            #expect(!orphans.isEmpty)
            try await fixture.wait(days: 6)
            #expect(try await fixture.plan(keeping: [0]).isEmpty)
            try await fixture.wait(days: 2)
            #expect(try await Set(fixture.plan(keeping: [0]).orphans.map(\.name.hex)).count == orphans.count)
            for _ in 0..<3 {
                try await fixture.collect(keeping: [0])
                try await fixture.wait(days: 1, hours: 1)
            }
            #expect(Set(fixture.keys("packs/")) == sound)
        }
    }

    @Test("segments are merged when there are many, and what is replaced goes a day later")
    func merging() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            for number in 0..<32 { try await fixture.push([number / 4], by: number % 4) }
            let count = fixture.keys("log/idx/").count
            #expect(fixture.keys("log/idx/1-").count > 0)
            try await fixture.wait(days: 2)
            try await fixture.collect(keeping: Array(0..<8))
            #expect(fixture.keys("log/idx/").count <= count / 2)
            #expect(fixture.keys("log/roots/").count == 4)
            for number in 0..<8 { #expect(try await fixture.canFetch(number)) }
        }
    }

    @Test("what was pushed is as old after segments were merged as before")
    func mergedRows() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            for number in 0..<24 {
                try await fixture.push([number % 8], by: number % 3)
                try await fixture.wait(hours: 1)
            }
            #expect(fixture.keys("log/idx/1-").count == 1)
            for clone in 0..<3 { try await fixture.collect(keeping: [], by: clone) }
            try await fixture.wait(days: 12)
            #expect(try await fixture.plan(keeping: []).objects.isEmpty)
            try await fixture.wait(days: 2)
            #expect(try await fixture.plan(keeping: []).keptCount == 0)
        }
    }

    @Test("a push that left out what was complete begins anew when that was announced meanwhile")
    func leftOut() throws {
        let fixture = try CollectionFixture()
        try fixture.executor.run {
            try await fixture.push([0, 1], by: 0)
            try await fixture.wait(days: 15)
            let index = fixture.index()
            let view = try await index.viewForWriting()
            let root = fixture.cache.directories[0]
            #expect(view.isComplete(root))
            try await fixture.collect(keeping: [], by: 0)
            try await fixture.wait(hours: 1)
            let push = PackedPush(
                from: fixture.cache.store, to: index, as: fixture.clones[1],
                in: FilePath(fixture.scratch.path), jobs: 1, workers: Workers(count: 1),
                reporter: SilentReporter())
            await #expect(throws: TransferError(.overtaken)) {
                _ = try await push.run([], roots: [root], on: view)
            }
            try await fixture.push([0], by: 1)
            for _ in 0..<3 {
                try await fixture.wait(days: 1, hours: 1)
                try await fixture.collect(keeping: [])
            }
            #expect(try await fixture.canFetch(0))
        }
    }
}
