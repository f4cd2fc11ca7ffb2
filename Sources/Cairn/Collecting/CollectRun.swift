import CairnCore
import CairnStore
import CairnSystem

/// One collection: what is used, where to delete, and the deleting.
struct CollectRun {
    private let options: CollectOptions
    private let session: Session
    private let sessions: [Session]
    private let cache: ObjectStore
    private let remote: CollectedRemote?
    /// The same remote, if it has packs that are to be collected.
    private var packedRemote: PackedRemoteCollecting?
    /// The clock of the cache's file system before anything was looked at.
    private let start: Int64
    /// What goes from the packs of the cache, once the plan is made.
    private var packs: PackedCollection?

    init(_ options: CollectOptions, _ sessions: [Session]) throws {
        self.options = options
        self.sessions = sessions
        session = sessions[0]
        cache = try session.store()
        let workspace = session.workspace
        workspace.connections.want(jobs: options.jobs)
        if options.includesRemote || options.deletesPushed {
            let remote = try workspace.remoteStore(options.remote, for: "gc -c")
            if options.includesRemote { try remote.checkWritable() }
            self.remote = try CollectedRemote(remote, session, options)
            if options.includesRemote, try remote.isPacked(for: workspace.format) {
                packedRemote = try PackedRemoteCollecting(
                    PackedRemote(remote, session, jobs: options.jobs), self.remote?.store ?? cache, session)
            }
        } else {
            remote = nil
        }
        start = options.isDry ? .max : try Self.clock(of: [cache, remote?.store].compactMap(\.self))
    }

    /// A moment by the clocks of file systems, later than every change until now: what has it or a later one is new.
    ///
    /// Where no objects are files yet, everything is.
    private static func clock(of stores: [ObjectStore]) throws -> Int64 {
        guard try stores.contains(where: { try $0.loose.hasFolders(of: HashAlgorithm.all) }) else {
            return .min
        }
        func tick(_ scratch: ScratchFolder) throws -> Int64 {
            let name = Array("clock".utf8)
            try scratch.folder.remove(name)
            return try OpenFile(creating: name, in: scratch.folder, permissions: 0o600).status().ctime
        }
        var clocks: [(scratch: ScratchFolder, first: Int64)] = []
        for store in stores {
            guard let folder = store.folder else { continue }
            let scratch = try ScratchFolder(
                in: folder, DurableBatch.folderName, permissions: store.loose.folderPermissions)
            clocks.append((scratch, try tick(scratch)))
        }
        var earliest = Int64.max
        for (scratch, first) in clocks {
            var now = try tick(scratch)
            // The clock advances in steps of some milliseconds.
            for _ in 0..<1000 where now == first {
                Surroundings.sleep(milliseconds: 1)
                now = try tick(scratch)
            }
            earliest = min(earliest, now)
        }
        return earliest
    }

    // MARK: what is used

    /// - Throws: `CairnError` if it is not certain what is used.
    mutating func plan() throws -> CollectPlan {
        var plan = CollectPlan()
        let stores = try sessions.dropFirst().map { try $0.store() }
        let others: [any ListingSource] = [remote?.contents ?? fallback()].compactMap(\.self) + stores
        let reader = try ListingReader(session, others: others, movesDamagedAside: false)
        var used = UsedObjects()
        for session in sessions { try gather(session, &used, &plan.skipped) }
        try packedRemote?.beginPlan(used, reader)
        try used.expand(reader)
        for entry in used.unknown {
            let error = unknownFiles(entry)
            guard options.skipsFailed, let revision = entry.output.revision else { throw error }
            plan.skipped.append((revision, error))
        }
        var deleted = try cache.loose.allObjects(HashAlgorithm.all)
        let count = deleted.count
        let pushed = try pushedObjects(used)
        deleted.removeAll { used.contains($0) && !pushed.contains($0) }
        packs = try cache.packed.map { packed in
            try PackedCollection(of: packed) { used.contains($0) && !pushed.contains($0) }
        }
        plan.places.append(try place(nil, cache, deleted, kept: count - deleted.count, packs))
        if options.includesRemote, let remote {
            var place = try remotePlace(remote, used)
            try packedRemote?.endPlan()
            if let packed = packedRemote {
                place.objects += packed.objects()
                place.keptCount += packed.plan?.keptCount ?? 0
                place.packedBytes = max(0, packed.plan?.freed ?? 0)
            }
            plan.places.append(place)
        }
        if options.namesObjects {
            var search = LastKnownSearch(Set(plan.places.flatMap(\.objects).map(\.id)), reader, session)
            try search.run()
            for place in plan.places.indices {
                for index in plan.places[place].objects.indices {
                    plan.places[place].objects[index].lastKnown =
                        search.found[plan.places[place].objects[index].id]
                }
            }
        }
        return plan
    }

