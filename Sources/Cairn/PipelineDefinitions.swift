import CairnCore
import CairnFormats
import CairnPipeline
import CairnSystem

extension OutputIndex {
    /// The stages of a pipeline file of the workspace with templates filled in.
    ///
    /// - Throws: `CairnError` that says why it cannot be read.
    func definitions(in file: RepoPath, _ workspace: Workspace) throws -> [StageDefinition] {
        if let problem = problems.first(where: { $0.file == file }) { throw problem.error }
        guard let pipeline = pipelines[file] else { return [] }
        let source = FilesBesidePipeline(file: file, shown: { workspace.display($0) }) {
            try workspace.absolute($0).readIfPresent(limit: 256 << 20)
        }
        return try pipeline.file.resolved(with: source).stages
    }
}

/// Parameter files as they are named from the folder of a pipeline file.
struct FilesBesidePipeline: ParameterSource {
    let file: RepoPath
    let shown: (RepoPath) -> String
    let bytes: (RepoPath) throws -> [UInt8]?

    func parameters(at path: String) throws(FormatsError) -> ParameterFile? {
        guard let place = try? OutputIndex.path(path, in: file.parent, shownAs: "") else {
            throw FormatsError(
                file: shown(file), "'\(Array(path.utf8).printable)' is outside of the workspace")
        }
        let found: [UInt8]?
        do {
            found = try bytes(place)
        } catch {
            throw FormatsError(file: shown(place), CairnError(error).message)
        }
        guard let found else { return nil }
        return try ParameterFile(parsing: found, file: shown(place))
    }
}
