/// How long nothing takes: what every command pays before it does its work.
struct StartUp {
    private let bench: Workbench
    private let runs: Int

    init(_ bench: Workbench) {
        self.bench = bench
        // A few milliseconds each, so there may be more of them.
        runs = bench.options.runs * 4
    }

    /// `--version`.
    func version() throws(BenchError) {
        var contest = Contest("version", tree: "none", bench)
        contest.add("cairn") { [bench] _ in Program([bench.cairn, "--version"], in: bench.root) }
        contest.add("git") { [bench] _ in Program(["git", "--version"], in: bench.root) }
        try contest.run(times: runs, warmUps: 1)
        contest.require(within: 0.010)
        contest.require(memoryBelow: 150)
    }

    /// `status` where there is little to look at.
    func smallStatus() throws(BenchError) {
        let folder = try bench.makeRepository("small")
        try Disk.makeFolder("\(folder)/data")
        for number in 0..<10 {
            try Disk.write(Array("file \(number)\n".utf8), to: "\(folder)/data/\(number)")
        }
        try bench.prepare([bench.cairn, "add", "data"], in: folder)
        var contest = Contest("status in a small repository", tree: "10 files in one tracked folder", bench)
        contest.add("cairn") { [bench] _ in Program([bench.cairn, "status"], in: folder) }
        contest.add("git status") { _ in Program(["git", "status", "--porcelain"], in: folder) }
        try contest.run(times: runs, warmUps: 1)
        contest.require(within: 0.020)
        contest.require(memoryBelow: 150)
    }
}
