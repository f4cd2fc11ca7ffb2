import CairnCore
import CairnFormats
import CairnPipeline

extension DataView {
    /// The pipeline files with templates filled in, in the order of their paths.
    func resolvedPipelines() throws -> [(file: RepoPath, pipeline: ResolvedPipeline)] {
        try index.pipelines.sorted { $0.key < $1.key }.map { file, pipeline in
            (file, try pipeline.file.resolved(with: templateSource(of: file)))
        }
    }

    /// The outputs of all stages, with the list that each is in.
    func outputs() throws -> [(path: RepoPath, kind: StageOutput.Kind)] {
        var result: [(RepoPath, StageOutput.Kind)] = []
        for (file, pipeline) in try resolvedPipelines() {
            for stage in pipeline.stages {
                let folder = try OutputIndex.folder(
                    of: file, workingDirectory: stage.workingDirectory, shownAs: file.description)
                for output in stage.outputs {
                    result.append(
                        (
                            try OutputIndex.path(output.path, in: folder, shownAs: file.description),
                            output.kind
                        ))
                }
            }
        }
        return result
    }

    /// The parameters that stages declare to read; no keys for a whole file.
    func declaredParameters() throws -> [(path: RepoPath, keys: [String])] {
        var result: [(RepoPath, [String])] = []
        for (file, pipeline) in try resolvedPipelines() {
            for stage in pipeline.stages {
                let folder = try OutputIndex.folder(
                    of: file, workingDirectory: stage.workingDirectory, shownAs: file.description)
                for request in stage.parameters {
                    let path = try OutputIndex.path(request.file, in: folder, shownAs: file.description)
                    result.append((path, request.keys ?? []))
                }
            }
        }
        return result
    }

    /// The files that pipelines name beside their stages.
    func topLevel(_ list: (ResolvedPipeline) -> [String]) throws -> [RepoPath] {
        try resolvedPipelines().flatMap { file, pipeline in
            try list(pipeline).map {
                try OutputIndex.path($0, in: file.parent, shownAs: file.description)
            }
        }
    }
}
