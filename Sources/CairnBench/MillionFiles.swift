/// A tree so large that memory per file counts: only cairn runs, once per verb.
struct MillionFiles {
    private let bench: Workbench
    private let source: FileTree
    /// In mebibytes.
    private let limit = 400.0

    init(_ bench: Workbench) {
        self.bench = bench
        source = FileTree(path: "\(bench.root)/million/data", count: bench.options.million, size: 64)
    }

    func run() throws(BenchError) {
        let remote = "\(bench.root)/million-remote"
        try Disk.makeFolder(remote)
        let folder = try bench.makeRepository("million", remote: remote)
        try source.make()
        try measure("add", ["add", "-q", "data"], in: folder)
        try measure("add of what is added already", ["add", "-q", "data"], in: folder)
        try measure("status, nothing changed", ["status", "-q"], in: folder)
        try Disk.move("\(folder)/data", to: "\(bench.root)/million-data")
        try measure("checkout", ["checkout", "-q"], in: folder)
        try measure("push to an empty folder remote", ["push", "-q"], in: folder)
        let clone = try bench.makeRepository("million-clone", remote: remote)
        try bench.prepare(["cp", "\(folder)/data.dvc", clone], in: bench.root)
        try measure("pull from a folder remote", ["pull", "-q"], in: clone)
    }

    private func measure(_ name: String, _ arguments: [String], in folder: String) throws(BenchError) {
        var contest = Contest(name, tree: source.shape, bench)
        contest.add("cairn") { _ in Program([bench.cairn] + arguments, in: folder) }
        try contest.run(times: 1)
        contest.require(memoryBelow: limit)
    }
}
