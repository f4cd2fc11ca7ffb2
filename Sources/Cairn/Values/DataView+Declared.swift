import CairnCore
import CairnFormats
import CairnPipeline

extension DataView {
    /// The pipeline files with templates filled in, in the order of their paths.
    var pipelines: [(file: RepoPath, pipeline: ResolvedPipeline)] {
        index.pipelines.sorted { $0.key < $1.key }.map { ($0, $1.resolved) }
    }

    /// The files of metrics that stages write.
    var metricOutputs: [RepoPath] { index.outputs.filter { $0.kind == .metric }.map(\.path) }

    /// The parameters that stages declare to read; no keys for a whole file.
    func declaredParameters() throws -> [(path: RepoPath, keys: [String])] {
        var result: [(RepoPath, [String])] = []
        for (file, pipeline) in pipelines {
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
        try pipelines.flatMap { file, pipeline in
            try list(pipeline).map {
                try OutputIndex.path($0, in: file.parent, shownAs: file.description)
            }
        }
    }
}
