import CairnCore
import CairnSystem
import CairnTestSupport
import Testing

@testable import CairnStore

extension CrashTests {
    /// What happens to a packed cache before it is repaired.
    enum Damage: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case damagedPack, lostPack, damagedSegment, damagedMarker

        var testDescription: String { rawValue }

        func apply(to cache: String) throws {
            switch self {
            case .damagedPack: try Self.flip(Self.largestPack(of: cache))
            case .lostPack: Files.delete(try Self.largestPack(of: cache))
            case .damagedSegment:
                let segments = Files.paths(below: "\(cache)/log/idx").sorted()
                try Self.flip("\(cache)/log/idx/\(#require(segments.first))")
            case .damagedMarker: try Self.flip("\(cache)/cairn.json")
            }
        }

        private static func largestPack(of cache: String) throws -> String {
            let packs = try Files.paths(below: "\(cache)/packs").map { path in
                (path: "\(cache)/packs/\(path)", size: try Files.read("\(cache)/packs/\(path)").count)
            }
            return try #require(packs.max { ($0.size, $0.path) < ($1.size, $1.path) }).path
        }

        private static func flip(_ path: String) throws {
            var bytes = try Files.read(path)
            bytes[bytes.count / 2] ^= 0x10
            Files.delete(path)
            try Files.write(bytes, to: path, mode: 0o444)
        }
    }

    /// The objects among some that can be read, each byte of which is as its id says.
    private func sound(_ ids: [ObjectID], in cache: String) throws -> Set<ObjectID> {
        let store = try? ObjectStore(at: FilePath(cache))
        return Set(ids.filter { (try? store?.verify($0)) != nil })
    }

    @Test(
        "repair: what is sound stays, and the next one heals all that can be healed",
        arguments: Damage.allCases, ["workspace", "remote"])
    func repair(_ damage: Damage, from source: String) throws {
        let original = try Original(.packed, versions: 2)
        if source == "remote" {
            try original.sandbox.must(.cairn, "push", "-q", "-A", in: "one")
            // The history alone names the data then.
            try original.sandbox.shell("git rm -q data.dvc big.dvc && rm -rf data big", in: "one").succeeded()
            try original.sandbox.commit("one", "nothing in the workspace")
        } else {
            try Files.makeFolder(original.sandbox("remote"))
        }
        let whole = try ObjectStore(at: FilePath(original.sandbox("one/.dvc/cache")))
        let ids = try #require(whole.packed).allObjects()
        try damage.apply(to: original.sandbox("one/.dvc/cache"))
        let before = try sound(ids, in: original.sandbox("one/.dvc/cache"))
        var healed: Set<ObjectID>?
        let crash = Crash(name: "repair of \(damage) from \(source)", form: .packed, checksStore: false)
        try crash.run(rounds: Self.rounds(.packed)) { _ in
            let sandbox = try original.copy()
            let cache = sandbox("one/.dvc/cache")
            return Crash.Scene(sandbox: sandbox, command: ["repair", "-A"], ends: [0, 1]) {
                let lost = try before.subtracting(sound(ids, in: cache))
                #expect(lost == [])
            } checkEnd: {
                // As after a run that nobody disturbed.
                let now = try sound(ids, in: cache)
                let change = healed.map { now.symmetricDifference($0) } ?? []
                #expect(change == [], "\(now.count) of \(ids.count), \(before.count) before")
                healed = now
                #expect(now.isSuperset(of: before))
                #expect(Files.names(in: "\(cache)/cairn.tmp") == [])
                let verified = try sandbox.run(.cairn, ["verify", "-q", "-A"], in: "one")
                #expect(verified.exitCode == (now.count == ids.count ? 0 : 1), "\(verified)")
            }
        }
        // The workspace has the last version only.
        if source == "remote" || damage == .damagedSegment || damage == .damagedMarker {
            #expect(healed == Set(ids))
        }
    }
}
