import CairnCore
import CairnStore

/// Writes into recipes, spans and directories where the records lie that they name, so that a new clone need not read the index.
///
/// Hints are a help and nothing else: what cannot be hinted at goes without.
struct HintWriter {
    private let view: RemoteView
    private let sent: PackIndex
    private let frames: FrameTable

    /// Knows the places on the remote, and those in packs that were just sent.
    init(_ view: RemoteView, _ packs: [SentPack]) {
        self.view = view
        var frames = FrameTable()
        for pack in packs { frames.add(pack.info.name, pack.entries) }
        self.frames = frames
        sent = (try? SentRecords(packs))?.index ?? PackIndex([])
    }

    private func location(of keys: RecordKey...) -> PackIndex.Location? {
        for key in keys {
            if let location = sent.location(of: key) ?? view.index.location(of: key), !location.isCondemned {
                return location
            }
        }
        return nil
    }

    /// A recipe or a span with hints.
    func adding(to bytes: ArraySlice<UInt8>, of key: RecordKey) -> [UInt8] {
        if key.kind == .span {
            let span = try? RecipeSpan(parsing: bytes.span, of: key.digest)
            let hinted = span.flatMap { try? $0.with(hints: hints(for: $0.chunks, .chunk)) }
            return hinted?.serialized ?? Array(bytes)
        }
        let recipe = try? Recipe(parsing: bytes.span, of: key.digest)
        let hinted = recipe.flatMap { recipe in
            try? recipe.with(hints: hints(for: recipe.parts, recipe.isIndirect ? .span : .chunk))
        }
        return hinted?.serialized ?? Array(bytes)
    }

    private func hints(for parts: [RecipePart], _ kind: RecordKind) -> RecipeHints {
        var builder = HintBuilder(frames)
        for part in parts {
            guard let location = location(of: RecordKey(kind, part.id)) else { return .none }
            builder.append(location.place, in: location.pack.name)
        }
        // Where each part lies by itself, the index is not longer than the hints.
        return builder.finish(limit: max(16, parts.count / 2))
    }

    /// The record of a directory with hints to its files.
    func adding(to bytes: ArraySlice<UInt8>, of listing: DirListing) -> [UInt8] {
        guard let record = try? bytes.withUnsafeBytes({ try DirectoryRecord(parsing: $0) }) else {
            return Array(bytes)
        }
        // A frame for each: a folder's files fill a few, and hints take little beside the ids of a page.
        var builder = HintBuilder(frames, largestTerm: 0)
        var place = 0
        for page in record.pages {
            for _ in 0..<page.entryCount {
                guard place < listing.count else { return Array(bytes) }
                defer { place += 1 }
                guard let member = listing.object(at: place, .blake3) else {
                    builder.appendBlank()
                    continue
                }
                guard
                    let location = location(
                        of: RecordKey(.blob, member.digest), RecordKey(.recipe, member.digest),
                        RecordKey(.chunk, member.digest))
                else { return Array(bytes) }
                builder.append(location.place, in: location.pack.name)
            }
            builder.endTerm()
        }
        let hints = DirectoryHints(
            pages: .none, entries: builder.finish(limit: max(16, record.entryCount / 4)))
        return (try? record.with(hints: hints))?.serialized ?? Array(bytes)
    }
}
