import CairnCore

/// What records that stand for files and directories refer to.
public enum RecordParts {
    /// The records that a recipe, a span or the record of a directory names: spans or chunks, chunks, pages.
    ///
    /// - Returns: nothing for records of other kinds, and for bytes that are not what the key says.
    public static func keys(of key: RecordKey, _ bytes: ArraySlice<UInt8>) -> [RecordKey] {
        switch key.kind {
        case .recipe:
            guard let recipe = try? Recipe(parsing: bytes.span, of: key.digest) else { return [] }
            return recipe.parts.map { RecordKey(recipe.isIndirect ? .span : .chunk, $0.id) }
        case .span:
            guard let span = try? RecipeSpan(parsing: bytes.span, of: key.digest) else { return [] }
            return span.chunks.map { RecordKey(.chunk, $0.id) }
        case .directory:
            guard let record = try? bytes.withBytes({ try DirectoryRecord(parsing: $0) }) else { return [] }
            return record.pages.map { RecordKey(.page, $0.key) }
        default: return []
        }
    }
}

extension RecordParts {
    /// Where chunks lie, as the hints of a recipe or a span say.
    ///
    /// - Parameter isWanted: asked for each chunk, in order.
    /// - Returns: the runs of records in which something is wanted, with a key for each record that is.
    public static func hints(
        in key: RecordKey, _ bytes: ArraySlice<UInt8>, isWanted: (RecordKey) -> Bool
    ) -> [(run: HintedRun, keys: [RecordKey?])] {
        let (parts, hints): ([RecipePart], RecipeHints)
        switch key.kind {
        case .recipe:
            guard let recipe = try? Recipe(parsing: bytes.span, of: key.digest), !recipe.isIndirect else {
                return []
            }
            (parts, hints) = (recipe.parts, recipe.hints)
        case .span:
            guard let span = try? RecipeSpan(parsing: bytes.span, of: key.digest) else { return [] }
            (parts, hints) = (span.chunks, span.hints)
        default: return []
        }
        let nowhere = RecipeHints.ownPack
        let table = HintTable(hints, foundIn: nowhere)
        guard table.count == parts.count else { return [] }
        return table.runs(for: 0..<parts.count).compactMap { run in
            guard run.pack != nowhere else { return nil }
            let keys = parts[run.parts].map { part -> RecordKey? in
                let key = RecordKey(.chunk, part.id)
                return isWanted(key) ? key : nil
            }
            return keys.contains { $0 != nil } ? (run, keys) : nil
        }
    }
}

extension FrameSelection {
    /// The wanted records of the frame, each checked.
    ///
    /// - Parameter bytes: the whole frame.
    /// - Throws: `FormatError` if the frame or a wanted record is damaged.
    public func records(of bytes: [UInt8]) throws(FormatError) -> [ArraySlice<UInt8>] {
        try PackFrame.select(self, of: bytes).records
    }
}
