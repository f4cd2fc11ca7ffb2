import CairnTestSupport
import Glibc
import Testing

/// Random changes on two branches of one repository, merged by the drivers through the real git, against a merge of the trees themselves.
@Suite("Hooks: random merges")
struct RandomMergeTests {
    /// How many seeds there are; `CAIRN_MERGES` asks for more.
    static let seeds = getenv("CAIRN_MERGES").flatMap { UInt64(String(cString: $0)) } ?? 4

    @Test(
        "a merge is that of the trees; in conflict is what both changed, and nothing else",
        arguments: 0..<seeds)
    func sameAsTrees(_ seed: UInt64) throws {
        var world = try MergeWorld(seed: seed, isNative: seed % 2 == 0)
        for round in 0..<5 {
            let words = try world.round()
            if !world.problems.isEmpty {
                let text = world.problems.joined(separator: "\n")
                Issue.record("seed \(seed), round \(round): \(words)\n\(text)")
                return
            }
        }
    }
}
