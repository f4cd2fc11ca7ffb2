import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// Carries out a plan up to the point where the new texts of pointers and locks are known: everything that they name is durable then.
struct MigrationRun {
    /// What an entry will say.
    struct Migrated {
        let id: ObjectID
        /// Bytes and files, where they are not those of the old id.
        var reshaped: (size: Int64, fileCount: Int)?
    }

    private let plan: MigrationPlan
    private let session: Session
    private let recorder: OutputRecorder
    private let witness: OutputRecorder
    private let forgotten: Set<MigrationPlace.Key>
    private var results: [MigrationPlace.Key: Migrated] = [:]
    private var trees: [(tree: DataTree, algorithm: HashAlgorithm, isExecutable: Bool)] = []
    private(set) var storedCount: Int
    private(set) var linkFailures: [RepoPath] = []

    /// Stores everything.
    ///
    /// - Throws: `CairnError` of kind `damaged` if an object cannot be used; no pointer is written then.
    init(_ plan: MigrationPlan, _ session: Session) throws {
        self.plan = plan
        self.session = session
        forgotten = Set(plan.forgotten.map(\.key))
        storedCount = try Self.storeUnstored(plan, session)
        // Made afterwards: it knows what is there by now, and reads from it.
        recorder = try OutputRecorder(session, expecting: plan.fileCount, stores: true)
        witness = try OutputRecorder(session, expecting: 0, stores: false)
        for key in plan.order {
            guard case .workspace(let tree, let isStored) = plan.sources[key] else { continue }
            try record(tree, key, isStored: isStored)
        }
        try convertObjects()
        storedCount += recorder.pendingCount
        try recorder.commit()
        try relink()
    }

    /// Stores data under its old id that only the workspace has, by a recorder of its own: what comes after it reads the objects.
    ///
    /// - Returns: how many objects are new.
    private static func storeUnstored(_ plan: MigrationPlan, _ session: Session) throws -> Int {
        guard !plan.unstored.isEmpty else { return 0 }
        let count = plan.unstored.reduce(0) { $0 + $1.tree.snapshot.count }
        let recorder = try OutputRecorder(session, expecting: count, stores: true)
        for (tree, algorithm) in plan.unstored { _ = try recorder.record(tree, algorithm) }
        let storedCount = recorder.pendingCount
        try recorder.commit()
        return storedCount
    }

    private mutating func record(_ tree: DataTree, _ key: MigrationPlace.Key, isStored: Bool) throws {
        let algorithm = plan.format.algorithm
        guard let location = key.location,
            let source = try StageDependencies.tree(at: location, algorithm, recorded: key.id, session)
        else { throw StoreError(.changing, session.workspace.root.appending(tree.path.description)) }
        let recorded = try (isStored ? recorder : witness).record(source, algorithm)
        // Between the two looks at it, it must have stayed what its old id says.
        guard recorded.tree.isUntouched(since: tree) else {
            throw StoreError(.changing, session.workspace.absolute(tree.path))
        }
        var result = Migrated(id: recorded.id)
        if let listing = recorded.listing, (0..<listing.count).contains(where: listing.isLink) {
            result.reshaped = (recorded.size, listing.fileCount)
        }
        results[key] = result
        if isStored { trees.append((recorded.tree, algorithm, recorded.isExecutable)) }
    }

    // MARK: objects of the store

    private mutating func convertObjects() throws {
        var wanted: Set<ObjectID> = []
        var users: [ObjectID: RepoPath] = [:]
        var listings: [(key: MigrationPlace.Key, listing: DirListing)] = []
        for key in plan.order {
            guard case .store(let listing) = plan.sources[key] else { continue }
            let path = key.path
            guard let listing else {
                wanted.insert(key.id)
                if let path { users[key.id] = path }
                continue
            }
            listings.append((key, listing))
            for index in 0..<listing.count where !listing.isLink(index) {
                guard let id = listing.object(at: index, key.id.algorithm), wanted.insert(id).inserted,
                    let path
                else { continue }
                users[id] = path
            }
        }
        let report = try recorder.convert(wanted.sorted())
        try refuse(report.failures, users)
        for key in plan.order {
            if case .store(nil) = plan.sources[key], let new = report.objects[key.id] {
                results[key] = Migrated(id: new.id)
            }
        }
        for (key, listing) in listings { try convert(listing, key, report.objects) }
    }

