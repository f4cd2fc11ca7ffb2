import CairnCore
public import CairnStore
import CairnSystem

extension Workspace {
    /// Deletes objects that nothing in scope uses from the cache, and from a remote if that is asked for.
    ///
    /// First a plan is made and handed to `confirm`; nothing is deleted unless it answers true. The repository's lock is held meanwhile, so
    /// the plan stays true. What is not certain to be unused stays: pointers that cannot be read, listings that are not there
    /// and a cache that other workspaces may use stop the command before anything is deleted.
    /// - Throws: `CairnError` for such a reason, or when an object cannot be deleted.
    public func collect(
        _ options: CollectOptions, reporter: any Reporter = SilentReporter(),
        confirm: (CollectPlan) throws -> Bool
    ) throws -> CollectReport {
        try options.validate()
        let sessions = try sessions(with: others(options.projects), reporter)
        try refuseSharedCache(options)
        var collection = try CollectRun(options, sessions)
        let plan = try collection.plan()
        var report = CollectReport(plan: plan)
        guard !options.isDry, try confirm(plan) else { return report }
        try collection.carryOut(&report)
        report.isDone = true
        return report
    }

    /// Brings back into the cache what the last collection put aside.
    ///
    /// - Returns: `nil` if there is nothing to bring back: it is so long ago that it was deleted, or nothing was put aside.
    /// - Throws: `CairnError` if the cache is in use, or a file cannot be moved.
    public func undoCollection(reporter: any Reporter = SilentReporter()) throws -> PackedStore.Undone? {
        let session = try Session(self, reporter: reporter, writes: true)
        return try session.store().packed?.undoCollection()
    }

    /// Locks this workspace and others: in the same order whichever of them the command was given in, so that two collections of the same
    /// workspaces do not wait for each other.
    ///
    /// - Returns: what is held open for each, this workspace first.
    private func sessions(with others: [Workspace], _ reporter: any Reporter) throws -> [Session] {
        var sessions: [Session] = []
        for workspace in ([self] + others).sorted(by: {
            $0.root.bytes.lexicographicallyPrecedes($1.root.bytes)
        }) {
            sessions.append(try Session(workspace, reporter: reporter, writes: true))
        }
        return sessions.filter { $0.workspace.root == root } + sessions.filter { $0.workspace.root != root }
    }

    /// The other workspaces that the user names, each once.
    private func others(_ paths: [String]) throws -> [Workspace] {
        var result: [Workspace] = []
        for path in paths {
            let typed = FilePath(bytes: Array(path.utf8))
            var place = surroundings
            place.workingDirectory = typed.isAbsolute ? typed : surroundings.workingDirectory.pushing(typed)
            var other = try Workspace.discover(from: place, as: personality)
            other.waitsForLock = waitsForLock
            if other.root != root, !result.contains(where: { $0.root == other.root }) { result.append(other) }
        }
        return result
    }

    private func refuseSharedCache(_ options: CollectOptions) throws {
        guard !options.isForced, !options.isDry, options.projects.isEmpty,
            try cacheFolder.status(following: true) != nil
        else { return }
        let (cache, own) = (try cacheFolder.resolved().bytes, try controlFolder.resolved().bytes)
        guard !cache.starts(with: own + [UInt8(ascii: "/")]) else { return }
        throw CairnError(
            .conflict,
            "the cache '\(cache.printable)' lies outside of the workspace: what other workspaces use in it would be deleted too",
            hint: "name them with `--projects PATH`, or use `--force` if there are none")
    }
}
