public import CairnCore
import CairnStore
import CairnSystem

extension Workspace {
    /// Reads tracked data from the store, as it was recorded: the file in the workspace is not looked at, and need not be there.
    ///
    /// Nothing is handed out that was not verified. Of a file in packs only what the range needs is read.
    /// - Parameters:
    ///   - path: a file that is tracked, or one inside of a directory that is.
    ///   - revision: where its pointer is read; `nil` for the workspace.
    ///   - range: bytes, cut off at the end of the file; `nil` for all.
    ///   - body: takes the bytes in order, in pieces.
    /// - Throws: `CairnError` of kind `notFound`, `usage` for a directory or what git keeps, `missing` if the store does not have the data,
    ///   and what `body` throws.
    public func readContent(
        of path: RepoPath, revision: String? = nil, range: Range<Int64>? = nil,
        reporter: any Reporter = SilentReporter(),
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var options = ListOptions()
        options.revision = revision
        let entry = try list(path, options, reporter: reporter)
        let name = display(path)
        guard !entry.isFolder else {
            throw CairnError(
                .usage, "'\(name)' is a directory", hint: "list it: `cairn ls \(Shell.quoted(name))`")
        }
        guard entry.isOutput, let id = entry.id else {
            throw CairnError(
                .usage, "'\(name)' is not tracked by cairn",
                hint: "git may have it: `git show \(revision ?? "HEAD"):\(Shell.quoted(path.description))`")
        }
        let session = try Session(self, reporter: reporter, writes: false)
        let store = try session.store()
        guard try store.contains(id) else {
            throw CairnError(
                .missing,
                "the cache does not have the data of '\(name)'\(revision.map { " in '\($0)'" } ?? "")",
                hint:
                    "bring it: `cairn fetch \(revision == nil ? "" : "--all-commits ")\(Shell.quoted(name))`")
        }
        do {
            try withoutActuallyEscaping(body) { body in
                try ContentReading(id, store: store, session, users: [path], body: body)
                    .run(range ?? 0..<Int64.max)
            }
        } catch let error as StoreError where error.damagedObject != nil {
            throw CairnError(
                .damaged,
                "the data of '\(name)'\(revision.map { " in '\($0)'" } ?? "") (\(id.short)) is damaged in the cache, and neither cache nor workspace has another copy",
                hint:
                    "look for one on remotes too: `\(personality.command) repair\(revision == nil ? " " + Shell.quoted(name) : " --rev " + Shell.quoted(revision ?? ""))`"
            )
        }
    }
}
