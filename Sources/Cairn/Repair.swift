import CairnCore
public import CairnStore
import CairnSystem

/// What is repaired.
public struct RepairOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// Revisions besides the workspace.
    public var revisions = RevisionScope()
    /// How closely the cache is looked at; `nil` for every byte, unless an earlier `verify` found damage: then it is believed to have
    /// found all of it.
    public var depth: CheckDepth?
    /// The remote to bring objects from, instead of that of each output.
    public var remote: String?
    /// Whether nothing is changed.
    public var isDry = false
    /// How many objects to read at a time.
    public var jobs: Int?

    /// The workspace's objects in the cache.
    public init() {}
}

extension Workspace {
    /// Finds what is damaged or missing in the cache, and heals it from any other copy: what is sound of damaged packs, the workspace, packs
    /// that were set aside earlier, remotes.
    ///
    /// New data is durable before anything tells of it, and only then what is damaged is moved aside; nothing is ever deleted. Stopped at any
    /// moment, the same call goes on.
    /// - Throws: `CairnError` for what stops everything: a target that means nothing, an unknown remote, a signal, no space.
    public func repair(
        _ targets: [String] = [], _ options: RepairOptions = RepairOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> RepairReport {
        let session = try Session(self, reporter: reporter, writes: true)
        var transfer = TransferOptions()
        transfer.targets = options.targets
        transfer.revisions = options.revisions
        transfer.remote = options.remote
        transfer.jobs = options.jobs
        var report = RepairReport()
        report.isDry = options.isDry
        guard try repairMarker(&report) else { return report }
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        report.pointers = index.problems.map(\.error)
        let scope = try TransferScope(.repair, targets, transfer, index, session)
        report.skipped = scope.skipped
        var run = try RepairRun(session, scope, options)
        try run.run(&report)
        return report
    }

    /// Makes a new marker for a packed cache whose marker cannot be read.
    ///
    /// - Returns: false if nothing more can be seen without it, because nothing may be written.
    private func repairMarker(_ report: inout RepairReport) throws -> Bool {
        guard let damage = try PackedStore.markerDamage(at: cacheFolder) else { return true }
        report.setAside.append(
            RepairReport.SetAside(path: damage.path, error: CairnError(damage), place: nil))
        if report.isDry { return false }
        try PackedStore.restoreMarker(at: cacheFolder, into: damagedFolder)
        return true
    }
}

/// One repair, step by step.
private struct RepairRun {
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
        let others = scope.groups.compactMap { try? $0.remote.get().open() }
        listings = try ListingReader(session, others: others, movesDamagedAside: false)
        used = scope.used
        healing = Healing(session, store, isDry: options.isDry)
    }

    mutating func run(_ report: inout RepairReport) throws {
        try mendIndex(onlyIfDamaged: true, &report)
        let findings = (try? session.checks?.findings(of: store.root)) ?? []
        report.depth = options.depth ?? (findings.isEmpty ? .full : .structure)
        // Once more if listings were not readable: what they name could not be looked at before they were healed.
        for _ in 0..<Self.mostRounds {
            let isComplete = try round(&report)
            if isComplete || options.isDry { break }
        }
        try noteBroken(&report)
        forgetFindings()
    }

    /// - Returns: true if all that there is was looked at.
    private mutating func round(_ report: inout RepairReport) throws -> Bool {
        var (found, users) = try look(report.depth)
        if !found.missing.isEmpty || found.failures.contains(where: \.error.isMissingObject) {
            // A segment may be lost, of which nothing tells but packs that are in none.
            let lost = Set(found.missing)
            if try mendIndex(onlyIfDamaged: false, &report) {
                (found, users) = try look(report.depth)
                let back = lost.subtracting(found.missing + found.failures.map(\.id))
                let owners = try used.users(of: back, listings)
                report.healed += back.sorted().map {
                    RepairReport.Healed(object: object($0, owners), source: .index)
                }
            }
        }
        let isComplete = used.unknown.isEmpty
        report.soundCount = found.soundCount
        for (id, error) in found.failures { failures[id] = error }
        try removeDamage(found, users, &report)
        let healedBefore = healing.healed.count
        try heal(found, &report)
        return isComplete || healing.healed.count == healedBefore
    }

