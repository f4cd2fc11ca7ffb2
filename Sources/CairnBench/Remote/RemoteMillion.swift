/// A million small files on their way to a packed remote: how many objects they become, and how much memory that takes.
struct RemoteMillion {
    private let bench: Workbench
    private let source: FileTree
    private let repository: PackedRepository
    /// The bytes at which a pack of data is closed.
    private static let packSize = 64 << 20

    init(_ bench: Workbench) {
        self.bench = bench
        source = FileTree(
            path: "\(bench.root)/remote-million-source", count: bench.options.million, size: 1024)
        repository = PackedRepository("\(bench.root)/remote-million", bench)
    }

    func run() throws(BenchError) {
        try source.make()
        try repository.make(with: source.path)
        var contest = Contest("push to an empty folder", tree: source.shape, bench)
        let remote = repository.remote(number: 0)
        contest.add("cairn", store: { _ in [remote] }) { (run) throws(BenchError) in
            try repository.setRemote(number: run)
            return Program([bench.cairn, "push", "-q"], in: repository.path)
        }
        try contest.run(times: 1)
        let count = try Program(shell: "find '\(remote)' -type f | wc -l", in: bench.root)
            .output(bench.environment)
        guard let objects = Double(count.filter { $0 != " " }) else {
            throw BenchError("find told '\(count)'")
        }
        let limit = Double(bench.options.million * 1024 / Self.packSize + 20)
        bench.reportTarget(
            contest.name, source.shape, "objects written", objects, limit: limit, isMet: objects <= limit)
        contest.require(memoryBelow: 400_000_000 / 1_048_576)
    }
}
