import CairnCore
import CairnFormats

/// The texts of pointers and locks that name data by its new ids.
enum MigrationText {
    /// Makes all texts that change, before the first of them is written.
    ///
    /// - Throws: `FormatsError` for a text that cannot be changed without touching other parts of it.
    static func texts(of index: OutputIndex, _ plan: MigrationPlan, _ run: MigrationRun) throws
        -> [(file: RepoPath, text: [UInt8])]
    {
        var outputs: [RepoPath: [OutputRecord]] = [:]
        var stages: [RepoPath: [String: LockedStage]] = [:]
        func change(_ place: MigrationPlace, _ stage: String, _ body: (inout LockedStage) -> Void) {
            guard var locked = stages[place.file]?[stage] ?? index.pipelines[place.file]?.lock?.stage(stage)
            else { return }
            body(&locked)
            stages[place.file, default: [:]][stage] = locked
        }
        for place in plan.places {
            guard let content = run.content(of: place) else { continue }
            switch place.slot {
            case .output(let number):
                outputs[place.file, default: index.pointers[place.file]?.outputs ?? []][number].content =
                    content
            case .lockedOutput(let stage, let number):
                change(place, stage) { $0.outputs[number].content = content }
            case .lockedDependency(let stage, let number):
                change(place, stage) { $0.dependencies[number].content = content }
            }
        }
        var texts: [(file: RepoPath, text: [UInt8])] = []
        for (file, outputs) in outputs {
            guard let pointer = index.pointers[file] else { continue }
            texts.append((file, try pointer.textWithIDs(of: outputs)))
        }
        for (file, changed) in stages {
            guard let lock = index.pipelines[file]?.lock else { continue }
            let inOrder = lock.stages.compactMap { changed[$0.name] }
            texts.append((file.sibling("dvc.lock"), try lock.replacing(inOrder).text))
        }
        return texts.sorted { $0.file < $1.file }
    }
}