    /// The default remote, where listings are looked for that the cache lacks; `nil` if there is none to ask.
    private func fallback() -> RemoteContents? {
        guard let remote = try? session.workspace.remoteStore(for: "gc") else { return nil }
        return try? RemoteContents(of: remote, session)
    }

    /// The objects of a remote that are files and that nobody uses.
    private func remotePlace(_ remote: CollectedRemote, _ used: UsedObjects) throws -> CollectPlan.Place {
        if let store = remote.store {
            var deleted = try store.loose.allObjects(HashAlgorithm.all)
            let count = deleted.count
            deleted.removeAll { used.contains($0) }
            return try place(remote.name, store, deleted, kept: count - deleted.count)
        }
        // Of a packed store nothing else is looked at: whoever uses it knows of no files there.
        guard packedRemote == nil else { return CollectPlan.Place(remote: remote) }
        let plan = try remote.plan(keeping: used)
        let objects = plan.objects.map { object in
            let time = object.modified.multipliedReportingOverflow(by: 1_000_000)
            return CollectPlan.Object(
                id: object.id, size: object.size, modified: time.overflow ? 0 : time.partialValue)
        }
        return CollectPlan.Place(
            remote: remote.name, folder: remote.shownFolder, shown: remote.shown,
            // Listings first: what names others goes before them.
            objects: objects.filter(\.id.isDirectory) + objects.filter { !$0.id.isDirectory },
            keptCount: plan.keptCount, packedBytes: 0)
    }

    private func gather(
        _ session: Session, _ used: inout UsedObjects, _ skipped: inout [(name: String, error: CairnError)]
    ) throws {
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        if let problem = index.problems.first { throw refusal(problem.error) }
        for output in index.outputs {
            if let wanted = WantedOutput(TargetedOutput(output: output, part: nil)) { used.add(wanted) }
        }
        guard !options.revisions.isEmpty else { return }
        var reader = try RevisionReader(session)
        guard let git = try session.git() else { preconditionFailure("the reader has found the repository") }
        for commit in try options.revisions.commits(in: git) {
            guard let content = try reader.read(commit, onlyNew: true) else { continue }
            for problem in content.index.problems {
                guard options.skipsFailed else {
                    throw refusal(problem.error, hint: "mend it, or lose what only it uses: `--skip-failed`")
                }
                skipped.append((commit.name, problem.error))
            }
            for output in content.index.outputs {
                let target = TargetedOutput(output: output, part: nil)
                if let wanted = WantedOutput(target, revision: commit.name) { used.add(wanted) }
            }
        }
    }

    private func refusal(_ error: CairnError, hint: String? = nil) -> CairnError {
        CairnError(
            error.kind, "nothing was deleted, because it is not known what is used: \(error.message)",
            hint: hint ?? error.hint)
    }

