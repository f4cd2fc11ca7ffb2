import CairnCore
import CairnStore
import CairnSystem
import CairnTransfer

extension Workspace {
    /// Finds what a remote has lost of the objects that outputs need, and brings it back from the cache, the workspace, or another remote.
    ///
    /// What is sound in damaged packs is in new ones before these are called dead; nothing is ever deleted.
    func repairRemote(
        _ name: String, _ targets: [String], _ options: RepairOptions, reporter: any Reporter
    ) throws -> RepairReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        connections.want(jobs: options.jobs)
        let remote = try remoteStore(name, for: "repair")
        if let source = options.remote { _ = try remoteStore(source, for: "repair") }
        guard try !remote.isMissing() else { throw remote.isGone }
        if !options.isDry { try remote.checkWritable() }
        var transfer = TransferOptions()
        transfer.targets = options.targets
        transfer.revisions = options.revisions
        transfer.remote = name
        transfer.jobs = options.jobs
        var report = RepairReport()
        report.isDry = options.isDry
        report.depth = options.depth ?? .full
        report.pointers = index.problems.map(\.error)
        let scope = try TransferScope(.push, targets, transfer, index, session)
        report.skipped = scope.skipped
        try remote.naming {
            var run = try RemoteRepairRun(session, remote, scope.used, options)
            try run.run(&report)
        }
        return report
    }
}

/// One repair of a remote, step by step.
private struct RemoteRepairRun {
    private let session: Session
    private let remote: RemoteStore
    /// The same, if it is a packed one that is no folder.
    private let mirrored: MirroredRemote?
    private let options: RepairOptions
    private var used: UsedObjects
    private var healing: Healing
    private let cache: ObjectStore
    /// True if objects are packed there.
    private let isPacked: Bool

    private static let mostRounds = 4

    private var quarantine: FilePath { session.workspace.damagedFolder }

    init(
        _ session: Session, _ remote: RemoteStore, _ used: UsedObjects, _ options: RepairOptions
    ) throws {
        self.session = session
        mirrored = try MirroredRemote(remote, session, jobs: options.jobs)
        self.remote = mirrored?.store ?? remote
        self.options = options
        self.used = used
        cache = try session.store(creating: !options.isDry)
        healing = Healing(session, cache, usesTrash: true, isDry: options.isDry)
        isPacked = try remote.isPacked(for: session.workspace.format)
    }

    mutating func run(_ report: inout RepairReport) throws {
        guard let mirrored else { return try mend(&report) }
        try mirrored.reading { try mend(&report) }
    }

    private mutating func mend(_ report: inout RepairReport) throws {
        guard try mendMarker(&report) else { return }
        let first = try Self.look(at: remote, mirrored, session, options)
        if let store = first.store { try mendIndex(of: store, &report) }
        // Where recipes and listings are lost, what they name shows only when they are there again.
        for round in 0..<Self.mostRounds {
            let place =
                try round == 0 && options.isDry ? first : Self.look(at: remote, mirrored, session, options)
            guard try heal(place, round, &report), !options.isDry else { return }
        }
    }

    /// The remote as it is looked at.
    private struct Place {
        /// The store in its folder, or in its mirror.
        let store: ObjectStore?
        let listings: any ListingSource
    }

    private static func look(
        at remote: RemoteStore, _ mirrored: MirroredRemote?, _ session: Session, _ options: RepairOptions
    ) throws -> Place {
        if let mirrored {
            try mirrored.refresh()
            let store = try mirrored.mirror.store()
            return Place(store: store, listings: store)
        }
        let contents = try RemoteContents(of: remote, session, jobs: options.jobs)
        return Place(store: contents.store, listings: contents)
    }

