import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// What is brought from another repository, whole and verified in a folder that goes away again.
final class StagedSource {
    // A class: the folder goes with it.

    /// The folder that holds it.
    let folder: Folder
    /// Its name in the folder.
    static let name = Array("content".utf8)
    /// True for a directory.
    private(set) var isFolder: Bool
    /// How many files there are.
    private(set) var fileCount = 0

    private let scratch: ScratchFolder
    private let session: Session

    /// Brings a file or directory from a URL.
    ///
    /// - Throws: `CairnError` for what cannot be had, `SystemError` where it cannot be written.
    init(from source: URLSource, in parent: Folder, _ name: String, _ reader: SourceReader) throws {
        scratch = try ScratchFolder(in: parent, name)
        folder = scratch.folder
        session = try Self.session(in: folder, reader)
        try source.copy(to: Self.name, in: scratch.folder, reader.reporter)
        isFolder = try scratch.folder.status(of: Self.name)?.kind == .folder
    }

    /// A workspace for the time of one command: its cache takes what comes.
    private static func session(in folder: Folder, _ reader: SourceReader) throws -> Session {
        let workspace = Workspace(
            root: folder.path, configuration: Configuration([], home: reader.surroundings.home?.bytes),
            surroundings: reader.surroundings, personality: reader.personality)
        return try Session(workspace, reporter: reader.reporter, writes: true)
    }

    /// Brings it.
    ///
    /// - Parameters:
    ///   - parent: where the folder is made, and the name of the folder of folders.
    /// - Throws: `CairnError` for what cannot be had, `SystemError` where it cannot be written.
    init(_ selection: SourceSelection, of view: SourceView, in parent: Folder, _ name: String) throws {
        scratch = try ScratchFolder(in: parent, name)
        folder = scratch.folder
        isFolder = selection.isFolder
        let reader = view.repository.reader
        session = try Self.session(in: folder, reader)
        try placeFiles(selection, view)
        try placeOutputs(selection.outputs, view)
        if isFolder { _ = try folder.makeFolder([Self.name[...]]) }
    }

    private func path(_ place: some Collection<UInt8>) -> [UInt8] {
        place.isEmpty ? Self.name : Self.name + [UInt8(ascii: "/")] + place
    }

    private func placeFiles(_ selection: SourceSelection, _ view: SourceView) throws {
        guard !selection.files.isEmpty || !selection.links.isEmpty else { return }
        view.repository.reader.reporter.begin("copying", items: selection.files.count, bytes: nil)
        for file in selection.files {
            try Interruption.check()
            let place = try RepoPath(validating: path(file.place))
            let parent = try folder.makeFolder(place.parent?.components ?? [])
            let made = try OpenFile(
                creating: place.name, in: parent, permissions: file.isExecutable ? 0o777 : 0o666)
            try view.files.copy(file.path, to: made)
            try warnOfLFS(made, file, view)
            fileCount += 1
            view.repository.reader.reporter.advance(items: 1, bytes: 0)
        }
        for link in selection.links {
            let place = try RepoPath(validating: path(link.place))
            let parent = try folder.makeFolder(place.parent?.components ?? [])
            try parent.makeSymbolicLink(place.name, to: FilePath(bytes: link.target))
            fileCount += 1
        }
    }

    /// What git-lfs keeps elsewhere is a few lines in git.
    private func warnOfLFS(_ made: borrowing OpenFile, _ file: SourceSelection.File, _ view: SourceView)
        throws
    {
        guard try made.status().size < 1024 else { return }
        try made.rewind()
        let bytes = try made.readAll(limit: 1024)
        guard bytes.starts(with: "version https://git-lfs.github.com/spec/".utf8) else { return }
        view.repository.reader.reporter.warn(
            "'\(file.path)' of '\(view.shown)' is kept by git-lfs: what is brought is only its pointer",
            hint: "clone the repository with git-lfs to get the data")
    }

    private func placeOutputs(_ outputs: [SourceSelection.Output], _ view: SourceView) throws {
        guard !outputs.isEmpty else { return }
        let store = try store(for: outputs.map(\.target), view)
        var entries: [(path: [UInt8], id: ObjectID, kind: DirListing.Kind)] = []
        for output in outputs {
            let record = output.target.output.record
            guard let wanted = WantedOutput(output.target) else { continue }
            guard wanted.id.isDirectory else {
                guard output.target.part == nil else { throw Self.missing(output.target, view) }
                entries.append((path(output.place), wanted.id, record.isExecutable ? .executable : .file))
                continue
            }
            let listing = try wanted.recordedListing ?? store.listing(wanted.id)
            try add(listing, output, wanted.id.algorithm, view, to: &entries)
        }
        entries.sort { $0.path.lexicographicallyPrecedes($1.path) }
        var items = Placement.Items()
        for entry in entries {
            let parent = try RepoPath(validating: entry.path)
            if entry.kind == .emptyFolder {
                _ = try folder.makeFolder(parent.components)
                continue
            }
            items.append(
                entry.path, entry.id, isExecutable: entry.kind == .executable,
                isLink: entry.kind == .symbolicLink)
            fileCount += 1
        }
        guard items.count > 0 else { return }
        view.repository.reader.reporter.begin("placing", items: items.count, bytes: nil)
        let placement = Placement(
            from: store, into: folder, scratch: scratch, types: [.reflink, .copy], index: nil,
            workers: session.workers, reporter: view.repository.reader.reporter)
        let report = try placement.place(items)
        if let failure = report.failures.first { throw CairnError(failure.error) }
        for position in items.links.sorted() {
            let path = try RepoPath(validating: items.paths[position])
            guard let target = try folder.linkTarget(path.bytes),
                let own = try? RepoPath(validating: Self.name),
                let inside = path.relative(to: own)
            else { throw CairnError(.denied, "what is brought from '\(view.shown)' is a symbolic link") }
            try view.refuseLeaving(target.bytes, of: inside, from: inside.parent)
        }
    }

