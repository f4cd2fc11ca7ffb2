import CairnTestSupport
import Testing

@testable import CairnTransfer

@Suite("Pushers and collectors beside each other")
struct CollectionSimulationTests {
    @Test("nothing is lost that was pushed lately or is said to be needed")
    func nothingIsLost() throws {
        var total = CollectionSimulation.Outcome()
        for seed in 0..<20 as Range<UInt64> {
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