    /// Looks, and brings back what is lost.
    ///
    /// - Returns: false if there was nothing to do, or nothing more can be done.
    private mutating func heal(
        _ place: Place, _ round: Int, _ report: inout RepairReport
    ) throws -> Bool {
        let reader = try ListingReader(session, others: [place.listings], movesDamagedAside: false)
        let look = StoreLook(
            depth: report.depth, deadline: nil, now: { Surroundings.now },
            workers: remote.workers(options.jobs), session: session)
        let (found, users) =
            try place.store.map { try look.run(&used, in: $0, reader) }
            ?? look.run(&used, on: remote, jobs: remote.jobs(options.jobs), reader)
        if round == 0 { report.soundCount = found.soundCount }
        if let store = place.store {
            try removeDamage(found, from: store, &report)
        } else {
            try removeDamagedObjects(found, &report)
        }
        let lost = Set(found.missing + found.failures.map(\.id)).sorted()
        guard !lost.isEmpty || !found.packs.isEmpty || (round == 0 && report.indexedPacks > 0) else {
            return false
        }
        let left = try gather(lost, users)
        if options.isDry {
            note(lost, without: Set(left), users, &report)
            noteBroken(left, users, &report)
            return false
        }
        let pushed = try push()
        var broken = Set(pushed.missing.map(\.id) + pushed.failures.map(\.object.id))
        broken.formUnion(pushed.incomplete.map(\.id))
        note(lost, without: broken, users, &report)
        report.broken = []
        noteBroken(pushed, &report)
        return broken.isEmpty || lost.contains { !broken.contains($0) }
    }

    // MARK: What is damaged

    /// Has a marker that cannot be read, or is gone, written anew.
    ///
    /// - Returns: false if nothing more can be seen without it, because nothing may be written.
    private func mendMarker(_ report: inout RepairReport) throws -> Bool {
        guard isPacked, let folder = remote.folder ?? mirrored?.mirror.root,
            let damage = try PackedStore.markerDamage(at: folder)
        else { return true }
        report.setAside.append(
            RepairReport.SetAside(path: damage.path, error: remote.error(damage), place: nil))
        if options.isDry { return false }
        try PackedStore.removeMarker(at: folder, into: quarantine)
        try mirrored?.sendBack()
        // Who writes to a store without a marker makes one, with the id that the log tells.
        let packed = PackedRemote(remote, session, jobs: options.jobs)
        _ = try packed.wait { [index = packed.index] () async throws(TransferError) in
            try await index.viewForWriting().marker.id
        }
        return true
    }

    /// Writes lost and damaged segments of the index anew.
    private func mendIndex(of store: ObjectStore, _ report: inout RepairReport) throws {
        guard let packed = store.packed else { return }
        var survey = try packed.surveyIndex()
        guard !survey.isSound else { return }
        if options.isDry {
            packed.readPast(survey)
        } else {
            let acknowledged = try acknowledgedPushes()
            survey = try packed.rebuildIndex(into: quarantine) { acknowledged.contains($0) }
            try mirrored?.sendBack()
        }
        for segment in survey.damaged {
            report.setAside.append(
                RepairReport.SetAside(
                    path: segment.path, error: remote.error(segment.reason), place: nil))
        }
        report.indexedPacks += survey.strays.count
    }

    private func acknowledgedPushes() throws -> Set<ULID> {
        let packed = PackedRemote(remote, session, jobs: options.jobs)
        return try packed.wait { [index = packed.index] () async throws(TransferError) in
            try await index.log()?.acknowledged ?? []
        }
    }

