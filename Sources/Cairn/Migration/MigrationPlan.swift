import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// Where the data of every entry comes from that is to get an id of another format. Nothing is written while a plan is made.
struct MigrationPlan {
    /// Where data is read.
    enum Source {
        /// In the workspace, where it is as recorded. What the store does not keep is only hashed.
        case workspace(DataTree, isStored: Bool)
        /// In the store; with the listing of a directory.
        case store(DirListing?)
    }

    let format: RepositoryFormat
    /// All entries with an id of the other format.
    let places: [MigrationPlace]
    private(set) var sources: [MigrationPlace.Key: Source] = [:]
    /// The keys of `sources` in the order of the entries.
    private(set) var order: [MigrationPlace.Key] = []
    /// Data of the workspace that is as recorded and that the store lacks.
    private(set) var unstored: [(tree: DataTree, algorithm: HashAlgorithm)] = []
    /// Entries whose data is nowhere.
    private(set) var missing: [MigrationPlace] = []
    /// What DVC's format cannot hold.
    private(set) var losses: [(path: RepoPath, loss: MigrateReport.Loss)] = []
    /// Symbolic links that a file of their directory stands for in DVC's format.
    private(set) var filledLinks: [RepoPath] = []
    /// Entries that links in directories of the store stand for, when they are stored as files.
    private(set) var linkTargets: [MigrationPlace.Key: [Int: Int]] = [:]
    /// Outputs whose files in the workspace are not as recorded.
    private(set) var differing: [RepoPath] = []
    /// Outputs that keep their ids whatever the format is.
    private(set) var others: [RepoPath] = []
    /// How many files are to be stored anew, and their bytes.
    private(set) var fileCount = 0
    private(set) var bytes: Int64 = 0

    private let session: Session
    private let store: ObjectStore
    private let inventory: ObjectInventory

    init(_ index: OutputIndex, to format: RepositoryFormat, _ session: Session) throws {
        self.format = format
        self.session = session
        store = try session.store()
        var others: [RepoPath] = []
        places = try index.places(notIn: format, others: &others)
        self.others = others
        let expected = places.lazy.map { $0.content.fileCount ?? 1 }.clampedSum()
        inventory = try ObjectInventory(of: store, expecting: Int(clamping: expected))
        var seen: Set<MigrationPlace.Key> = []
        // What the store has to keep comes first: a stage may depend on another's output.
        for place in places.filter(\.isStored) + places.filter({ !$0.isStored })
        where seen.insert(place.key).inserted {
            try Interruption.check()
            try look(for: place)
        }
    }

    /// Entries that will get another id.
    var changing: [MigrationPlace] { places.filter { sources[$0.key] != nil } }

    /// Entries of locks whose data is nowhere and need not be: without an id, their stage counts as changed, which it is. DVC would refuse
    /// the whole lock for the id that they have.
    var forgotten: [MigrationPlace] {
        let keys = Set(missing.filter { !$0.isStored && format == .dvc }.map(\.key))
        return places.filter { keys.contains($0.key) }
    }

    private mutating func look(for place: MigrationPlace) throws {
        let id = place.key.id
        let stored = try storedListing(id)
        guard place.isStored else { return try lookAside(place, stored) }
        let matching: DataTree?
        switch try look(inWorkspaceFor: place) {
        case .nothing: matching = nil
        case .same(let tree): matching = tree
        case .other:
            matching = nil
            if let path = place.path { differing.append(path) }
        }
        var hasLinks = false
        if format == .dvc, id.isDirectory, let listing = try stored?.listing ?? matching?.listing() {
            hasLinks = try noteLosses(of: listing, place, isStored: stored != nil)
        }
        if let matching, !hasLinks {
            take(
                place.key, .workspace(matching, isStored: true), matching.snapshot.count,
                matching.snapshot.size)
        } else if let stored {
            take(
                place.key, .store(stored.listing), stored.listing?.fileCount ?? 1,
                try size(id, stored.listing))
        } else if let matching {
            // Links can only be followed in what the store has.
            unstored.append((matching, id.algorithm))
            take(
                place.key, .store(try matching.listing()), matching.snapshot.count, matching.snapshot.size)
        } else {
            missing.append(place)
        }
    }

