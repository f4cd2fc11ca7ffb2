import CairnCore
import CairnGit
import CairnStore
import CairnSystem

/// Looks up where objects that nothing uses any more were used last: in the history of git, the newest commits first.
struct LastKnownSearch {
    private let session: Session
    private let listings: ListingReader
    private var wanted: Set<ObjectID>
    private(set) var found: [ObjectID: CollectPlan.LastKnown] = [:]

    /// Prepares to look for objects.
    ///
    /// - Parameter listings: reads those of them that are listings, to name what they name.
    init(_ ids: Set<ObjectID>, _ listings: ListingReader, _ session: Session) {
        wanted = ids
        self.listings = listings
        self.session = session
    }

    /// Looks through history, and then through listings that no pointer in it names.
    ///
    /// - Throws: `SystemError` when the user asked to stop. History that cannot be read names nothing.
    mutating func run() throws {
        guard !wanted.isEmpty else { return }
        do {
            try lookThroughHistory()
        } catch {
            // A name is a service: without history there are still id, size and age.
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
        }
        for id in wanted.sorted() where id.isDirectory {
            try lookInto(id) { path in CollectPlan.LastKnown(path: path, revision: nil, listing: id) }
        }
    }

    private mutating func lookThroughHistory() throws {
        guard let git = try session.git() else { return }
        var scope = RevisionScope()
        scope.allCommits = true
        scope.allExperiments = true
        let commits = try scope.commits(in: git).sorted { $0.commit.committerTime > $1.commit.committerTime }
        var reader = try RevisionReader(session)
        for commit in commits where !wanted.isEmpty {
            guard let content = try reader.read(commit, onlyNew: true) else { continue }
            for output in content.index.outputs {
                guard let id = output.record.id, wanted.contains(id) else { continue }
                let place = session.workspace.relativeToUser(output.path)
                note(id, CollectPlan.LastKnown(path: place, revision: commit.name, listing: nil))
                guard id.isDirectory else { continue }
                try lookInto(id) { path in
                    CollectPlan.LastKnown(
                        path: place + [UInt8(ascii: "/")] + path, revision: commit.name, listing: nil)
                }
            }
        }
    }

    private mutating func lookInto(_ id: ObjectID, _ make: ([UInt8]) -> CollectPlan.LastKnown) throws {
        guard case .success(let listing) = try listings.listing(id) else { return }
        for index in 0..<listing.count {
            let member = ObjectID(id.algorithm, listing.digest(at: index))
            if wanted.contains(member) { note(member, make(Array(listing.paths[index]))) }
        }
    }

    private mutating func note(_ id: ObjectID, _ known: CollectPlan.LastKnown) {
        wanted.remove(id)
        found[id] = known
    }
}