    /// Damaged objects leave the cache, and nothing more is done.
    private func refuse(_ failures: [(id: ObjectID, error: StoreError)], _ users: [ObjectID: RepoPath])
        throws
    {
        guard !failures.isEmpty else { return }
        let store = try session.store()
        let errors = try failures.map { failure in
            if failure.error.damagedObject != nil {
                _ = try store.moveAside(failure.id, into: session.workspace.damagedFolder)
            }
            let words = CairnError(failure.error)
            let user = users[failure.id].map { "'\(session.workspace.display($0))': " } ?? ""
            return CairnError(
                words.kind, user + words.message,
                hint: "nothing is migrated; bring the data again: `cairn pull`, then migrate")
        }
        throw CairnError(allOf: errors)
    }

    /// Makes the listing of the other format with the new ids of its members.
    private mutating func convert(
        _ listing: DirListing, _ key: MigrationPlace.Key,
        _ objects: [ObjectID: ObjectConversion.Converted]
    ) throws {
        var builder = DirListingBuilder(DirListing.Form(of: plan.format.algorithm))
        builder.reserve(count: listing.count, pathBytes: listing.count * 24)
        var size: Int64 = 0
        var hasLinks = false
        for index in 0..<listing.count {
            var entry = index
            if listing.isLink(index) {
                hasLinks = true
                guard let target = plan.linkTargets[key]?[index] else { continue }
                entry = target
            }
            guard let old = listing.object(at: entry, key.id.algorithm) else { continue }
            guard let new = objects[old] else { throw StoreError(.missing(old), try session.store().root) }
            size += new.size
            try builder.append(Array(listing.paths[index]), new.id.digest, size: new.size)
        }
        let new = try builder.listing()
        var result = Migrated(id: try recorder.record(new, plan.format.algorithm))
        if hasLinks { result.reshaped = (size, new.fileCount) }
        results[key] = result
    }

    // MARK: the workspace

    /// Files that are links into the store lead to the new objects from here on, so that the old ones can go one day.
    private mutating func relink() throws {
        let relink = try Relink(session)
        for item in trees {
            let items = try relink.items(of: item.tree, item.algorithm, isExecutable: item.isExecutable)
            for failure in try relink.place(items) {
                linkFailures.append(try RepoPath(validating: items.paths[failure.index]))
            }
        }
    }

    /// What an entry will say; `nil` if it stays as it is.
    func content(of place: MigrationPlace) -> ContentRecord? {
        if forgotten.contains(place.key) { return ContentRecord() }
        guard let result = results[place.key] else { return nil }
        var content = place.content
        content.id = result.id
        if let reshaped = result.reshaped {
            if content.size != nil { content.size = reshaped.size }
            if content.fileCount != nil { content.fileCount = Int64(reshaped.fileCount) }
        }
        return content
    }
}

extension DataTree {
    /// True if files that both have are as they were in an earlier look at the same place, and only what DVC's form does not tell differs.
    fileprivate func isUntouched(since earlier: DataTree) -> Bool {
        guard isFolder == earlier.isFolder else { return false }
        let hasLinks = snapshot.files.contains { $0.kind == .symbolicLink }
        guard hasLinks || snapshot.count == earlier.snapshot.count else { return false }
        var next = 0
        for index in 0..<snapshot.count where snapshot.files[index].kind == .regular {
            let path = snapshot.paths[index]
            while next < earlier.snapshot.count, !earlier.snapshot.paths[next].elementsEqual(path) {
                // Links are followed in one form, and files in the other.
                next += 1
            }
            guard next < earlier.snapshot.count,
                snapshot.files[index].hasSameContent(as: earlier.snapshot.files[next])
            else { return false }
        }
        return true
    }
}
