import CairnCore
import CairnStore
import CairnSystem

/// One repair, step by step.
struct RepairRun {
    private let session: Session
    private let options: RepairOptions
    private let scope: TransferScope
    private let store: ObjectStore
    private let listings: ListingReader
    private var used: UsedObjects
    private var healing: Healing
    /// What was wrong with objects.
    private var failures: [ObjectID: StoreError] = [:]
    /// Objects that would stay lost, where nothing is done.
    private var unhealed: [ObjectID] = []

    /// Listings name no listings: two rounds see everything, and others are for what changes meanwhile.
    private static let mostRounds = 4

    init(_ session: Session, _ scope: TransferScope, _ options: RepairOptions) throws {
        self.session = session
        self.scope = scope
        self.options = options
        store = try session.store(creating: !options.isDry)
        let others = scope.groups.compactMap { try? RemoteContents(of: $0.remote.get(), session) }
        listings = try ListingReader(session, others: others, movesDamagedAside: false)
        used = scope.used
        healing = Healing(session, store, usesTrash: true, isDry: options.isDry)
    }

    mutating func run(_ report: inout RepairReport) throws {
        try mendIndex(onlyIfDamaged: true, &report)
        let findings = (try? session.checks?.findings(of: store.root)) ?? []
        // What was moved aside is missing now, which the structure shows; what still lies there shows only when it is read.
        let isKnown = !findings.isEmpty && findings.allSatisfy(isGone)
        report.depth = options.depth ?? (isKnown ? .structure : .full)
        // Once more for what was healed: it may rely on chunks at which nobody has looked, because what named them was lost. And for
        // everything if listings were lost: what they name could not be looked at.
        var pending: [ObjectID]?
        for _ in 0..<Self.mostRounds {
            let (changed, isComplete) = try round(pending, &report)
            if options.isDry || (changed.isEmpty && isComplete) { break }
            pending = isComplete ? changed : nil
            if !isComplete { report.depth = .full }
        }
        try noteBroken(&report)
        forgetFindings()
        clearLeftovers()
    }

    /// What a killed process left goes also where nothing had to be written.
    private func clearLeftovers() {
        guard !options.isDry, let folder = store.folder else { return }
        _ = try? ScratchFolder(
            in: folder, DurableBatch.folderName, permissions: store.loose.folderPermissions)
    }

    /// Looks, and heals what is found.
    ///
    /// - Parameter ids: the objects to look at, every byte of them; `nil` for all.
    /// - Returns: the objects that were healed or saved; and false if there may be more to be found, now that this was done.
    private mutating func round(
        _ ids: [ObjectID]?, _ report: inout RepairReport
    ) throws -> (changed: [ObjectID], isComplete: Bool) {
        var changed: [ObjectID] = []
        var (found, users) = try ids.map { try look(at: $0) } ?? look(report.depth)
        if !found.missing.isEmpty || found.failures.contains(where: \.error.isMissingObject) {
            // A segment may be lost, of which nothing tells but packs that are in none.
            let lost = Set(found.missing)
            if try mendIndex(onlyIfDamaged: false, &report) {
                (found, users) = try look(report.depth)
                let back = lost.subtracting(found.missing + found.failures.map(\.id))
                report.add(back.sorted(), .index, try used.users(of: back, listings))
                changed += back
            }
        }
        let wasComplete = ids != nil || used.unknown.isEmpty
        if ids == nil { report.soundCount = found.soundCount }
        for (id, error) in found.failures { failures[id] = error }
        let (saved, hasLost) = try removeDamage(found, users, &report)
        changed += saved
        changed += try heal(found, &report)
        return (changed, !hasLost && (wasComplete || changed.isEmpty))
    }

    /// Looks at every byte of some objects.
    private func look(
        at ids: [ObjectID]
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        let inspection = StoreInspection(
            of: store, .full, workers: session.workers, reporter: session.reporter)
        let found = try inspection.run(Set(ids).sorted())
        return (found, try used.users(of: Set(found.missing + found.failures.map(\.id)), listings))
    }

    private mutating func look(
        _ depth: CheckDepth
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        let workers = options.jobs.map { Workers(count: $0) } ?? session.workers
        let look = StoreLook(
            depth: depth, deadline: nil, now: { Surroundings.now }, workers: workers, session: session)
        return try look.run(&used, in: store, listings)
    }

    /// Writes lost and damaged segments of the index anew.
    ///
    /// - Returns: true if there were any.
    @discardableResult
    private func mendIndex(onlyIfDamaged: Bool, _ report: inout RepairReport) throws -> Bool {
        guard let packed = store.packed else { return false }
        let quarantine = session.workspace.damagedFolder
        let survey: IndexSurvey
        if onlyIfDamaged {
            guard let damage = try session.readPastDamagedIndex() else { return false }
            survey = options.isDry ? damage : try packed.rebuildIndex(into: quarantine)
        } else if options.isDry {
            survey = try packed.surveyIndex()
            packed.readPast(survey)
        } else {
            survey = try packed.rebuildIndex(into: quarantine)
        }
        guard !survey.isSound else { return false }
        for segment in survey.damaged {
            let name = segment.path.lastComponentBytes ?? []
            report.setAside.append(
                RepairReport.SetAside(
                    path: segment.path, error: CairnError(segment.reason),
                    place: options.isDry ? nil : FilePath(bytes: quarantine.bytes + [47] + name)))
        }
        report.indexedPacks += survey.strays.count
        return true
    }

