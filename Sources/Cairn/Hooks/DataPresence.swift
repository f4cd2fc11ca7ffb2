import CairnCore
import CairnStore

/// Outputs of which something is in none of the places where it was looked for.
struct LackingOutput {
    let output: WantedOutput
    /// Paths in it without data, in order; the output itself for a file, and where its listing is lacking.
    let paths: [RepoPath]
}

/// Asks the cache and remotes for the objects of outputs; no byte of data is read but listings of directories.
struct DataPresence {
    let session: Session

    /// What remotes lack of what goes there.
    ///
    /// - Throws: `CairnError` if a remote cannot be asked.
    func lacking(on remote: RemoteStore, _ wanted: UsedObjects, jobs: Int? = nil) throws -> [LackingOutput] {
        try remote.naming {
            var used = wanted
            let contents = try RemoteContents(of: remote, session, jobs: jobs)
            let reader = try ListingReader(session, others: [contents], movesDamagedAside: false)
            try used.expand(reader)
            let there = try contents.present(among: used.ids)
            return try Self.lacking(Set(used.ids.filter { !there.contains($0) }), used, reader)
        }
    }

    /// What neither the cache nor a remote has. The remote is only asked for what the cache lacks.
    ///
    /// - Parameter remote: the remote, or why there is none.
    /// - Returns: what is lacking, and why the remote could not be asked if it could not.
    func lacking(
        fromCacheAnd remote: Result<RemoteStore, CairnError>, _ wanted: UsedObjects
    ) throws -> (outputs: [LackingOutput], unasked: CairnError?) {
        var used = wanted
        let near = try ListingReader(session, movesDamagedAside: false)
        try used.expand(near)
        let store = try session.store()
        let inventory = try ObjectInventory(of: store, expecting: used.ids.count)
        var gone = Set(try used.ids.filter { try !inventory.contains($0) })
        guard !gone.isEmpty || !used.unknown.isEmpty else { return ([], nil) }
        var reader = near
        var unasked: CairnError?
        do {
            let remote = try remote.get()
            try remote.naming {
                let contents = try RemoteContents(of: remote, session)
                reader = try ListingReader(session, others: [contents], movesDamagedAside: false)
                try used.expand(reader)
                let lacking = try used.ids.filter { try !inventory.contains($0) }
                gone = Set(lacking).subtracting(try contents.present(among: lacking))
            }
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            unasked = error
            reader = near
        }
        return (try Self.lacking(gone, used, reader), unasked)
    }

    private static func lacking(
        _ gone: Set<ObjectID>, _ used: UsedObjects, _ reader: ListingReader
    ) throws -> [LackingOutput] {
        var paths: [WantedOutput: Set<RepoPath>] = [:]
        try used.forEachPath(of: gone, reader) { _, path, output in paths[output, default: []].insert(path) }
        for (output, _) in used.unknown { paths[output, default: []].insert(output.path) }
        return paths.sorted { ($0.key.path, $0.key.id) < ($1.key.path, $1.key.id) }.map {
            LackingOutput(output: $0.key, paths: $0.value.sorted())
        }
    }
}

extension LackingOutput {
    /// The paths for a sentence: a few of them, and how many more there are.
    func names(in workspace: Workspace) -> String {
        // Of a directory its files say more than its own name.
        let inner = paths.filter { $0 != output.path }
        let shown = inner.isEmpty ? [output.path] : inner
        let names = shown.prefix(3).map { "'\(workspace.display($0))'" }.joined(separator: ", ")
        return shown.count > 3 ? "\(names) and \(shown.count - 3) more" : names
    }
}
