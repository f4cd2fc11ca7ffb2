import CairnCore
import CairnFormats

extension OutputIndex {
    /// The paths that are declared to be of a kind: outputs of stages, and what pipelines name beside their stages.
    func paths(of kind: StageOutput.Kind) -> Set<RepoPath> {
        var paths = Set(outputs.filter { $0.kind == kind }.map(\.path))
        for (file, pipeline) in pipelines {
            let named: [String]
            switch kind {
            case .output: named = []
            case .metric: named = pipeline.file.metrics
            case .plot: named = pipeline.file.plots.flatMap(\.namedFiles)
            }
            // What is no path is the name of something else.
            paths.formUnion(named.compactMap { try? Self.path($0, in: file.parent, shownAs: "") })
        }
        return paths
    }
}

extension YAMLValue {
    /// The files that an entry of a pipeline's `plots` may name: it is a path, or a mapping from a path or title to properties, of which
    /// `y` may be a mapping from paths.
    fileprivate var namedFiles: [String] {
        if let text { return [text] }
        var files: [String] = []
        for entry in entries ?? [] {
            if let name = entry.key.text { files.append(name) }
            let series = entry.value.entries?.first { $0.key.text == "y" }?.value.entries ?? []
            files += series.compactMap(\.key.text)
        }
        return files
    }
}
