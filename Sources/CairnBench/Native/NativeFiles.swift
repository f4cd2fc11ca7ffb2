/// Many small files in a native workspace: add, status and checkout, each beside the references.
struct NativeFiles {
    private let bench: Workbench
    private let source: FileTree
    private let stores: PeerStores

    init(_ bench: Workbench) {
        self.bench = bench
        source = FileTree(path: "\(bench.root)/native-source", count: bench.options.files, size: 4096)
        stores = PeerStores(of: source.path, isFolder: true, bench)
    }

    func run() throws(BenchError) {
        try source.make()
        try add()
        guard let workspace = stores.folders["cairn"] else { return }
        try status(in: workspace)
        try checkout(in: workspace)
    }

    private func add() throws(BenchError) {
        var contest = Contest("add", tree: source.shape, bench)
        stores.enter(&contest, Peer.installed(on: bench), rivals: ["cairn"])
        let source = source.path
        contest.add("cp -r + sync") { (run) throws(BenchError) in
            Program(shell: "cp -r '\(source)' native-copy-\(run) && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atMost: 1, timesOf: "cp -r + sync")
        contest.require(memoryBelow: 150)
    }

    private func status(in workspace: String) throws(BenchError) {
        let tracked = try bench.makeGitTwin(of: source)
        var contest = Contest("status, nothing changed", tree: source.shape, bench)
        contest.add("cairn") { _ in Program([bench.cairn, "status", "-q"], in: workspace) }
        contest.add("git status") { _ in Program(["git", "status", "--porcelain"], in: tracked) }
        try contest.run(warmUps: 1)
        contest.require(atMost: 1.5, timesOf: "git status")
        contest.require(memoryBelow: 150)
    }

    private func checkout(in workspace: String) throws(BenchError) {
        var contest = Contest("checkout", tree: source.shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            try Disk.move("\(workspace)/data", to: "\(bench.root)/native-checked-out-\(run)")
            return Program([bench.cairn, "checkout", "-q"], in: workspace)
        }
        let source = source.path
        contest.add("cp -r + sync") { (run) throws(BenchError) in
            Program(shell: "cp -r '\(source)' native-second-copy-\(run) && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atMost: 2, timesOf: "cp -r + sync")
        contest.require(memoryBelow: 150)
    }
}