    /// Takes what is damaged out of the cache, and keeps what is sound of it.
    ///
    /// - Returns: the objects that the cache has all the same, and whether others may be lost with records of which nothing is left.
    private func removeDamage(
        _ found: StoreInspection.Report, _ users: [ObjectID: [ObjectUser]], _ report: inout RepairReport
    ) throws -> (saved: Set<ObjectID>, hasLost: Bool) {
        var removal = try DamageRemoval(session)
        if !options.isDry, !found.failures.isEmpty || !found.packs.isEmpty { try removal.remove(found) }
        report.savedRecords = removal.savedCount
        for damage in found.packs {
            report.setAside.append(
                RepairReport.SetAside(
                    path: damage.reason.path, error: CairnError(damage.reason),
                    place: removal.packs[damage.reason.path]))
        }
        let packs = Set(found.packs.map(\.reason.path))
        for (id, error) in found.failures where error.damagedObject != nil && !packs.contains(error.path) {
            guard try options.isDry ? store.loose.status(of: id) != nil : removal.objects[id] != nil else {
                continue
            }
            report.setAside.append(
                RepairReport.SetAside(
                    path: error.path, error: CairnError(error), place: removal.objects[id]))
        }
        report.add(removal.sound.sorted(), .cache, users)
        return (removal.sound, removal.hasLost)
    }

    /// Brings back what is lost, from one source after the other.
    ///
    /// - Returns: what was healed.
    private mutating func heal(
        _ found: StoreInspection.Report, _ report: inout RepairReport
    ) throws -> [ObjectID] {
        var candidates = found.missing
        for (id, error) in found.failures where error.damagedObject != nil || error.isMissingObject {
            candidates.append(id)
        }
        if options.isDry {
            candidates.removeAll(where: isPackedToo)
        } else {
            candidates = try lost(among: candidates)
        }
        guard !candidates.isEmpty else { return [] }
        let users = try used.users(of: Set(candidates), listings).mapValues { $0.map(\.path) }
        var left =
            options.isDry ? try healing.fromSetAside(candidates, and: found.packs.map(\.pack)) : candidates
        left = try healing.fromWorkspace(left, users: users)
        // What the workspace brought may be what others lacked.
        left = try healing.fromSetAside(left)
        for group in scope.groups where !left.isEmpty {
            guard let remote = try? group.remote.get() else { continue }
            var own = group.used
            try own.expand(listings)
            let lost = Set(
                try healing.fromRemote(left.filter { own.contains($0) }, remote, jobs: options.jobs))
            left.removeAll { own.contains($0) && !lost.contains($0) }
        }
        unhealed = try healing.fromSetAside(left)
        let lost = Set(unhealed)
        let healed = candidates.filter { !lost.contains($0) }
        let owners = try used.users(of: Set(healed), listings)
        for id in healed.sorted() {
            if let source = healing.healed[id] { report.add([id], source, owners) }
        }
        return healed
    }

    /// The objects that the cache does not have, or not whole.
    private func lost(among ids: [ObjectID]) throws -> [ObjectID] {
        let inspection = StoreInspection(
            of: store, .structure, workers: session.workers, reporter: SilentReporter())
        let found = try inspection.run(Set(ids).sorted())
        let bad = Set(found.missing + found.failures.map(\.id))
        return ids.filter(bad.contains)
    }

    /// True if an object is a file that is in packs too, with the right bytes.
    private func isPackedToo(_ id: ObjectID) -> Bool {
        guard let packed = store.packed, (try? store.isPacked(id)) == true else { return false }
        return (try? packed.read(id, range: 0..<Int64.max) { _ in }) != nil
    }

    /// Says what stays broken.
    private mutating func noteBroken(_ report: inout RepairReport) throws {
        var broken = unhealed
        let others = failures.filter { $0.value.damagedObject == nil && !$0.value.isMissingObject }
        if !options.isDry, !report.isSound || !failures.isEmpty || !unhealed.isEmpty {
            let (now, _) = try look(.structure)
            for (id, error) in now.failures { failures[id] = error }
            broken = now.missing + now.failures.map(\.id)
        }
        let all = Set(broken).union(others.keys)
        let users = try used.users(of: all, listings)
        for id in all.sorted() {
            let error =
                healing.failures[id] ?? failures[id].map { CairnError($0) }
                ?? CairnError(.missing, "no copy of it was found")
            report.broken.append(
                TransferReport.Failure(
                    object: TransferReport.Object(id: id, users: users[id] ?? []), error: error))
        }
        guard !all.isEmpty else { return }
        for group in scope.groups {
            if case .failure(let error) = group.remote { report.unreachable.append(error) }
        }
    }

    /// True if the cache does not have an object or a pack, or if that cannot be told.
    private func isGone(_ unit: CheckUnit) -> Bool {
        switch unit {
        case .object(let id): return (try? store.contains(id)) != true
        case .pack(let name):
            let packs = (try? store.packed?.index().packs) ?? []
            return !packs.contains { $0.name == name }
        }
    }

    /// What was found earlier and is whole by now is no finding any more.
    private func forgetFindings() {
        guard !options.isDry, let log = session.checks else { return }
        let healed = ((try? log.findings(of: store.root)) ?? []).filter { unit in
            if case .pack = unit { isGone(unit) } else { !isGone(unit) }
        }
        try? log.forget(healed, of: store.root)  // a memory, nothing depends on it
    }
}

extension StoreError {
    fileprivate var isMissingObject: Bool { if case .missing = reason { true } else { false } }
}
