import CairnCore
import CairnFormats
import CairnStore

/// Takes parts of a directory into what is recorded of the whole, and leaves the rest as it was recorded.
struct PartRecording {
    /// What is recorded of the directory now, with a listing.
    let earlier: OutputRecord
    /// The listing that the record names.
    let listing: DirListing

    /// Reads what is recorded of an output.
    ///
    /// - Throws: `CairnError` if the output cannot be taken in part: it is a file, or recorded in DVC 2's way; `StoreError` if the
    ///   cache lacks the listing.
    init(of output: TrackedOutput, part: RepoPath, _ session: Session) throws {
        let workspace = session.workspace
        let command = workspace.personality.command
        guard let id = output.record.id, id.isDirectory else {
            throw CairnError(
                .conflict,
                "'\(workspace.display(output.path))' is not recorded as a directory, so no part of it can be taken",
                hint: "take all of it: `\(command) commit \(workspace.display(output.path))`")
        }
        guard id.algorithm != .md5DOS2Unix else {
            throw CairnError(
                .usage,
                "'\(workspace.display(output.path))' is recorded in DVC 2's way, which can only be taken as a whole",
                hint: "run `\(command) commit \(workspace.display(output.path))`")
        }
        earlier = output.record
        listing = try session.store().listing(id)
    }

    /// The record with some parts as they lie in the workspace.
    ///
    /// - Parameter parts: paths inside of the output, none inside of another, with their files; `nil` for what was deleted.
    /// - Returns: the new record, and the files with their digests.
    /// - Throws: `CairnError` of kind `notFound` for a part that is neither recorded nor there.
    func record(
        _ parts: [(inside: RepoPath, tree: DataTree?)], with recorder: OutputRecorder, _ session: Session
    ) throws -> (record: OutputRecord, trees: [DataTree]) {
        let algorithm = earlier.id?.algorithm ?? .md5
        var builder = DirListingBuilder(listing.form)
        builder.reserve(count: listing.count + parts.count, pathBytes: listing.count * 24)
        var replaced = [Bool](repeating: false, count: listing.count)
        for part in parts {
            for entry in listing.indices(below: part.inside.bytes) { replaced[entry] = true }
            if let single = listing.index(of: part.inside.bytes) { replaced[single] = true }
        }
        var size = earlier.size
        let store = try session.store()
        for entry in 0..<listing.count {
            if !replaced[entry] {
                try builder.append(entry, of: listing)
            } else if let known = size, let old = try oldSize(entry, algorithm, store) {
                // What is recorded need not be true, and less than nothing cannot be recorded.
                size = known < old ? nil : known - old
            } else {
                // What the old file's size was is recorded nowhere else.
                size = nil
            }
        }
        var trees: [DataTree] = []
        for part in parts {
            guard let tree = part.tree else { continue }
            let found = try recorder.recordFiles(of: tree, algorithm)
            trees.append(found)
            size = size.map { $0.addingClamped(found.snapshot.size) }
            try found.append(to: &builder, below: part.inside.bytes)
        }
        let new = try builder.listing()
        let id = try recorder.record(new, algorithm)
        if id == earlier.id { return (earlier, trees) }
        var record = earlier
        record.content = ContentRecord(id: id, size: size, fileCount: Int64(new.fileCount))
        return (record, trees)
    }

    /// The bytes of what an entry was; `nil` if nobody knows.
    private func oldSize(_ entry: Int, _ algorithm: HashAlgorithm, _ store: ObjectStore) throws -> Int64? {
        if let size = listing.size(at: entry) { return size }
        return try listing.object(at: entry, algorithm).flatMap { try store.size(of: $0) }
    }

    /// Tells whether a path inside of the output is recorded.
    func contains(_ inside: RepoPath) -> Bool {
        listing.index(of: inside.bytes) != nil || !listing.indices(below: inside.bytes).isEmpty
    }
}
