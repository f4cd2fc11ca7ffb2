import CairnCore
import CairnFormats

/// The merge of two locks that began as one: stage by stage.
struct LockMerge {
    /// The lock with either side's version of what is in conflict, as text.
    let texts: Versions<[UInt8]>
    /// One sentence for each stage that both sides changed in different ways.
    let conflicts: [CairnError]

    /// Merges.
    ///
    /// - Parameters:
    ///   - name: what messages call the lock.
    ///   - command: how the user calls this program.
    /// - Throws: `FormatsError` if a text cannot be changed in part.
    init(
        ancestor: PipelineLock, ours: PipelineLock, theirs: PipelineLock, name: String, command: String
    ) throws(FormatsError) {
        var conflicts: [CairnError] = []
        var taken: [LockedStage] = []
        var disputed: [LockedStage] = []
        var (removed, removedByThem): ([String], [String]) = ([], [])
        if case .conflict = ThreeWay(ancestor.datasets, ours.datasets, theirs.datasets) {
            conflicts.append(
                CairnError(.conflict, "both sides changed the data sets of '\(name)' in different ways"))
        }
        let names = ours.stages.map(\.name) + theirs.stages.map(\.name).filter { ours.stage($0) == nil }
        for stage in names {
            let (own, other) = (ours.stage(stage), theirs.stage(stage))
            switch ThreeWay(ancestor.stage(stage), own, other) {
            case .merged(let value):
                if value == own { continue }
                if let value { taken.append(value) } else { removed.append(stage) }
            case .conflict:
                if let other { disputed.append(other) } else { removedByThem.append(stage) }
                conflicts.append(
                    CairnError(
                        .conflict, Self.words(stage, own, other, name),
                        hint: "keep either side in '\(name)', and then run what is stale: `\(command) repro`")
                )
            }
        }
        let text = try Self.text(ours, taken, removed)
        let merged = try PipelineLock(parsing: text, file: name)
        texts = Versions(ours: text, theirs: try Self.text(merged, disputed, removedByThem))
        self.conflicts = conflicts
    }

    private static func text(
        _ lock: PipelineLock, _ changed: [LockedStage], _ removed: [String]
    ) throws(FormatsError) -> [UInt8] {
        var lock = changed.isEmpty ? lock : try lock.replacing(changed)
        for stage in removed {
            guard let text = try lock.removingText(stage: stage) else { return PipelineLock().text }
            lock = try PipelineLock(parsing: text, file: "")
        }
        return lock.text
    }

    private static func words(_ stage: String, _ ours: LockedStage?, _ theirs: LockedStage?, _ name: String)
        -> String
    {
        let shown = Array(stage.utf8).printable
        if ours == nil { return "our side removed stage '\(shown)' from '\(name)', theirs changed it" }
        if theirs == nil { return "their side removed stage '\(shown)' from '\(name)', ours changed it" }
        return "both sides ran stage '\(shown)' of '\(name)' with different results"
    }
}
