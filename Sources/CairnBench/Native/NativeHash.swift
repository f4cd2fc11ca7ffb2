import CairnSystem

/// What it costs to read a large file that is cached: its id, where its chunks end, and their ids.
struct NativeHash {
    private let bench: Workbench
    private let path: String
    private let this: String

    init(_ bench: Workbench) throws(BenchError) {
        guard let this = Disk.resolve("/proc/self/exe") else { throw BenchError("/proc is not mounted") }
        self.bench = bench
        self.this = this
        path = "\(bench.root)/hashed"
    }

    func run() throws(BenchError) {
        var noise = NoiseGenerator(seed: 1)
        try Disk.write(bench.options.mebibytes << 20, to: path) { noise.fill(&$0) }
        for threads in Set([1, Workers.perProcessor.count]).sorted() { try run(threads) }
        try bench.prepare(["rm", "-f", path], in: bench.root)
    }

    private func run(_ threads: Int) throws(BenchError) {
        let tree =
            "one cached file of \(bench.options.mebibytes) MiB, \(threads) thread\(threads == 1 ? "" : "s")"
        var contest = Contest("hash", tree: tree, bench)
        for part in Kernel.Part.allCases {
            contest.add(part.title) { _ in
                Program([this, Kernel.option, part.rawValue, String(threads), path], in: bench.root)
            }
        }
        contest.add("b3sum", mayFail: true) { _ in
            Program(["b3sum", "--num-threads", String(threads), path], in: bench.root)
        }
        try contest.run()
        contest.require(Kernel.Part.id.title, atLeast: 0.65, timesFasterThan: "b3sum")
        contest.require(Kernel.Part.all.title, atLeast: 0.18, timesFasterThan: "b3sum")
    }
}
