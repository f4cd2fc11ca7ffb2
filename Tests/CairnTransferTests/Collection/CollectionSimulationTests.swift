import CairnStore
import CairnTestSupport
import Glibc
import Testing

@testable import CairnTransfer

@Suite("Pushers and collectors beside each other")
struct CollectionSimulationTests {
    /// How many runs there are; `CAIRN_SIMULATIONS` asks for more.
    static let count = getenv("CAIRN_SIMULATIONS").flatMap { UInt64(String(cString: $0)) } ?? 2000
    /// The runs are shared out, so that several are made at a time.
    static let partCount: UInt64 = 4

    @Test("nothing is lost that was pushed lately or is said to be needed", arguments: 0..<partCount)
    func nothingIsLost(_ part: UInt64) throws {
        var total = CollectionSimulation.Outcome()
        for seed in (Self.count * part / Self.partCount)..<(Self.count * (part + 1) / Self.partCount) {
            let outcome = try CollectionSimulation.run(seed: seed)
            #expect(outcome.losses.isEmpty, "seed \(seed)")
            total.add(outcome)
        }
        // The runs are worth something only if something happens in them.
        let runs = Int(Self.count / Self.partCount)
        #expect(total.pushes > runs && total.collections > runs && total.announced > runs / 4)
        #expect(total.deleted > runs / 20)
    }

    /// A rule, and a life in which it matters.
    enum Mutation: CaseIterable {
        case noCheckAfterSegment, noRescue, namesByContent, noCareForYoungRecords

        var settings: CollectionSimulation.Settings {
            var settings = CollectionSimulation.Settings()
            settings.hours = 8 * 24
            settings.collections = 6
            settings.pause = 10
            settings.trouble = Trouble(
                crashes: 0, failures: 0, lateness: 0, stalls: 0, segmentStalls: 0, oldestListing: 0)
            switch self {
            case .noCheckAfterSegment:
                settings.rules.rechecksAfterSegment = false
                settings.trouble.segmentStalls = 400
            case .noRescue: settings.rules.rescues = false
            case .namesByContent: settings.rules.makesNamesUnique = false
            case .noCareForYoungRecords:
                settings.rules.keepsYoungRecords = false
                settings.times = CollectionTimes(keep: 86_400, grace: 3600)
            }
            return settings
        }
    }

    @Test("without one of its rules the protocol loses data", arguments: Mutation.allCases)
    func mutation(_ mutation: Mutation) throws {
        let settings = mutation.settings
        let seed = try (0..<1000 as Range<UInt64>).first { seed in
            try !CollectionSimulation.run(seed: seed, settings).losses.isEmpty
        }
        #expect(seed != nil)
    }

    @Test("the lives in which the rules matter lose nothing with all rules", arguments: Mutation.allCases)
    func withAllRules(_ mutation: Mutation) throws {
        var settings = mutation.settings
        settings.rules = ProtocolRules()
        for seed in 0..<15 as Range<UInt64> {
            #expect(try CollectionSimulation.run(seed: seed, settings).losses.isEmpty, "seed \(seed)")
        }
    }
}
