public import CairnCore
import CairnStore
import CairnSystem

/// What `whereis` is to look at.
public struct WhereaboutsOptions: Sendable {
    /// The revision whose pointers count; `nil` for those of the workspace.
    public var revision: String?
    /// The remotes to ask; all that are configured if none is named.
    public var remotes: [String] = []

    /// The workspace, everywhere.
    public init() {}
}

/// Where the data of a path is.
public struct Whereabouts: Sendable {
    /// How much of it a place has.
    public struct Holding: Sendable {
        /// The name of the remote; `nil` for the cache.
        public let remote: String?
        /// How many objects are there.
        public internal(set) var present = 0
        /// How many of them are in packs; of a remote only where its objects lie in a folder.
        public internal(set) var packed: Int?
        /// Why it is not known what the place has.
        public internal(set) var error: CairnError?
    }

    /// The path that was asked about, relative to the workspace.
    public let path: [UInt8]
    /// The object: of a file, or of the listing of a directory; `nil` if nothing is recorded yet.
    public let id: ObjectID?
    /// True for a folder.
    public let isFolder: Bool
    /// How many objects it consists of, the listing among them.
    public internal(set) var objects = 0
    /// False where the files of a directory are not known, because its listing is nowhere.
    public internal(set) var isListed = true
    /// How many objects are in no place that was asked.
    public internal(set) var nowhere = 0
    /// The cache first, then remotes by name.
    public internal(set) var holdings: [Holding] = []
}

extension Workspace {
    /// Finds out which places have the data of some paths: the cache, and remotes by their indexes where they have one.
    ///
    /// A remote that cannot be asked says so in its holding; the others are asked all the same.
    /// - Parameter targets: outputs, paths inside of them, pointer files and stages; all outputs if none is named.
    /// - Throws: `CairnError` of kind `notFound` for an unknown target, revision or remote.
    public func whereabouts(
        of targets: [String], _ options: WhereaboutsOptions = WhereaboutsOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> [Whereabouts] {
        let session = try Session(self, reporter: reporter, writes: false)
        let index: OutputIndex
        if let revision = options.revision {
            let git = try session.repository()
            let commit = try git.resolve(revision)
            var reader = try RevisionReader(session)
            let content = try reader.read(NamedCommit(commit: commit, name: revision), onlyNew: false)
            index = content?.index ?? OutputIndex()
        } else {
            index = try WorkspaceScan.run(session)
        }
        if options.revision != nil, let problem = index.problems.first { throw problem.error }
        var targetOptions = TargetOptions()
        targetOptions.isRecursive = true
        let outputs = try index.outputs(for: targets, targetOptions, in: self).filter {
            $0.output.record.isCached
        }
        var search = try WhereaboutsSearch(options.remotes, session)
        return try search.run(outputs)
    }
}

/// Asks all places about the objects of some outputs, each once.
private struct WhereaboutsSearch {
    private let session: Session
    private var remotes: [(name: String, contents: Result<RemoteContents, CairnError>)] = []

    init(_ names: [String], _ session: Session) throws {
        self.session = session
        let workspace = session.workspace
        let wanted = names.isEmpty ? workspace.configuration.remoteNames.sorted() : names
        for name in wanted {
            // A name that is none is a mistake; a remote that cannot be reached is an answer.
            if !names.isEmpty { _ = try workspace.remoteStore(name, for: "whereis") }
            do {
                let remote = try workspace.remoteStore(name, for: "whereis")
                remotes.append(
                    (name, .success(try remote.naming { try RemoteContents(of: remote, session) })))
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                remotes.append((name, .failure(error)))
            }
        }
    }

    mutating func run(_ targets: [TargetedOutput]) throws -> [Whereabouts] {
        let sources: [any ListingSource] = remotes.compactMap { try? $0.contents.get() }
        let reader = try ListingReader(session, others: sources, movesDamagedAside: false)
        var found: [(place: Whereabouts, ids: [ObjectID])] = []
        for target in targets.sorted(by: { ($0.part ?? $0.output.path) < ($1.part ?? $1.output.path) }) {
            try Interruption.check()
            found.append(try objects(of: target, reader))
        }
        let all = Set(found.flatMap(\.ids)).sorted()
        let cache = try session.store()
        let inventory = try ObjectInventory(of: cache, expecting: all.count)
        let here = Set(try all.filter { try inventory.contains($0) })
        let packed = cache.packed == nil ? [] : Set(try here.filter { try cache.isPacked($0) })
        let there = try remotes.map { remote in (remote.name, try present(all, remote.contents)) }
        return found.map { item in
            var place = item.place
            place.holdings = [
                Whereabouts.Holding(
                    remote: nil, present: item.ids.count { here.contains($0) },
                    packed: item.ids.count { packed.contains($0) })
            ]
            for (name, answer) in there {
                var holding = Whereabouts.Holding(remote: name)
                switch answer {
                case .success(let ids): holding.present = item.ids.count { ids.contains($0) }
                case .failure(let error): holding.error = error
                }
                place.holdings.append(holding)
            }
            place.nowhere = item.ids.count { id in
                !here.contains(id) && !there.contains { (try? $0.1.get())?.contains(id) ?? false }
            }
            return place
        }
    }

    private func present(
        _ ids: [ObjectID], _ contents: Result<RemoteContents, CairnError>
    ) throws -> Result<Set<ObjectID>, CairnError> {
        do {
            return .success(try contents.get().present(among: ids))
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            return .failure(error)
        }
    }

    /// The objects that a path consists of, each once.
    private func objects(
        of target: TargetedOutput, _ reader: ListingReader
    ) throws -> (Whereabouts, [ObjectID]) {
        let path = target.part ?? target.output.path
        guard let wanted = WantedOutput(target) else {
            return (Whereabouts(path: path.bytes, id: nil, isFolder: false), [])
        }
        guard wanted.id.isDirectory else {
            return (Whereabouts(path: path.bytes, id: wanted.id, isFolder: false, objects: 1), [wanted.id])
        }
        var ids: Set<ObjectID> = target.part == nil ? [wanted.id] : []
        let listing: DirListing?
        if let recorded = wanted.recordedListing {
            listing = recorded
        } else {
            listing = try? reader.listing(wanted.id).get()
        }
        guard let listing else {
            ids.insert(wanted.id)
            return (
                Whereabouts(
                    path: path.bytes, id: target.part == nil ? wanted.id : nil, isFolder: true,
                    objects: 1, isListed: false), Array(ids)
            )
        }
        var own = target.part == nil ? wanted.id : nil
        var isFolder = true
        for index in 0..<listing.count where target.covers(listing.paths[index]) {
            guard let id = listing.object(at: index, wanted.id.algorithm) else { continue }
            ids.insert(id)
            if let part = target.part?.relative(to: target.output.path),
                part.bytes.elementsEqual(listing.paths[index])
            {
                (own, isFolder) = (id, false)
            }
        }
        guard !ids.isEmpty else {
            let name = session.workspace.display(path)
            let known = listing.paths(below: target.output.path).map { session.workspace.display($0) }
            throw CairnError(
                .notFound, "'\(name)' is not tracked",
                hint: EditDistance.closest(to: name, among: known).map { "did you mean '\($0)'?" })
        }
        return (
            Whereabouts(path: path.bytes, id: own, isFolder: isFolder, objects: ids.count), ids.sorted()
        )
    }
}

extension DirListing {
    /// The paths of all files, from where the directory is.
    fileprivate func paths(below folder: RepoPath) -> [RepoPath] {
        (0..<count).compactMap { try? folder.appending(RepoPath(validating: paths[$0])) }
    }
}