    private mutating func look(
        _ depth: CheckDepth
    ) throws -> (found: StoreInspection.Report, users: [ObjectID: [ObjectUser]]) {
        let workers = options.jobs.map { Workers(count: $0) } ?? session.workers
        let look = StoreLook(
            depth: depth, deadline: nil, now: { Surroundings.now }, workers: workers, session: session)
        return try look.run(&used, in: store, listings)
    }

    private func object(_ id: ObjectID, _ users: [ObjectID: [ObjectUser]]) -> TransferReport.Object {
        TransferReport.Object(id: id, users: users[id] ?? [])
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
    private func removeDamage(
        _ found: StoreInspection.Report, _ users: [ObjectID: [ObjectUser]], _ report: inout RepairReport
    ) throws {
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
        for id in removal.sound.sorted() {
            report.healed.append(RepairReport.Healed(object: object(id, users), source: .cache))
        }
    }

    /// Brings back what is lost, from one source after the other.
    private mutating func heal(_ found: StoreInspection.Report, _ report: inout RepairReport) throws {
        let before = Set(healing.healed.keys)
        var candidates = found.missing
        for (id, error) in found.failures where error.damagedObject != nil || error.isMissingObject {
            candidates.append(id)
        }
        if options.isDry {
            candidates.removeAll(where: isPackedToo)
            candidates = try healing.fromSetAside(candidates, and: found.packs.map(\.pack))
        } else {
            candidates = try lost(among: candidates)
        }
        try heal(candidates)
        let fresh = healing.healed.filter { !before.contains($0.key) }
        let users = try used.users(of: Set(fresh.keys), listings)
        for (id, source) in fresh.sorted(by: { $0.key < $1.key }) {
            report.healed.append(RepairReport.Healed(object: object(id, users), source: source))
        }
        unhealed = candidates.filter { healing.healed[$0] == nil }
    }

    private mutating func heal(_ ids: [ObjectID]) throws {
        guard !ids.isEmpty else { return }
        let users = try used.users(of: Set(ids), listings).mapValues { $0.map(\.path) }
        var lost = try healing.fromWorkspace(ids, users: users)
        // What the workspace brought may be what others lacked.
        lost = try healing.fromSetAside(lost)
        for group in scope.groups where !lost.isEmpty {
            guard let remote = try? group.remote.get() else { continue }
            var own = group.used
            try own.expand(listings)
            let wanted = lost.filter { own.contains($0) }
            let left = Set(try healing.fromRemote(wanted, remote, jobs: options.jobs))
            lost = lost.filter { !own.contains($0) || left.contains($0) }
        }
        _ = try healing.fromSetAside(lost)
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
            report.broken.append(TransferReport.Failure(object: object(id, users), error: error))
        }
        guard !all.isEmpty else { return }
        for group in scope.groups {
            if case .failure(let error) = group.remote { report.unreachable.append(error) }
        }
    }

    /// What was found earlier and is whole by now is no finding any more.
    private func forgetFindings() {
        guard !options.isDry, let log = session.checks else { return }
        let known = Set(((try? store.packed?.index().packs) ?? []).map(\.name))
        let healed = ((try? log.findings(of: store.root)) ?? []).filter { unit in
            switch unit {
            case .object(let id): (try? store.contains(id)) == true
            case .pack(let name): !known.contains(name)
            }
        }
        try? log.forget(healed, of: store.root)  // a memory, nothing depends on it
    }
}

extension StoreError {
    fileprivate var isMissingObject: Bool { if case .missing = reason { true } else { false } }
}
