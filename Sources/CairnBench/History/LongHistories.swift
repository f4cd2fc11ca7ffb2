/// Commands that look at every commit of a long history and find nothing to do.
struct LongHistories {
    private let bench: Workbench

    init(_ bench: Workbench) { self.bench = bench }

    /// After so many seconds dvc is ended: it looks at each commit anew, which takes it hours.
    private static let patience = 60

    /// Measures `gc`, `push`, `fetch` and `log` over 1,000 commits beside dvc, and over 10,000 alone.
    func run() throws(BenchError) {
        let short = try PointerHistory(bench, commits: bench.options.scaled(1000), pointers: 100)
        try short.make()
        try measure("gc --all-commits --dry", ["gc", "--all-commits", "--dry", "-f"], short, dvcFactor: 50)
        try measure(
            "push --all-commits, nothing to do", ["push", "-q", "--all-commits"], short, dvcFactor: 50)
        try measure(
            "fetch --all-commits, nothing to do", ["fetch", "-q", "--all-commits"], short, dvcFactor: 50)
        try measure("log of one path", ["log", "d3/f3"], short)
        let long = try PointerHistory(bench, commits: bench.options.scaled(10_000), pointers: 100)
        try long.make()
        try measure("gc --all-commits --dry", ["gc", "--all-commits", "--dry", "-f"], long, within: 4)
        try measure(
            "push --all-commits, nothing to do", ["push", "-q", "--all-commits"], long, within: 4)
        try measure("log of one path", ["log", "d3/f3"], long, within: 2)
    }

    private func measure(
        _ what: String, _ words: [String], _ history: PointerHistory, dvcFactor: Double? = nil,
        within limit: Double? = nil
    ) throws(BenchError) {
        var contest = Contest(what, tree: history.name, bench)
        contest.add("cairn") { _ in Program([bench.cairn] + words, in: history.path) }
        let peer = "dvc, at most \(Self.patience) s"
        if dvcFactor != nil, let dvc = bench.dvc {
            let command = (["timeout", "\(Self.patience)", dvc] + words).joined(separator: " ")
            contest.add(peer, runs: 1, mayFail: true) { _ in
                Program(shell: "\(command) || test $? = 124", in: history.path)
            }
        }
        try contest.run()
        if let dvcFactor { contest.require(atLeast: dvcFactor, timesFasterThan: peer) }
        if let limit { contest.require(within: limit) }
        contest.require(memoryBelow: 150)
    }
}
