/// Something that a user waits for, or pays space for.
enum Scenario: String, CaseIterable {
    case version, small, files, one, million, diff, history
    case nativeHash = "native-hash"
    case nativeFiles = "native-files"
    case nativeMillion = "native-million"
    case nativeOne = "native-one"
    case nativeTable = "native-csv"
    case nativeVersions = "native-versions"
    case nativeData = "native-data"
    case remoteFiles = "remote-files"
    case remoteOne = "remote-one"
    case remoteMillion = "remote-million"
    case remoteCollect = "remote-gc"
    case s3Files = "s3-files"
    case s3One = "s3-one"
    case s3Latency = "s3-latency"
    case s3Idle = "s3-idle"
    case pipelineCold = "pipeline-cold"
    case pipelineIdle = "pipeline-idle"
    case pipelineParallel = "pipeline-parallel"
    case pipelineGrowth = "pipeline-growth"
    case hooks

    /// What a name on the command line stands for: one scenario, or all whose names begin with it and a hyphen.
    ///
    /// - Throws: `BenchError` if it is none.
    static func named(_ name: String) throws(BenchError) -> [Scenario] {
        if let scenario = Scenario(rawValue: name) { return [scenario] }
        let group = allCases.filter { $0.rawValue.hasPrefix("\(name)-") }
        guard !name.isEmpty, !group.isEmpty else { throw BenchError("there is no scenario '\(name)'") }
        return group
    }

    /// Prepares, measures and prints.
    func run(on bench: Workbench) throws(BenchError) {
        switch self {
        case .version: try StartUp(bench).version()
        case .small: try StartUp(bench).smallStatus()
        case .files: try ManyFiles(bench, count: bench.options.files).run()
        case .one: try OneFile(bench).run()
        case .million: try MillionFiles(bench).run()
        case .diff: try DataDifferences(bench).run()
        case .history: try LongHistories(bench).run()
        case .nativeHash: try NativeHash(bench).run()
        case .nativeFiles: try NativeFiles(bench).run()
        case .nativeMillion: try NativeMillion(bench).run()
        case .nativeOne: try NativeLargeFile(bench, .noise).run()
        case .nativeTable: try NativeLargeFile(bench, .table).run()
        case .nativeVersions: try NativeVersions(bench).run()
        case .nativeData: try NativeDataSets(bench).run()
        case .remoteFiles: try RemoteFiles(bench).run()
        case .remoteOne: try RemoteLargeFile(bench).run()
        case .remoteMillion: try RemoteMillion(bench).run()
        case .remoteCollect: try RemoteCollect(bench).run()
        case .s3Files: try S3Files(bench).run()
        case .s3One: try S3LargeFile(bench).run()
        case .s3Latency: try S3Latency(bench).run()
        case .s3Idle: try S3Idle(bench).run()
        case .pipelineCold: try PipelineStages(bench).cold()
        case .pipelineIdle: try PipelineStages(bench).idle()
        case .pipelineParallel: try PipelineStages(bench).parallel()
        case .pipelineGrowth: try PipelineStages(bench).growth()
        case .hooks: try IdleHooks(bench).run()
        }
    }
}
