public import CairnCore
import CairnStore
import CairnSystem

/// How the cache and remotes differ.
public struct RemoteStatusReport: Sendable {
    /// Where an object is, under DVC's names.
    public enum State: String, Sendable {
        /// In the cache only.
        case new
        /// On the remote only.
        case deleted
        /// Nowhere.
        case missing
    }

    /// An output, or a file in one, whose object is not in both.
    public struct Entry: Sendable {
        /// The path as the user sees it.
        public let path: String
        /// Where its object is.
        public let state: State
    }

    /// What is not in both, by path; a path that differs in several revisions has one entry, the most serious.
    public internal(set) var entries: [Entry] = []
    /// The names of the remotes that were compared.
    public internal(set) var remotes: [String] = []
    /// Revisions, or files in them, that could not be read and were passed over.
    public internal(set) var skipped: [(name: String, error: CairnError)] = []
    /// False if the workspace declares nothing at all.
    public internal(set) var hasDeclarations = false
}

extension Workspace {
    /// Compares the cache with remotes, object by object. Nothing is changed.
    ///
    /// - Throws: `CairnError` of kind `config` without a remote.
    public func remoteStatus(
        _ targets: [String] = [], _ options: TransferOptions = TransferOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> RemoteStatusReport {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        var report = RemoteStatusReport()
        report.hasDeclarations = !index.pointers.isEmpty || !index.pipelines.isEmpty
        connections.want(jobs: options.jobs)
        if report.hasDeclarations { _ = try remoteStore(options.remote, for: "status") }
        let scope = try TransferScope(.push, targets, options, index, session)
        report.skipped = scope.skipped
        var states: [RepoPath: RemoteStatusReport.State] = [:]
        for group in scope.groups {
            let remote = try group.remote.get()
            report.remotes.append(remote.name)
            try remote.naming {
                try compare(
                    group.used, with: RemoteContents(of: remote, session, jobs: options.jobs), &states,
                    session)
            }
        }
        report.entries = states.sorted { $0.key < $1.key }.map {
            .init(path: display($0.key), state: $0.value)
        }
        return report
    }

    private func compare(
        _ wanted: UsedObjects, with remote: RemoteContents,
        _ states: inout [RepoPath: RemoteStatusReport.State],
        _ session: Session
    ) throws {
        var used = wanted
        let reader = try ListingReader(session, others: [remote], movesDamagedAside: false)
        try used.expand(reader)
        let ids = used.ids
        let here = try ObjectInventory(of: session.store(), expecting: ids.count)
        let there = try remote.present(among: ids)
        var found: [ObjectID: RemoteStatusReport.State] = [:]
        for id in ids {
            switch (try here.contains(id), there.contains(id)) {
            case (true, true): continue
            case (true, false): found[id] = .new
            case (false, true): found[id] = .deleted
            case (false, false): found[id] = .missing
            }
        }
        // DVC reports an object once, under the first of its paths; we name every path.
        var reported: Set<ObjectID> = []
        let isOnce = personality == .dvc
        try used.forEachPath(of: Set(found.keys), reader) { id, path, _ in
            if isOnce, !reported.insert(id).inserted { return }
            guard let state = found[id], state.rank > states[path]?.rank ?? 0 else { return }
            states[path] = state
        }
    }
}

extension RemoteStatusReport.State {
    fileprivate var rank: Int {
        switch self {
        case .deleted: 1
        case .new: 2
        case .missing: 3
        }
    }
}