    /// Looks for data that the store need not have. Of what it has, no file of the workspace is touched.
    private mutating func lookAside(_ place: MigrationPlace, _ stored: (listing: DirListing?, Void)?) throws {
        // A native workspace knows DVC's ids: what is of no output may keep them.
        if let stored, format == .dvc || place.isOfOutput {
            let listing = stored.listing
            take(place.key, .store(listing), listing?.fileCount ?? 1, try size(place.key.id, listing))
        } else if format == .dvc {
            // DVC refuses a lock with an id that it does not know.
            guard case .same(let tree) = try look(inWorkspaceFor: place) else {
                missing.append(place)
                return
            }
            sources[place.key] = .workspace(tree, isStored: false)
            order.append(place.key)
        }
    }

    private mutating func take(
        _ key: MigrationPlace.Key, _ source: Source, _ count: Int, _ size: Int64
    ) {
        sources[key] = source
        order.append(key)
        fileCount += count
        bytes = bytes.addingClamped(size)
    }

    /// The listing of an object that the store has as a whole, which a file has none of; `nil` if it has not.
    private func storedListing(_ id: ObjectID) throws -> (listing: DirListing?, Void)? {
        guard try inventory.contains(id) else { return nil }
        guard id.isDirectory else { return (nil, ()) }
        let listing: DirListing
        do throws(StoreError) {
            listing = try store.listing(id)
        } catch {
            // A damaged one is as good as none; `verify` deals with it.
            if case .missing = error.reason { return nil }
            if error.damagedObject != nil { return nil }
            throw error
        }
        for index in 0..<listing.count {
            if let member = listing.object(at: index, id.algorithm), try !inventory.contains(member) {
                return nil
            }
        }
        return (listing, ())
    }

    private enum Found {
        case nothing
        case same(DataTree)
        case other
    }

    /// Compares what lies in the workspace with what is recorded.
    private func look(inWorkspaceFor place: MigrationPlace) throws -> Found {
        guard let location = place.key.location else { return .nothing }
        let id = place.key.id
        do {
            guard var tree = try StageDependencies.tree(at: location, id.algorithm, recorded: id, session)
            else {
                return .nothing
            }
            guard tree.isFolder == id.isDirectory, try tree.currentID(id.algorithm, session) == id else {
                return .other
            }
            return .same(tree)
        } catch {
            // What cannot be read is not what is recorded. The store may have that.
            let words = CairnError(error)
            if words.kind == .interrupted || words.kind == .internal { throw words }
            return .other
        }
    }

    private func size(_ id: ObjectID, _ listing: DirListing?) throws -> Int64 {
        guard let listing else { return try store.size(of: id) ?? 0 }
        if let total = listing.totalSize { return total }
        var total: Int64 = 0
        for index in 0..<listing.count {
            if let member = listing.object(at: index, id.algorithm) {
                total += try store.size(of: member) ?? 0
            }
        }
        return total
    }

    /// Notes what DVC's format cannot hold.
    ///
    /// - Returns: whether there are symbolic links among it.
    private mutating func noteLosses(of listing: DirListing, _ place: MigrationPlace, isStored: Bool) throws
        -> Bool
    {
        guard let folder = place.path else { return false }
        func path(_ index: Int) throws -> RepoPath {
            try folder.appending(RepoPath(validating: listing.paths[index]))
        }
        var targets: [Int: Int] = [:]
        for index in 0..<listing.count {
            switch listing.kind(at: index) {
            case .file: continue
            case .executable: losses.append((try path(index), .executableBit))
            case .emptyFolder: losses.append((try path(index), .emptyFolder))
            case .symbolicLink:
                targets[index] = try listing.target(ofLink: index) { [store, session] link in
                    guard isStored else { return try session.folder.linkTarget(path(link).bytes)?.bytes }
                    return try listing.object(at: link, place.key.id.algorithm).map(store.read)
                }
                if targets[index] == nil {
                    losses.append((try path(index), .symbolicLink))
                } else {
                    filledLinks.append(try path(index))
                }
            }
        }
        linkTargets[place.key] = targets
        return (0..<listing.count).contains(where: listing.isLink)
    }
}

extension MigrationPlace {
    /// The file whose text has the entry: the pointer, or the lock beside the pipeline file.
    var textFile: RepoPath {
        switch slot {
        case .output: file
        case .lockedOutput, .lockedDependency: file.sibling("dvc.lock")
        }
    }
}