    private func add(
        _ listing: DirListing, _ output: SourceSelection.Output, _ algorithm: HashAlgorithm,
        _ view: SourceView,
        to entries: inout [(path: [UInt8], id: ObjectID, kind: DirListing.Kind)]
    ) throws {
        let prefix = output.target.part?.relative(to: output.target.output.path)?.bytes ?? []
        if !prefix.isEmpty, let single = listing.index(of: prefix) {
            guard let id = listing.object(at: single, algorithm) else { return isFolder = true }
            entries.append((path(output.place), id, listing.kind(at: single)))
            return
        }
        let range = listing.indices(below: prefix)
        guard prefix.isEmpty || !range.isEmpty else { throw Self.missing(output.target, view) }
        if output.place.isEmpty { isFolder = true }
        for index in range {
            let rest = listing.paths[index].dropFirst(prefix.isEmpty ? 0 : prefix.count + 1)
            let place = output.place.isEmpty ? Array(rest) : output.place + [UInt8(ascii: "/")] + rest
            // The names in a listing were made by somebody else.
            let full = try RepoPath(validating: path(place))
            guard
                !full.components.contains(where: {
                    $0.elementsEqual(".git".utf8) || $0.elementsEqual(".dvc".utf8)
                })
            else {
                throw CairnError(
                    .denied,
                    "'\(output.target.output.path)' of '\(view.shown)' holds '\(Array(rest).printable)', which belongs to git or to a workspace"
                )
            }
            let kind = listing.kind(at: index)
            let id = listing.object(at: index, algorithm) ?? ObjectID(algorithm, listing.digest(at: index))
            entries.append((full.bytes, id, kind))
        }
        if range.isEmpty { _ = try folder.makeFolder(RepoPath(validating: path(output.place)).components) }
    }

    /// Says that a directory has no such file.
    static func missing(_ target: TargetedOutput, _ view: SourceView) -> CairnError {
        CairnError(
            .notFound,
            "there is no '\(target.part ?? target.output.path)' in '\(target.output.path)' of '\(view.shown)'",
            hint:
                "see what is there: `cairn list \(Shell.quoted(view.shown)) \(Shell.quoted(target.output.path.description))`",
            dvc:
                "The path '\(target.part ?? target.output.path)' does not exist in the target repository '\(view.shown)'"
        )
    }

    /// The store that has all data: their cache if it is complete, else one of ours that it is brought into.
    private func store(for targets: [TargetedOutput], _ view: SourceView) throws -> ObjectStore {
        if view.repository.folder != nil, let theirs = view.workspaces.first,
            try theirs.cacheFolder.status(following: true)?.kind == .folder
        {
            let session = try Session(theirs, reporter: SilentReporter(), writes: false)
            var used = UsedObjects()
            for wanted in targets.compactMap({ WantedOutput($0) }) { used.add(wanted) }
            if !used.wanted.isEmpty, used.wanted.count == targets.count, try theirs.isInCache(used, session) {
                return try session.store()
            }
        }
        try SourceSupply(view, into: session).bring(targets)
        return try session.store()
    }

    /// Stores the content in the cache of a workspace.
    ///
    /// - Returns: what a pointer is to say of it.
    func record(as algorithm: HashAlgorithm, into session: Session) throws -> OutputRecorder.Recorded {
        guard
            let tree = try DataTree.external(
                folder.path(of: Self.name), as: RepoPath(validating: Self.name), algorithm,
                following: .none, session: session)
        else { throw CairnError(.internal, "what was brought is gone") }
        let recorder = try OutputRecorder(session, expecting: tree.snapshot.count, stores: true)
        let recorded = try recorder.record(tree, algorithm)
        try recorder.commit()
        return recorded
    }

    /// Gives the content its place; what is there may be replaced, and other files in a folder that is there stay.
    func move(to folder: Folder, _ name: [UInt8], replacing: Bool) throws {
        guard replacing, let there = try folder.status(of: name) else {
            return try self.folder.renameExclusively(Self.name, to: folder, name)
        }
        guard isFolder, there.kind == .folder else {
            return try self.folder.rename(Self.name, to: folder, name)
        }
        try merge(self.folder.folder(named: Self.name), into: folder.folder(named: name))
    }

    private func merge(_ new: Folder, into old: Folder) throws {
        for name in try new.names() {
            let there = try old.status(of: name)
            if there?.kind == .folder, try new.status(of: name)?.kind == .folder {
                try merge(new.folder(named: name), into: old.folder(named: name))
            } else {
                try new.rename(name, to: old, name)
            }
        }
    }
}