    private func unknownFiles(_ entry: (output: WantedOutput, error: StoreError)) -> CairnError {
        let command = session.workspace.personality.command
        let name = session.workspace.display(entry.output.path)
        let place = entry.output.revision.map { "'\(name)' (in \($0))" } ?? "'\(name)'"
        let why =
            switch entry.error.reason {
            case .missing: "is not in the cache"
            default: "is damaged"
            }
        let fetch =
            entry.output.revision == nil
            ? "`\(command) fetch \(Shell.quoted(name))`"
            : "`\(command) fetch --all-commits`, or lose its files: `--skip-failed`"
        return CairnError(
            .missing,
            "nothing was deleted: the listing \(entry.output.id.text) of \(place) \(why), so its files are not known",
            hint: "get it with \(fetch)")
    }

    /// What is used and lies on the remote as long as in the cache.
    private func pushedObjects(_ used: UsedObjects) throws -> ObjectSet {
        var result = ObjectSet()
        guard options.deletesPushed, let remote else { return result }
        let cache = cache
        for id in try remote.contents.whole(among: used.ids, size: { try cache.size(of: $0) }) {
            result.insert(id)
        }
        result.compact()
        return result
    }

    private func place(
        _ name: String?, _ store: ObjectStore, _ ids: [ObjectID], kept: Int, _ packs: PackedCollection? = nil
    ) throws -> CollectPlan.Place {
        var objects: [CollectPlan.Object] = []
        // Listings first: what names others goes before them.
        for id in ids.filter(\.isDirectory) + ids.filter({ !$0.isDirectory }) {
            guard let status = try store.loose.status(of: id) else { continue }
            objects.append(CollectPlan.Object(id: id, size: status.size, modified: status.mtime))
        }
        for object in packs?.objects ?? [] {
            objects.append(
                CollectPlan.Object(id: object.id, size: object.size, modified: object.created, isPacked: true)
            )
        }
        return CollectPlan.Place(
            remote: name, folder: store.root, shown: store.root.bytes, objects: objects,
            keptCount: kept + (packs?.keptCount ?? 0),
            packedBytes: max(0, packs?.freed ?? 0))
    }

    // MARK: deleting

    func carryOut(_ report: inout CollectReport) throws {
        // What is needed and cannot be read stops this one before anything is deleted.
        if let packs {
            session.reporter.begin("collecting", items: nil, bytes: nil)
            let reporter = session.reporter
            let result = try packs.carryOut { reporter.advance(items: 0, bytes: $0) }
            report.count += result.count
            report.bytes += max(0, result.freed)
            report.asideBytes = max(0, result.freed)
            report.emptiedBytes = result.emptied
            report.grace = cache.packed?.marker?.collection.grace
        }
        report.announced = try packedRemote?.carryOut()
        for place in report.plan.places where place.objects.contains(where: { !$0.isPacked }) {
            if place.remote != nil, let remote, remote.store == nil {
                try remote.delete(place.objects.filter { !$0.isPacked }, &report)
                continue
            }
            let store = place.remote == nil ? cache : remote?.store ?? cache
            guard let folder = store.folder else { continue }
            // Where the file system has no locks, the repository's own has to do.
            let attempt = FileLock.attempt(folder: folder)
            if case .held = attempt {
                throw CairnError(
                    .locked, "another process is deleting from '\(place.folder.bytes.printable)'",
                    hint: "wait until it is done")
            }
            let objects = place.objects.filter { !$0.isPacked }
            session.reporter.begin("deleting", items: objects.count, bytes: nil)
            let files = objects.firstIndex { !$0.id.isDirectory } ?? objects.count
            for (index, object) in objects.enumerated() {
                // After a power cut no listing may come back without its files.
                if index == files, files > 0 { try folder.syncFileSystem() }
                try Interruption.check()
                try delete(object, from: store, &report)
                session.reporter.advance(items: 1, bytes: 0)
            }
            withExtendedLifetime(attempt) {}
        }
    }

    private func delete(_ object: CollectPlan.Object, from store: ObjectStore, _ report: inout CollectReport)
        throws
    {
        guard let status = try store.loose.status(of: object.id) else { return }
        guard status.ctime < start else {
            report.spared.append(object.id)
            return
        }
        report.bytes += try store.loose.remove(object.id)
        report.count += 1
    }
}
