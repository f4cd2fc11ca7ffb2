/// What changed in a tree with many files: between two commits, and between one and the workspace.
struct DataDifferences {
    private let bench: Workbench
    private let source: FileTree

    init(_ bench: Workbench) {
        self.bench = bench
        source = FileTree(path: "\(bench.root)/difference-source", count: bench.options.files, size: 4096)
    }

    /// Measures `diff`, in a repository that both programs can read.
    func run() throws(BenchError) {
        try source.make()
        let folder = try bench.makeRepository("difference")
        try bench.prepare(["cp", "-r", source.path, "\(folder)/data"], in: bench.root)
        try save("one", in: folder)
        // One file of a hundred has other bytes, and one of a thousand another name.
        try bench.prepare(
            [
                "sh", "-c",
                """
                find data -type f | LC_ALL=C sort | awk 'NR % 100 == 0' | while read -r f; do echo changed >> "$f"; done
                find data -type f | LC_ALL=C sort | awk 'NR % 1000 == 1' | while read -r f; do mv "$f" "$f.moved"; done
                """,
            ], in: folder)
        try save("two", in: folder)
        try measure("diff HEAD~1, 1 of 100 files changed", ["diff", "--json", "HEAD~1"], 30, in: folder)
        try measure("diff HEAD~1 HEAD", ["diff", "--json", "HEAD~1", "HEAD"], 30, in: folder)
        try measure("diff, nothing changed", ["diff", "--json"], 30, in: folder)
    }

    private func save(_ message: String, in folder: String) throws(BenchError) {
        try bench.prepare([bench.cairn, "add", "-q", "data"], in: folder)
        try bench.prepare(["git", "add", "-A"], in: folder)
        try bench.prepare(
            ["git", "-c", "user.name=n", "-c", "user.email=n@n", "commit", "-q", "-m", message], in: folder)
    }

    private func measure(
        _ what: String, _ words: [String], _ factor: Double, in folder: String
    ) throws(BenchError) {
        var contest = Contest(what, tree: source.shape, bench)
        contest.add("cairn") { _ in Program([bench.cairn] + words, in: folder) }
        if let dvc = bench.dvc {
            contest.add("dvc", runs: 3, mayFail: true) { _ in Program([dvc] + words, in: folder) }
        }
        // Both remember what they have hashed.
        try contest.run(warmUps: 1)
        contest.require(atLeast: factor, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }
}
