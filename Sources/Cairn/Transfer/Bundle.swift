import CairnCore
import CairnRemote
import CairnStore
public import CairnSystem
import CairnTransfer

/// What came into a bundle, or out of one.
public struct BundleReport: Sendable {
    /// The bundle.
    public internal(set) var file: FilePath
    /// Its bytes.
    public internal(set) var bytes: Int64 = 0
    /// How many objects are in it, listings of directories among them.
    public internal(set) var count = 0
    /// How many of them came into the cache; the cache had the others.
    public internal(set) var added = 0
    /// How many packs it has.
    public internal(set) var packs = 0
    /// Objects that cannot be put together, because something of them is neither in the bundle nor in the cache.
    public internal(set) var broken: [TransferReport.Failure] = []
}

extension Workspace {
    /// Writes the data of revisions into one file, for machines that no remote reaches.
    ///
    /// - Parameters:
    ///   - revisions: one revision, or `A..B` for those that B leads to and A does not; what A has is left out then.
    ///   - file: where the bundle is written; relative to where the user stands.
    ///   - replaces: whether a file that is there may be replaced.
    /// - Throws: `CairnError` of kind `missing` if data of the revisions is not in the cache, `conflict` if the file is there.
    public func createBundle(
        of revisions: String, in file: String, replaces: Bool = false,
        reporter: any Reporter = SilentReporter()
    ) throws -> BundleReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let path = surroundings.workingDirectory.pushing(FilePath(file)).lexicallyNormalized()
        guard try replaces || path.status() == nil else {
            throw CairnError(
                .conflict, "'\(path.bytes.printable)' is there already",
                hint: "`--force` replaces it")
        }
        let reader = try ListingReader(session, movesDamagedAside: false)
        let (wanted, assumed) = try bundled(revisions, reader, session)
        let ids = wanted.ids.filter { !assumed.contains($0) }
        let cache = try session.store()
        try checkPresence(of: ids, wanted, reader, in: cache)
        let scratch = try session.scratch()
        let folder = scratch.folder.path(of: scratch.newName())
        try folder.makeFolders()
        let remote = FolderRemote(folder.appending("store"))
        let index = RemoteIndex(of: remote, cachedIn: nil, surroundings: .system)
        var push = PackedPush(
            from: cache, to: index, as: try cloneIdentity(), in: folder, jobs: 1, workers: session.workers,
            reporter: reporter)
        push.assumed = assumed
        let roots = Set(wanted.wanted.map(\.id)).subtracting(assumed).sorted()
        let moved = try waiting("the bundle") { [push] () async throws(TransferError) in
            try await push.run(ids, roots: roots, on: try await index.viewForWriting()).moved
        }
        if let (id, error) = moved.failures.first {
            throw CairnError(
                .damaged, "object \(id.short) cannot be bundled: \(CairnError(error).message)",
                hint: "heal the cache from other copies: `cairn repair`")
        }
        let target = try Folder(path.removingLastComponent())
        let name = path.lastComponentBytes ?? []
        let aside = name + Array(".cairn-\(Surroundings.processID)".utf8)
        do {
            let head = try waiting("the bundle") { () async throws(TransferError) in
                try await Self.write(ids, remote, aside, target, reporter)
            }
            try target.rename(aside, to: target, name)
            try target.sync()
            var report = BundleReport(file: path)
            report.bytes = head.contentSize + Int64(head.serialized.count)
            report.count = ids.count
            report.packs = head.objects.count { $0.key.hasPrefix("\(PackedLayout.packs)/") }
            return report
        } catch {
            try? target.remove(aside)  // the first failure is the one to report
            throw error
        }
    }

    private static func write(
        _ ids: [ObjectID], _ remote: any Remote, _ name: [UInt8], _ folder: Folder, _ reporter: any Reporter
    ) async throws(TransferError) -> BundleHead {
        let file: OpenFile
        do throws(SystemError) {
            file = try OpenFile(creating: name, in: folder, permissions: 0o644)
        } catch {
            throw TransferError(.local(StoreError(error)))
        }
        let head = try await BundleFile.write(ids, and: remote, to: file, reporter: reporter)
        do throws(SystemError) { try file.sync() } catch { throw TransferError(.local(StoreError(error))) }
        return head
    }

    /// Adds what a bundle has to the cache; every byte is checked before anything is added.
    ///
    /// - Throws: `CairnError` of kind `damaged` for a bundle that was cut or altered; nothing is added then.
    public func unbundle(
        _ file: String, reporter: any Reporter = SilentReporter()
    ) throws -> BundleReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let path = surroundings.workingDirectory.pushing(FilePath(file)).lexicallyNormalized()
        guard let status = try path.status(following: true) else {
            throw CairnError(.notFound, "there is no bundle '\(path.bytes.printable)'")
        }
        let scratch = try session.scratch()
        let folder = scratch.folder.path(of: scratch.newName())
        let bundle = BundleFile(at: path, reporter: reporter)
        let ids = try waiting(path.bytes.printable) { () async throws(TransferError) in
            try await bundle.unpack(into: FolderRemote(folder))
        }
        let store = RemoteStore(
            name: (path.lastComponentBytes ?? []).printable, place: .folder(folder), jobs: nil,
            isGroupShared: false,
            wanted: .packed)
        let packed = PackedRemote(store, session, jobs: nil, isRemembered: false)
        let arrival = try PackedArrival(
            from: packed, store, into: try session.store(creating: true), session)
        let came = try arrival.fetch(ids)
        var report = BundleReport(file: path)
        report.bytes = status.size
        report.count = ids.count
        report.added = came.moved.count
        for (id, error) in came.moved.failures {
            report.broken.append(
                TransferReport.Failure(
                    object: TransferReport.Object(id: id, users: []), error: store.error(error)))
        }
        return report
    }

    /// Does asynchronous work for a bundle and waits for it.
    private func waiting<Success: Sendable>(
        _ name: String, _ body: sending @escaping () async throws(TransferError) -> Success
    ) throws -> Success {
        do throws(TransferError) {
            return try runBlocking(on: TaskThreads(count: 2), body)
        } catch {
            guard case .malformed(let key, let fault) = error.reason else {
                throw CairnError(error, remote: name)
            }
            let part = key.isEmpty ? "" : ", at '\(key)'"
            throw CairnError(
                .damaged, "'\(name)' cannot be used\(part): \(fault)",
                hint: "copy the bundle again, or make it anew where the data is: `cairn bundle create`")
        }
    }

    /// What revisions need, and what is left out because another one has it.
    private func bundled(
        _ text: String, _ reader: ListingReader, _ session: Session
    ) throws -> (wanted: UsedObjects, assumed: Set<ObjectID>) {
        var scope = RevisionScope()
        var base: RevisionScope?
        if let dots = text.firstRange(of: "..") {
            scope.range = text
            base = RevisionScope()
            let first = text[..<dots.lowerBound]
            base?.revision = first.isEmpty ? "HEAD" : String(first)
        } else {
            scope.revision = text
        }
        let wanted = try used(by: scope, reader, session)
        if let (output, error) = wanted.unknown.first {
            throw CairnError(
                .missing,
                "the listing of '\(display(output.path))' cannot be read: \(CairnError(error).message)",
                hint: "bring it: `cairn fetch -A`")
        }
        let assumed = try base.map { try used(by: $0, reader, session).ids } ?? []
        return (wanted, Set(assumed))
    }

    private func used(
        by scope: RevisionScope, _ reader: ListingReader, _ session: Session
    ) throws -> UsedObjects {
        var used = UsedObjects()
        var revisions = try RevisionReader(session)
        guard let git = try session.git() else { preconditionFailure("the reader has found the repository") }
        for commit in try scope.commits(in: git) {
            guard let content = try revisions.read(commit, onlyNew: true) else { continue }
            if let problem = content.index.problems.first { throw problem.error }
            for target in try content.index.outputs(for: [], TargetOptions(), in: self) {
                if let output = WantedOutput(target, revision: commit.name) { used.add(output) }
            }
        }
        try used.expand(reader)
        return used
    }

    private func checkPresence(
        of ids: [ObjectID], _ used: UsedObjects, _ reader: ListingReader, in cache: ObjectStore
    ) throws {
        let inventory = try ObjectInventory(of: cache, expecting: ids.count)
        let lost = try ids.filter { try !inventory.contains($0) }
        guard !lost.isEmpty else { return }
        let users = try used.users(of: Set(lost), reader)
        let names = lost.prefix(5).map { id in
            users[id]?.first.map { "'\(display($0.path))'" + ($0.revision.map { " (in \($0))" } ?? "") }
                ?? id.short
        }
        let more = lost.count > 5 ? " and \(lost.count - 5) more" : ""
        throw CairnError(
            .missing,
            "\(Words.count(lost.count, "object")) of the revisions \(lost.count == 1 ? "is" : "are") not in the cache: \(names.joined(separator: ", "))\(more)",
            hint: "bring them: `cairn fetch -A`")
    }
}
