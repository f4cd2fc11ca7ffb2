import CairnCore
import CairnPipeline

extension OutputIndex {
    /// The stages of a pipeline file with templates filled in.
    ///
    /// - Throws: `CairnError` that says why it cannot be read.
    func definitions(in file: RepoPath) throws -> [StageDefinition] {
        if let problem = problems.first(where: { $0.file == file }) { throw problem.error }
        return pipelines[file]?.resolved.stages ?? []
    }
}
