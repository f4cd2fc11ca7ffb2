public import CairnFormats
public import CairnPipeline

// What reports of pipelines are made of, for those who use this library alone.

/// One reason for a stage to run.
public typealias StaleCause = CairnPipeline.StaleCause
/// How data differs from what is recorded of it.
public typealias DataChange = CairnPipeline.DataChange
/// What a stage depends on and what it made, as recorded and as found.
public typealias StageState = CairnPipeline.StageState
/// What a stage runs.
public typealias StageCommand = CairnFormats.StageCommand
/// What a text in YAML or JSON says.
public typealias YAMLValue = CairnFormats.YAMLValue
