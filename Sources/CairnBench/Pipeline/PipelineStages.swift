/// Running many small stages, and finding that none has to run.
struct PipelineStages {
    private let bench: Workbench

    init(_ bench: Workbench) { self.bench = bench }

    /// All stages run.
    func cold() throws(BenchError) {
        let tree = StageTree(bench, count: bench.options.scaled(300))
        try tree.make()
        var contest = Contest("all stages run", tree: tree.name, bench)
        contest.add("cairn") { (_) throws(BenchError) in
            Program([bench.cairn, "repro", "-q"], in: try tree.copy("cairn", for: bench.cairn))
        }
        if let dvc = bench.dvc {
            contest.add("dvc", runs: 1, mayFail: true) { (_) throws(BenchError) in
                Program([dvc, "repro", "-q"], in: try tree.copy("dvc", for: dvc))
            }
        }
        contest.add("make", mayFail: true) { (_) throws(BenchError) in
            Program(["make", "-s"], in: try tree.copy("make", for: nil))
        }
        contest.add("ninja", mayFail: true) { (_) throws(BenchError) in
            Program(["ninja", "-j1", "--quiet"], in: try tree.copy("ninja", for: nil))
        }
        try contest.run()
        contest.require(atLeast: 50, timesFasterThan: "dvc")
        contest.require(atMost: 5, timesOf: "make")
        contest.require(memoryBelow: 150)
    }

    /// Everything is up to date.
    func idle() throws(BenchError) {
        try idle(bench.options.scaled(300), within: 0.040, dvcFactor: 60)
        try idle(bench.options.scaled(1000), within: 0.120, dvcFactor: nil)
    }

    private func idle(_ count: Int, within limit: Double, dvcFactor: Double?) throws(BenchError) {
        let tree = StageTree(bench, count: count)
        try tree.make()
        let own = try tree.copy("cairn", for: bench.cairn)
        try bench.prepare([bench.cairn, "repro", "-q"], in: own)
        let made = try tree.copy("make", for: nil)
        try bench.prepare(["make", "-s"], in: made)
        var contest = Contest("no stage has to run", tree: tree.name, bench)
        contest.add("cairn") { _ in Program([bench.cairn, "repro", "-q"], in: own) }
        contest.add("make", mayFail: true) { _ in Program(["make", "-s"], in: made) }
        contest.add("ninja", mayFail: true) { _ in Program(["ninja", "--quiet"], in: made) }
        if dvcFactor != nil, let dvc = bench.dvc {
            // A repository that both can use, so that the stages need not run by dvc for hours.
            let shared = "\(tree.path)-shared"
            try bench.prepare(["cp", "-r", tree.path, shared], in: bench.root)
            try bench.prepare(["git", "init", "-q", "."], in: shared)
            try bench.prepare([dvc, "init", "-q"], in: shared)
            try bench.prepare([bench.cairn, "repro", "-q"], in: shared)
            contest.add("dvc", runs: 2, mayFail: true) { _ in Program([dvc, "repro", "-q"], in: shared) }
        }
        try contest.run(warmUps: 1)
        contest.require(within: limit)
        if let dvcFactor { contest.require(atLeast: dvcFactor, timesFasterThan: "dvc") }
        contest.require(memoryBelow: 150)
    }

    /// Stages that wait, side by side.
    func parallel() throws(BenchError) {
        let folder = "\(bench.root)/sleeping"
        try Disk.makeFolder(folder)
        var stages = "stages:\n"
        for number in 0..<8 {
            stages +=
                "  s\(number):\n    cmd: sleep 1 && echo \(number) > o\(number)\n    outs:\n    - o\(number)\n"
        }
        try Disk.write(Array(stages.utf8), to: "\(folder)/dvc.yaml")
        var contest = Contest("eight at a time", tree: "8 stages of `sleep 1`", bench)
        contest.add("cairn") { (run) throws(BenchError) in
            let copy = "\(folder)-\(run)"
            try bench.prepare(["cp", "-r", folder, copy], in: bench.root)
            try bench.prepare(["git", "init", "-q", "."], in: copy)
            try bench.prepare([bench.cairn, "init", "-q"], in: copy)
            return Program([bench.cairn, "repro", "-q", "-j8"], in: copy)
        }
        try contest.run()
        contest.require(within: 1.4)
    }

    /// Ten times the stages take about ten times as long.
    func growth() throws(BenchError) {
        var costs: [Double] = []
        for count in [bench.options.scaled(1000), bench.options.scaled(10000)] {
            let tree = StageTree(bench, count: count)
            try tree.make()
            let own = try tree.copy("cairn", for: bench.cairn)
            var cold = Contest("all stages run", tree: tree.name, bench)
            cold.add("cairn", runs: 1) { _ in Program([bench.cairn, "repro", "-q"], in: own) }
            try cold.run(times: 1)
            var idle = Contest("no stage has to run", tree: tree.name, bench)
            idle.add("cairn") { _ in Program([bench.cairn, "repro", "-q"], in: own) }
            try idle.run()
            costs += [cold.seconds(of: "cairn") ?? 0, idle.seconds(of: "cairn") ?? 0]
        }
        for (name, small, large) in [("run", costs[0], costs[2]), ("look", costs[1], costs[3])]
        where small > 0 {
            bench.reportTarget(
                "growth to ten times the stages: \(name)", "10000 stages of `cat`",
                "time a stage: 10000 / 1000",
                large / small / 10, limit: 1.5, isMet: large <= 15 * small)
        }
    }
}
