public import CairnCore
import CairnFormats
public import CairnPipeline
import CairnSystem

extension Workspace {
    /// Runs what is stale among stages and what they depend on, and records what came of it.
    ///
    /// Each stage that ends is stored and noted in a journal at once, so that a run that is stopped or killed at any moment goes on where
    /// it was; locks are written whole, now and then and at the end. The text of a lock is the same for any number of stages at a time.
    ///
    /// - Parameters:
    ///   - targets: names of stages and of groups, pipeline files, pointer files, outputs; none for the pipeline file in the user's folder.
    ///   - output: takes what commands print, from several threads.
    ///   - confirm: asked before each stage that is to run, with its address; `nil` runs all.
    ///   - events: told what happens, in the thread of the caller.
    /// - Returns: what was done with each stage; `failure` is set if a stage failed.
    /// - Throws: `CairnError` for what keeps everything from running, and of kind `interrupted` when the user asked to stop: what had ended
    ///   by then is recorded.
    public func reproduce(
        _ targets: [String] = [], _ options: ReproduceOptions = ReproduceOptions(),
        reporter: any Reporter = SilentReporter(), output: any StageOutputSink = SilentOutput(),
        confirm: ((_ stage: String) throws -> Bool)? = nil,
        events: @escaping (ReproduceEvent) -> Void = { _ in }
    ) throws -> ReproduceReport {
        let session = try Session(self, reporter: reporter, writes: !options.isDry)
        let index = try WorkspaceScan.run(session)
        let nodes = try index.stageNodes(in: self)
        let graph = try StageGraph(nodes.map { StageGraph.Node($0) }).releasingFrozen()
        let stages = try ReproduceSelection(nodes, graph, index, self).stages(targets, options)
        let run = try ReproduceRun(
            stages, nodes, graph, index, options, session, output: output, confirm: confirm, events: events)
        return try run.run()
    }

    /// Why stages would run, without running them or changing anything.
    ///
    /// - Parameter targets: as of `reproduce`, without what they depend on.
    /// - Returns: for each stage its causes; empty for one that is up to date. Pointers are left out.
    public func explain(
        _ targets: [String], reporter: any Reporter = SilentReporter()
    ) throws -> [(address: String, isFrozen: Bool, causes: [StaleCause])] {
        let session = try Session(self, reporter: reporter, writes: false)
        let index = try WorkspaceScan.run(session)
        let nodes = try index.stageNodes(in: self)
        let graph = try StageGraph(nodes.map { StageGraph.Node($0) }).releasingFrozen()
        let selection = ReproduceSelection(nodes, graph, index, self)
        let named = try selection.named(targets, ReproduceOptions())
        let survey = try StageSurvey(session, index)
        var known: [Int: [StaleCause]] = [:]
        // Upstream first: a stage whose own data is as recorded runs again if what it reads is made anew.
        for place in graph.order(of: .needed(for: named)) {
            guard let stage = nodes[place].stage else { continue }
            var causes = try survey.state(of: nodes[place], stage).causes
            for other in graph.upstream[place] where !(known[other] ?? []).isEmpty {
                causes.append(.upstream(nodes[other].address))
            }
            known[place] = causes
        }
        return named.compactMap { place in
            known[place].map { (nodes[place].address, nodes[place].isFrozen, $0) }
        }
    }
}
