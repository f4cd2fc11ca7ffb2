import CairnCore
import CairnFormats
import CairnGit
import CairnStore
public import CairnSystem

/// A file that git wants merged.
public struct MergeRequest: Sendable {
    /// The common ancestor's version; empty if each side made the file.
    public var ancestor: FilePath
    /// Our version, which the result replaces.
    public var ours: FilePath
    /// Their version.
    public var theirs: FilePath
    /// The path of the file in git; `nil` if git does not tell.
    public var path: String?
    /// How many characters a mark of a conflict has.
    public var marks = 7

    /// Puts a request together.
    public init(ancestor: FilePath, ours: FilePath, theirs: FilePath, path: String? = nil) {
        self.ancestor = ancestor
        self.ours = ours
        self.theirs = theirs
        self.path = path
    }
}

extension HookContext {
    /// Merges two versions of a pointer or of a lock by what they say, and puts the result in the place of ours.
    ///
    /// Directories are merged path by path; the listing of the result goes into the cache. Where both sides changed the same thing in
    /// different ways, the file gets marks of a conflict: each side of them has all that is not in conflict, too.
    /// - Returns: one sentence for each conflict; none if all is merged.
    /// - Throws: `SystemError` if the files cannot be read or written.
    public func merge(_ request: MergeRequest) throws -> [CairnError] {
        let limit = 1 << 30
        let before = try request.ancestor.readIfPresent(limit: limit) ?? []
        let ours = try request.ours.readIfPresent(limit: limit) ?? []
        let theirs = try request.theirs.readIfPresent(limit: limit) ?? []
        let name = request.path ?? "the file"
        let outcome: FileMerge.Outcome
        do {
            var merge = try FileMerge(self, request.path)
            outcome = try merge.run(before, ours, theirs)
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            // Line by line then, as git does it; that it may look merged does not make it so.
            let text = try GitTextMerge(
                ancestor: before, ours: ours, theirs: theirs, names: ("ours", "theirs"), marks: request.marks)
            try AtomicFile.writeForNow(text.text, to: request.ours)
            return [
                CairnError(
                    error.kind, "'\(Array(name.utf8).printable)' cannot be merged by what it says: \(error.message)",
                    hint: error.hint)
            ]
        }
        let result: [UInt8]
        if outcome.conflicts.isEmpty {
            // Where lines do as well, comments of both sides stay.
            let text = try GitTextMerge(
                ancestor: before, ours: ours, theirs: theirs, names: ("ours", "theirs"), marks: request.marks)
            result = text.isClean && outcome.isSame(text.text) ? text.text : outcome.texts.ours
        } else {
            // Without an ancestor, every line that differs is in conflict, and no other.
            result = try GitTextMerge(
                ancestor: [], ours: outcome.texts.ours, theirs: outcome.texts.theirs,
                names: ("ours", "theirs"), marks: request.marks
            ).text
        }
        try AtomicFile.writeForNow(result, to: request.ours)
        return outcome.conflicts
    }
}

/// The merge of one file.
struct FileMerge {
    /// What came of it.
    struct Outcome {
        let texts: Versions<[UInt8]>
        let conflicts: [CairnError]
        /// True for a text that says what was merged.
        let isSame: ([UInt8]) -> Bool
    }

    private let context: HookContext
    private let workspace: Workspace
    private let path: RepoPath?
    private let name: String

    /// - Parameter path: relative to the top of the work tree of git.
    init(_ context: HookContext, _ path: String?) throws {
        self.context = context
        guard let (git, top) = try context.repository() else {
            throw CairnError(.usage, "there is no git repository here")
        }
        var known: [[UInt8]: FilePath?] = [:]
        let bytes = Array((path ?? "").utf8)
        guard let root = context.root(of: bytes, below: top, &known) else {
            throw CairnError(.notRepository, "it is in no workspace")
        }
        workspace = try context.workspace(at: root)
        self.path = path == nil ? nil : workspace.path(inGit: bytes, of: git)
        name = self.path.map { [workspace] in workspace.display($0) } ?? "the file"
    }

