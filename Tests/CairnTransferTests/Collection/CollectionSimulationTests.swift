import CairnStore
import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Pushers and collectors beside each other")
struct CollectionSimulationTests {
    @Test("nothing is lost that was pushed lately or is said to be needed", arguments: 0..<2 as Range<UInt64>)
    func nothingIsLost(_ part: UInt64) throws {
        var total = CollectionSimulation.Outcome()
        for seed in (100 * part)..<(100 * part + 100) {
            let outcome = try CollectionSimulation.run(seed: seed)
            #expect(outcome.losses.isEmpty, "seed \(seed)")
            total.pushes += outcome.pushes
            total.collections += outcome.collections
            total.announced += outcome.announced
            total.deleted += outcome.deleted
            total.undone += outcome.undone
            total.failures.merge(outcome.failures, uniquingKeysWith: +)
        }
        print(total)
    }
}

@Suite("Mutations")
struct MutationTests {
    @Test(arguments: ["young"], 0..<2 as Range<UInt64>)
    func mutation(_ name: String, _ part: UInt64) throws {
        var rules = ProtocolRules()
        switch name {
        case "recheck": rules.rechecksAfterSegment = false
        case "rescue": rules.rescues = false
        case "names": rules.makesNamesUnique = false
        default: rules.keepsYoungRecords = false
        }
        var bad: [UInt64] = []
        for seed in (400 * part)..<(400 * part + 400) {
            if try !CollectionSimulation.run(seed: seed, rules).losses.isEmpty { bad.append(seed) }
        }
        print("MUTATION", name, bad)
    }
}
