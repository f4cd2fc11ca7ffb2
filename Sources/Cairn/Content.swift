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
        guard let size = try store.size(of: id) else {
            throw CairnError(
                .missing,
                "the cache does not have the data of '\(name)'\(revision.map { " in '\($0)'" } ?? "")",
                hint:
                    "bring it: `cairn fetch \(revision == nil ? "" : "--all-commits ")\(Shell.quoted(name))`")
        }
        let wanted = (range ?? 0..<size).clamped(to: 0..<size)
        guard !wanted.isEmpty else { return }
        try read(id, wanted, store, body)
    }

    private func read(
        _ id: ObjectID, _ range: Range<Int64>, _ store: ObjectStore,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if let packed = store.packed, try store.loose.status(of: id) == nil {
            var failure: (any Error)?
            do {
                try packed.read(id, range: range) { (bytes) throws(StoreError) in
                    do {
                        try body(bytes)
                    } catch {
                        failure = error
                        throw StoreError(.io(.interrupted), packed.root)
                    }
                }
            } catch {
                throw failure ?? error
            }
            return
        }
        try store.loose.verify(id)
        let file = try store.loose.open(id)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(Int64(buffer.count), range.upperBound - offset))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            guard try file.read(into: piece, at: offset) == count else {
                throw StoreError(.changing, store.loose.path(of: id))
            }
            try body(UnsafeRawBufferPointer(piece))
            offset += Int64(count)
        }
    }
}
