import CairnCore
import CairnRemote
import CairnStore
import CairnTestSupport

@testable import CairnTransfer

/// What is on the remote when a simulation begins: each clone has pushed some directories, one after the other.
struct SimulationStart: Sendable {
    /// All objects but the marker.
    var objects: [(key: String, bytes: [UInt8])] = []
    /// What each clone has pushed.
    var roots: [[ObjectID]] = []

    static let store = UniqueID(high: 0x2222_2222_2222_4222, low: 0x8222_2222_2222_2222)
    private static let usual = Result { try SimulationStart(ProtocolRules()) }
    private static let withoutNonces = Result {
        var rules = ProtocolRules()
        rules.makesNamesUnique = false
        return try SimulationStart(rules)
    }

    /// As packs are named by certain rules.
    static func with(_ rules: ProtocolRules) throws -> SimulationStart {
        try (rules.makesNamesUnique ? usual : withoutNonces).get()
    }

    private init(_ rules: ProtocolRules) throws {
        let fixture = try CollectionFixture()
        fixture.bucket.damage(PackedLayout.marker, StoreMarker(id: Self.store).bytes)
        try fixture.executor.run {
            for clone in 0..<3 {
                for number in [0, 1, 2] {
                    try await fixture.push([(clone + number) % 4], by: clone, fixture.index(rules: rules))
                }
            }
        }
        for key in fixture.bucket.keys where key != PackedLayout.marker {
            objects.append((key, fixture.bucket[key] ?? []))
        }
        for clone in 0..<3 { roots.append([0, 1, 2].map { fixture.cache.directories[(clone + $0) % 4] }) }
    }
}