    /// Takes damaged packs and objects out of the remote, and keeps what is sound of them.
    private func removeDamage(
        _ found: StoreInspection.Report, from store: ObjectStore, _ report: inout RepairReport
    ) throws {
        let packs = found.packs.filter { !$0.isForNewerProgram }
        var places: [FilePath: FilePath] = [:]
        if !options.isDry, let packed = store.packed, !packs.isEmpty {
            try mirrored?.mirror.keep(packs.map(\.pack.name))
            let aside = try packed.setAside(packs.map(\.pack), into: quarantine, isShared: true)
            try mirrored?.sendBack()
            report.savedRecords = aside.savedCount
            for (pack, place) in aside.places {
                if let damage = packs.first(where: { $0.pack.name == pack.name }) {
                    places[damage.reason.path] = place
                }
            }
        }
        for damage in packs {
            report.setAside.append(
                RepairReport.SetAside(
                    path: damage.reason.path, error: remote.error(damage.reason),
                    place: places[damage.reason.path]))
        }
        for (id, error) in found.failures where error.damagedObject != nil {
            guard try store.loose.status(of: id) != nil else { continue }
            let place = options.isDry ? nil : try store.loose.moveAside(id, into: quarantine)
            report.setAside.append(
                RepairReport.SetAside(path: error.path, error: remote.error(error), place: place))
        }
    }

    /// Takes damaged objects out of a remote that is no folder.
    private func removeDamagedObjects(
        _ found: StoreInspection.Report, _ report: inout RepairReport
    ) throws {
        let loose = LooseRemote(remote.contract, jobs: remote.jobs(options.jobs))
        let quarantine = quarantine
        for (id, error) in found.failures where error.damagedObject != nil {
            let place =
                try options.isDry
                ? nil
                : remote.wait(jobs: 1) { () async throws(TransferError) in
                    try await loose.moveAside(id, into: quarantine)
                }
            report.setAside.append(
                RepairReport.SetAside(path: error.path, error: remote.error(error), place: place))
        }
    }

    // MARK: What comes back

    /// Brings into the cache what it lacks of some objects.
    ///
    /// - Returns: those that nobody has.
    private mutating func gather(
        _ ids: [ObjectID], _ users: [ObjectID: [ObjectUser]]
    ) throws -> [ObjectID] {
        var left = try ids.filter { try !cache.contains($0) }
        left = try healing.fromWorkspace(left, users: users.mapValues { $0.map(\.path) })
        if let name = options.remote, !left.isEmpty {
            let source = try session.workspace.remoteStore(name, for: "repair")
            left = try source.naming { try healing.fromRemote(left, source, jobs: options.jobs) }
        }
        return left
    }

    /// Pushes everything, and believes nothing to be there that was not looked for.
    private func push() throws -> TransferReport {
        var pushed = TransferReport()
        let workspace = session.workspace
        if isPacked {
            let packed = PackedRemote(remote, session, jobs: options.jobs, trusts: false)
            try workspace.push(used, to: packed, remote, &pushed, session)
        } else {
            var transfer = TransferOptions()
            transfer.jobs = options.jobs
            try workspace.push(used, to: remote, transfer, &pushed, session)
        }
        return pushed
    }

    private func note(
        _ lost: [ObjectID], without broken: Set<ObjectID>, _ users: [ObjectID: [ObjectUser]],
        _ report: inout RepairReport
    ) {
        for id in lost where !broken.contains(id) {
            report.add([id], healing.healed[id] ?? .cache, users)
        }
    }

    private func noteBroken(
        _ ids: [ObjectID], _ users: [ObjectID: [ObjectUser]], _ report: inout RepairReport
    ) {
        for id in ids {
            let error = healing.failures[id] ?? CairnError(.missing, "no copy of it was found")
            report.broken.append(
                TransferReport.Failure(
                    object: TransferReport.Object(id: id, users: users[id] ?? []), error: error))
        }
    }

    private func noteBroken(_ pushed: TransferReport, _ report: inout RepairReport) {
        report.broken += pushed.failures
        for object in pushed.missing {
            let error = healing.failures[object.id] ?? CairnError(.missing, "no copy of it was found")
            report.broken.append(TransferReport.Failure(object: object, error: error))
        }
        for object in pushed.incomplete {
            report.broken.append(
                TransferReport.Failure(
                    object: object, error: CairnError(.partial, "some of its files are lost")))
        }
    }
}
