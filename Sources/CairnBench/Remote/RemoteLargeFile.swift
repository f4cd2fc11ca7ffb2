/// One large file on its way to a packed remote in a folder, again after a little was put into its middle, and into a fresh clone.
struct RemoteLargeFile {
    private let bench: Workbench
    private let source: String
    private let repository: PackedRepository
    private var shape: String { "one file of \(bench.options.mebibytes) MiB of noise" }

    init(_ bench: Workbench) {
        self.bench = bench
        source = "\(bench.root)/remote-noise.bin"
        repository = PackedRepository("\(bench.root)/remote-one", bench)
    }

    func run() throws(BenchError) {
        var noise = NoiseGenerator(seed: 7)
        try Disk.write(bench.options.mebibytes << 20, to: source) { noise.fill(&$0) }
        try repository.make(with: source)
        let last = try push()
        try pull()
        try pushAgain(last)
    }

    /// - Returns: the number of the last remote.
    private func push() throws(BenchError) -> Int {
        var contest = Contest("push to an empty folder", tree: shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            if run > 0 {
                try bench.prepare(["rm", "-rf", repository.remote(number: run - 1)], in: bench.root)
            }
            try repository.setRemote(number: run)
            return Program([bench.cairn, "push", "-q"], in: repository.path)
        }
        contest.add("cp + sync") { (run) throws(BenchError) in
            try bench.prepare(["rm", "-f", "copy"], in: bench.root)
            return Program(shell: "cp '\(source)' copy && sync", in: bench.root)
        }
        try contest.run()
        contest.require(memoryBelow: 150)
        return bench.options.runs - 1
    }

    private func pull() throws(BenchError) {
        try repository.commit()
        var contest = Contest("pull into a fresh clone", tree: shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            if run > 0 {
                try bench.prepare(["rm", "-rf", "\(repository.path)-clone-\(run - 1)"], in: bench.root)
            }
            return Program([bench.cairn, "pull", "-q"], in: try repository.clone(number: run))
        }
        contest.add("two cp + sync") { (run) throws(BenchError) in
            try bench.prepare(["rm", "-f", "copy", "second"], in: bench.root)
            return Program(shell: "cp '\(source)' copy && cp copy second && sync", in: bench.root)
        }
        try contest.run()
        try bench.prepare(["rm", "-f", "copy", "second"], in: bench.root)
        contest.require(atMost: 1.5, timesOf: "two cp + sync")
    }

    private func pushAgain(_ remote: Int) throws(BenchError) {
        var contest = Contest("push again, 1 MiB inserted in the middle", tree: shape, bench)
        contest.add("cairn", store: { _ in [repository.remote(number: remote)] }) {
            (run) throws(BenchError) in
            var noise = NoiseGenerator(seed: 2000 + UInt64(run))
            try Disk.write(noise.bytes(1 << 20), to: "\(bench.root)/inserted")
            let half = bench.options.mebibytes << 20 / 2
            let script = """
                { head -c \(half) '\(source)'; cat '\(bench.root)/inserted'; tail -c +\(half + 1) '\(source)'; } > edited
                mv -f edited data
                """
            try bench.prepare(["/bin/sh", "-ec", script], in: repository.path)
            try bench.prepare([bench.cairn, "add", "-q", "data"], in: repository.path)
            return Program([bench.cairn, "push", "-q"], in: repository.path)
        }
        try contest.run()
        contest.require(storedMebibytesAtMost: 1.7)
    }
}
