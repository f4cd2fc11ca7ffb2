import CairnCore
import CairnStore
import CairnSystem

/// Takes what is damaged out of the cache: it is kept in a folder of its own, for it may be the only copy of something.
///
/// The session has to have the repository's lock.
struct DamageRemoval {
    /// Where objects lie now, or a pack that had something of them.
    private(set) var objects: [ObjectID: FilePath] = [:]
    /// Where packs lie now, by where they lay.
    private(set) var packs: [FilePath: FilePath] = [:]
    /// How many records of those packs are in new ones.
    private(set) var savedCount = 0
    /// True if packs that were set aside had records of which nothing is left: there may be more objects that need them.
    private(set) var hasLost = false
    /// Objects that the store has all the same.
    private(set) var sound: Set<ObjectID> = []

    private let session: Session
    private let store: ObjectStore

    init(_ session: Session) throws {
        self.session = session
        store = try session.store()
    }

    /// Removes what an inspection found damaged.
    ///
    /// - Parameter keepsPacks: whether only objects are removed that are files.
    mutating func remove(_ found: StoreInspection.Report, keepsPacks: Bool = false) throws {
        let quarantine = session.workspace.damagedFolder
        let damaged = found.failures.filter { $0.error.damagedObject != nil }.map(\.id)
        if !keepsPacks, let packed = store.packed {
            let suspects = found.packs.filter { !$0.isForNewerProgram }
            // Somebody may have done it in the meantime.
            let known = Set(try packed.refresh().packs.map(\.name))
            let aside = try packed.setAside(
                suspects.map(\.pack).filter { known.contains($0.name) }, into: quarantine)
            savedCount = aside.savedCount
            hasLost = !aside.lost.isEmpty
            for suspect in suspects {
                packs[suspect.reason.path] = aside.places.first { $0.pack.name == suspect.pack.name }?.place
            }
        }
        for id in damaged where try !keepsPacks || store.loose.status(of: id) != nil {
            try Interruption.check()
            do throws(StoreError) {
                try store.verify(id)
            } catch {
                // Somebody may have taken it away, or brought a sound one.
                guard error.damagedObject != nil else { continue }
                objects[id] = try store.moveAside(id, into: quarantine)
            }
        }
        for id in damaged where isSound(id) { sound.insert(id) }
        for (id, error) in found.failures where objects[id] == nil {
            objects[id] = packs[error.path]
        }
        remember(found, damaged)
    }

    private func isSound(_ id: ObjectID) -> Bool { (try? store.verify(id)) != nil }

    /// Notes for `repair` what is lost; packs that are gone are no findings any more.
    private func remember(_ found: StoreInspection.Report, _ damaged: [ObjectID]) {
        guard let log = session.checks else { return }
        let gone = found.packs.filter { packs[$0.reason.path] != nil }.map { CheckUnit.pack($0.pack.name) }
        let healed = damaged.filter(sound.contains).map { CheckUnit.object($0) }
        let lost = damaged.filter { !sound.contains($0) }
        // A memory, nothing depends on it.
        try? log.forget(gone + healed, of: store.root)
        try? log.record(
            lost.map { CheckLog.Entry(.object($0), time: Surroundings.now, isDamaged: true) }, of: store.root,
            at: .full)
    }
}
