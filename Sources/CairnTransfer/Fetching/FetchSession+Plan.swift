import CairnCore
import CairnStore
import CairnSystem

/// What a fetch needs, and where it lies.
extension FetchSession {
    /// Finds out what has to be read; recipes, spans and records of directories are read for that.
    ///
    /// - Parameter directories: directories that are here, to which some of the objects belong.
    mutating func plan(
        _ ids: [ObjectID], in directories: [ObjectID]
    ) async throws(TransferError) -> FetchPlan {
        var plan = FetchPlan()
        let here = try locally { () throws(StoreError) in try destination.refresh() }
        var hinted: [HintedRecords] = []
        var rest = ids
        if !directories.isEmpty, locator.isLargeBeside(ids.count) {
            let hints = DirectoryHintReader(destination).hints(for: ids, in: directories)
            hinted = hints.records
            plan.files = hinted.flatMap { $0.keys.compactMap(\.self) }
            rest = ids.filter { $0.isDirectory || !hints.files.contains($0.digest) }
        }
        let found = try await locator.index(for: rest)
        var files: [RecordKey] = []
        var composites: [(id: ObjectID, key: RecordKey)] = []
        for id in rest {
            guard let key = found.firstKey(of: id) else {
                plan.missing.append(id)
                continue
            }
            switch key.kind {
            case .blob: if !here.contains(key) { files.append(key) }
            // A chunk that is a file may be part of another one as well.
            default: composites.append((id, key))
            }
        }
        let hintedParts = try await learn(composites, here, &plan)
        let inHand = Set(plan.records.map(\.key))
        var parts: Set<RecordKey> = []
        for composite in plan.composites { parts.formUnion(composite.keys) }
        parts.subtract(inHand)
        for records in hintedParts {
            for case let key? in records.keys { parts.remove(key) }
        }
        hinted += hintedParts
        plan.files += files
        let fileFrames = found.frames(holding: files)
        let keys = Array(parts)
        let partFrames = try await locator.index(for: keys).frames(holding: keys)
        for key in fileFrames.missing + partFrames.missing {
            problems[key] = StoreError(.missingPart(key, of: nil), place)
        }
        plan.ranges = FetchRange.ranges(
            for: fileFrames.frames + partFrames.frames, hinted, on: index.remote)
        return plan
    }

    /// Reads recipes, spans and records of directories to learn what else is needed.
    ///
    /// - Returns: where chunks lie, as recipes and spans say, if that is not known better.
    private mutating func learn(
        _ composites: [(id: ObjectID, key: RecordKey)], _ here: PackIndex, _ plan: inout FetchPlan
    ) async throws(TransferError) -> [HintedRecords] {
        guard !composites.isEmpty else { return [] }
        var first = try await records(composites.map(\.key))
        var spans: [RecordKey] = []
        var parts: [(id: ObjectID, keys: [RecordKey])] = []
        for (id, key) in composites {
            guard let bytes = first[key] else {
                plan.composites.append((id, [key]))
                continue
            }
            let keys = RecordParts.keys(of: key, bytes)
            spans += keys.filter { $0.kind == .span }
            parts.append((id, [key] + keys))
        }
        let inner = try await records(spans)
        for (id, keys) in parts {
            var all = keys
            for key in keys where key.kind == .span {
                if let bytes = inner[key] { all += RecordParts.keys(of: key, bytes) }
            }
            // What is here need not be fetched; what an object begins with comes last, and is not here.
            plan.composites.append((id, Array(all.dropFirst().filter { !here.contains($0) }) + [keys[0]]))
        }
        first.merge(inner) { old, _ in old }
        plan.records = first.map { ($0.key, $0.value) }
        guard !locator.isAtHand else { return [] }
        var noted: Set<RecordKey> = []
        return plan.records.flatMap { key, bytes in
            RecordParts.hints(in: key, bytes) { !here.contains($0) && noted.insert($0).inserted }
                .map { HintedRecords(run: $0.run, keys: $0.keys) }
        }
    }
}
