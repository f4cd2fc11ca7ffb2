public import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What bringing a cache of DVC 2 to the layout of today did, or would do.
public struct CacheMigrationReport: Sendable {
    /// How many objects lie where DVC 2 puts them.
    public internal(set) var legacyCount = 0
    /// How many got a place of today.
    public internal(set) var count = 0
    /// Bytes that had to be copied, where the file system cannot link.
    public internal(set) var copiedBytes: Int64 = 0
    /// Legacy objects that cannot be read or are damaged.
    public internal(set) var failures: [(id: ObjectID, error: CairnError)] = []
    /// Directories of which the cache lacks files, so that they stay as they are.
    public internal(set) var incomplete: [ObjectID] = []
    /// Pointers and locks that were rewritten, or would be.
    public internal(set) var files: [RepoPath] = []
    /// Outputs that keep their old hash, because the cache lacks their data.
    public internal(set) var leftBehind: [RepoPath] = []
    /// Files that belong into git, changed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Gives objects of DVC 2 in the cache their places of today, without taking the old ones away.
    ///
    /// - Parameters:
    ///   - rewritesFiles: whether pointers and locks of the workspace name the new objects from then on.
    ///   - isDry: whether to look only.
    /// - Throws: `CairnError`; the same command goes on from there.
    public func migrateCache(
        rewritesFiles: Bool, isDry: Bool, reporter: any Reporter = SilentReporter()
    ) throws -> CacheMigrationReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = rewritesFiles ? try WorkspaceScan.run(session) : OutputIndex()
        let migration = LegacyMigration(
            of: try session.store().loose, workers: session.workers, reporter: reporter)
        var report = CacheMigrationReport()
        if isDry {
            report.legacyCount = try migration.legacyObjects().count
            report.files = index.legacyFiles()
            return report
        }
        report.legacyCount = try migration.legacyObjects().count
        let done = try migration.run(convertsListings: rewritesFiles)
        (report.count, report.copiedBytes) = (done.count, done.copiedBytes)
        report.incomplete = done.incomplete.map(\.id)
        for (id, error) in done.failures {
            if case .damaged = error.reason {
                _ = try session.store().loose.moveAside(id, into: damagedFolder)
            }
            report.failures.append((id, CairnError(error)))
        }
        guard rewritesFiles else { return report }
        var git = try GitFiles(session)
        let texts = try index.textsNaming(done.ids, &report.leftBehind)
        for output in index.outputs where output.record.isCached {
            guard let id = output.record.id, done.ids[id] != nil else { continue }
            try git.ignore(output.path, session)
        }
        for (file, text) in texts {
            try AtomicFile.write(text, to: absolute(file))
            git.changed(file)
            report.files.append(file)
        }
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }
}

extension OutputIndex {
    /// Pointers and locks with entries of DVC 2, in order of paths.
    fileprivate func legacyFiles() -> [RepoPath] {
        var files = pointers.filter { $0.value.outputs.contains { $0.id?.algorithm == .md5DOS2Unix } }.map(
            \.key)
        files += pipelines.filter { ($0.value.lock?.stages ?? []).contains { $0.hasLegacyEntries } }.map {
            $0.key.sibling("dvc.lock")
        }
        return files.sorted()
    }

    /// The new texts of pointers and locks that name legacy objects, in order of paths.
    ///
    /// - Parameter left: takes in outputs whose new id is not known.
    fileprivate func textsNaming(
        _ ids: [ObjectID: ObjectID], _ left: inout [RepoPath]
    ) throws -> [(file: RepoPath, text: [UInt8])] {
        for output in outputs where output.record.id?.algorithm == .md5DOS2Unix {
            if let id = output.record.id, ids[id] == nil { left.append(output.path) }
        }
        var texts: [(file: RepoPath, text: [UInt8])] = []
        for (file, pointer) in pointers {
            var new = pointer
            for index in new.outputs.indices {
                if let id = new.outputs[index].id, let newID = ids[id] { new.outputs[index].id = newID }
            }
            guard new.outputs != pointer.outputs else { continue }
            texts.append((file, try pointer.textWithIDs(of: new.outputs)))
        }
        for (file, pipeline) in pipelines {
            guard let lock = pipeline.lock else { continue }
            let changed = lock.stages.compactMap { $0.naming(ids) }
            if !changed.isEmpty { texts.append((file.sibling("dvc.lock"), try lock.replacing(changed).text)) }
        }
        return texts.sorted { $0.file < $1.file }
    }
}

extension PointerFile {
    /// The text with other ids of the same data.
    ///
    /// - Throws: `FormatsError` as `text()`.
    func textWithIDs(of outputs: [OutputRecord]) throws -> [UInt8] {
        var new = self
        new.outputs = outputs
        // An import's checksum covers its outputs; one that did not hold before must not come to hold.
        if md5 == stageDigest.hex { new.md5 = new.stageDigest.hex }
        return try new.text()
    }
}

extension LockedStage {
    fileprivate var hasLegacyEntries: Bool {
        outputs.contains { $0.id?.algorithm == .md5DOS2Unix }
            || dependencies.contains { $0.id?.algorithm == .md5DOS2Unix }
    }

    /// The stage with new ids; `nil` if nothing changes.
    fileprivate func naming(_ ids: [ObjectID: ObjectID]) -> LockedStage? {
        var new = self
        for index in new.outputs.indices {
            if let id = new.outputs[index].id, let newID = ids[id] { new.outputs[index].id = newID }
        }
        for index in new.dependencies.indices {
            if let id = new.dependencies[index].id, let newID = ids[id] {
                new.dependencies[index].content.id = newID
            }
        }
        return new == self ? nil : new
    }
}
