import CairnCore
public import CairnPipeline

extension CairnError {
    /// Words for stages that cannot be run as they are described.
    public init(_ error: PipelineError) {
        switch error.reason {
        case .outputTwice(let path, let first, let second):
            self.init(
                .conflict, error.message, hint: "take it away from one of them",
                dvc:
                    "output '\(path)' is specified in:\n\t- \(first)\n\t- \(second)\nUse `dvc remove` with any of the above targets to stop tracking the overlapping output."
            )
        case .outputsOverlap(let outer, let outerStage, let inner, let innerStage):
            self.init(
                .conflict, error.message, hint: "give each output a place of its own",
                dvc:
                    "The output paths:\n'\(outer)'('\(outerStage)')\n'\(inner)'('\(innerStage)')\noverlap and are thus in the same tracked directory.\nTo keep reproducibility, outputs should be in separate tracked directories or tracked individually."
            )
        case .readsOwnOutput(let stage, _, _):
            self.init(
                .conflict, error.message,
                dvc: "Same item(s) are defined as both a dependency and an output in stage: \(stage).")
        case .cycle(let links):
            let stages = links.map(\.stage).joined(separator: ", ")
            self.init(
                .conflict, error.message,
                hint: "one of the stages has to do without what it needs of the next",
                dvc: "Same item(s) are defined as both a dependency and an output in stages: \(stages).")
        case .stageFileInOutput(_, let stage, let output, _):
            self.init(
                .conflict, error.message, hint: "describe the stage in a folder that is no output",
                dvc: "stage: '\(stage)' is within an output '\(output)' of another stage")
        case .badDemand: self.init(.config, error.message)
        case .demandExceedsAll: self.init(.usage, error.message)
        case .damagedJournal:
            self.init(
                .damaged, error.message,
                hint: "what it has is lost if you remove it; the stages it names run again then")
        case .journalInUse: self.init(.locked, error.message)
        case .system(let error): self.init(error)
        }
    }
}