    /// Merges three texts.
    ///
    /// - Throws: `FormatsError` for a text that is neither a pointer nor a lock; `CairnError` if a listing cannot be had.
    mutating func run(_ ancestor: [UInt8], _ ours: [UInt8], _ theirs: [UInt8]) throws -> Outcome {
        if try isLock(ours) { return try mergeLocks(ancestor, ours, theirs) }
        let file = name
        func read(_ bytes: [UInt8], _ side: String) throws -> PointerFile {
            try PointerFile(parsing: bytes, file: "\(file) (\(side))")
        }
        let mine = try read(ours, "ours")
        let listings = try StoredListings(workspace, context.reporter)
        let folder = try path.flatMap {
            try OutputIndex.folder(of: $0, workingDirectory: mine.workingDirectory, shownAs: name)
        }
        var merge = PointerMerge(listings, name: name) { [workspace] record in
            (try? OutputIndex.path(record.path, in: folder, shownAs: "")).map { workspace.display($0) }
                ?? Array(record.path.utf8).printable
        }
        let merged = try merge.run(
            ancestor: read(ancestor, "ancestor"), ours: mine, theirs: read(theirs, "theirs"))
        try listings.commit()
        let texts = Versions(ours: try merged.ours.text(), theirs: try merged.theirs.text())
        return Outcome(texts: texts, conflicts: merge.conflicts) { text in
            (try? PointerFile(parsing: text, file: "")).map(merged.ours.hasSameMeaning) ?? false
        }
    }

    private func isLock(_ text: [UInt8]) throws -> Bool {
        if let path { return path.name.elementsEqual("dvc.lock".utf8) }
        return try YAMLDocument(parsing: text, file: name).value["schema"] != nil
    }

    private func mergeLocks(_ ancestor: [UInt8], _ ours: [UInt8], _ theirs: [UInt8]) throws -> Outcome {
        func read(_ bytes: [UInt8], _ side: String) throws -> PipelineLock {
            try PipelineLock(parsing: bytes, file: "\(name) (\(side))")
        }
        let merge = try LockMerge(
            ancestor: read(ancestor, "ancestor"), ours: read(ours, "ours"), theirs: read(theirs, "theirs"),
            name: name, command: workspace.personality.command)
        let wanted = try PipelineLock(parsing: merge.texts.ours, file: name)
        return Outcome(texts: merge.texts, conflicts: merge.conflicts) { text in
            guard let lock = try? PipelineLock(parsing: text, file: ""),
                lock.stages.count == wanted.stages.count, lock.datasets == wanted.datasets
            else { return false }
            return wanted.stages.allSatisfy { lock.stage($0.name) == $0 }
        }
    }
}

/// Listings from the cache and from remotes, and new ones for the cache.
private final class StoredListings: MergeListings {
    // A class: what it opens, it opens once.

    private let workspace: Workspace
    private let session: Session
    private let reader: ListingReader
    private var remote: Result<RemoteContents, CairnError>?
    private var recorder: OutputRecorder?

    init(_ workspace: Workspace, _ reporter: any Reporter) throws {
        self.workspace = workspace
        session = try Session(workspace, reporter: reporter, writes: true)
        reader = try ListingReader(session, movesDamagedAside: false)
    }

    func listing(_ id: ObjectID, of name: String) throws -> DirListing {
        if case .success(let listing) = try reader.listing(id) { return listing }
        let contents = askRemote()
        if case .success(let remote) = contents, let listing = try? remote.listing(id) { return listing }
        let why =
            switch contents {
            case .success: "neither the cache nor the remote has it"
            case .failure(let error): "the cache lacks it (\(error.message))"
            }
        let command = workspace.personality.command
        throw CairnError(
            .missing, "the list of files of '\(name)' in one of the versions, \(id.short), cannot be read: \(why)",
            hint: "get it and merge again: `git merge --abort`, `\(command) fetch --all-branches`")
    }

    private func askRemote() -> Result<RemoteContents, CairnError> {
        if let remote { return remote }
        let opened = Result {
            let store = try workspace.remoteStore(for: "fetch")
            return try store.naming { try RemoteContents(of: store, session) }
        }.mapError { CairnError($0) }
        remote = opened
        return opened
    }

    func keep(_ listing: DirListing, _ algorithm: HashAlgorithm) throws -> ObjectID {
        if recorder == nil { recorder = try OutputRecorder(session, expecting: 0, stores: true) }
        return try recorder?.record(listing, algorithm) ?? listing.id(algorithm)
    }

    func commit() throws {
        try recorder?.commit()
        recorder = nil
    }

    func size(
        of listing: DirListing, from before: DirListing, _ size: Int64?, _ algorithm: HashAlgorithm
    ) throws -> Int64? {
        guard var total = size else { return nil }
        let store = try session.store()
        for change in ListingDiff(from: before, to: listing) {
            let (old, new): (Int?, Int?) =
                switch change {
                case .added(let new): (nil, new)
                case .deleted(let old): (old, nil)
                case .modified(let old, let new): (old, new)
                case .unchanged: (nil, nil)
                }
            if let old {
                guard let id = before.object(at: old, algorithm), let size = try store.size(of: id) else { return nil }
                total -= size
            }
            if let new {
                guard let id = listing.object(at: new, algorithm), let size = try store.size(of: id) else { return nil }
                total += size
            }
        }
        return total
    }
}
