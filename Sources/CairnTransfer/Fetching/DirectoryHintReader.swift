import CairnCore
import CairnStore

/// Finds out from directories that are on this machine where their files lie on the remote.
struct DirectoryHintReader {
    private let store: PackedStore

    init(_ store: PackedStore) { self.store = store }

    /// Hints to files that are kept in one piece.
    ///
    /// - Parameters:
    ///   - wanted: the files that are wanted.
    ///   - directories: directories of the store; one that cannot be read tells nothing.
    /// - Returns: records to fetch, and the files that they are.
    func hints(
        for wanted: [ObjectID], in directories: [ObjectID]
    ) -> (records: [HintedRecords], files: DigestSet) {
        var records: [HintedRecords] = []
        var files = DigestSet(digestCount: BLAKE3.byteCount)
        var rest = DigestSet(digestCount: BLAKE3.byteCount)
        for id in wanted where id.algorithm == .blake3 && !id.isDirectory { _ = rest.insert(id.digest) }
        for directory in directories where directory.algorithm == .blake3 {
            guard let bytes = try? store.record(RecordKey(.directory, directory.digest)),
                let record = try? bytes.withUnsafeBytes({ try DirectoryRecord(parsing: $0) }),
                !record.hints.entryTerms.isEmpty, let text = try? store.read(directory),
                let listing = try? DirListing(parsing: text, as: .native)
            else { continue }
            // Where the pack is not named it was the one of the directory, and nobody remembers which.
            let nowhere = RecipeHints.ownPack
            let table = DirectoryHintTable(of: record, foundIn: nowhere).entries
            guard table.count == listing.count else { continue }
            var place = 0
            while place < listing.count {
                let isWanted = file(at: place, of: listing).map { rest.contains($0) && !files.contains($0) }
                guard isWanted == true, let run = table.runs(for: place..<(place + 1)).first,
                    run.pack != nowhere
                else {
                    place += 1
                    continue
                }
                var keys: [RecordKey?] = []
                for part in run.parts where listing.object(at: part, .blake3) != nil {
                    let file = file(at: part, of: listing)
                    let isNew = file.map { rest.contains($0) && files.insert($0) } ?? false
                    keys.append(isNew ? file.map { RecordKey(.blob, $0) } : nil)
                }
                records.append(HintedRecords(run: run, keys: keys))
                place = run.parts.upperBound
            }
        }
        return (records, files)
    }

    /// The file at a position, if it is short enough to be kept in one piece.
    private func file(at place: Int, of listing: DirListing) -> Digest? {
        guard let size = listing.size(at: place), size <= PackedStore.largestSmallSize else { return nil }
        return listing.object(at: place, .blake3)?.digest
    }
}
