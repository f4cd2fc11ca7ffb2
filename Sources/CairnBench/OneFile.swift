/// One large file: hashing and writing at once, so that the slower of the two decides.
struct OneFile {
    private let bench: Workbench

    init(_ bench: Workbench) { self.bench = bench }

    func run() throws(BenchError) {
        let mebibytes = bench.options.mebibytes
        let source = "\(bench.root)/big"
        try bench.prepare(["/bin/sh", "-c", "head -c \(mebibytes)M /dev/urandom > big"], in: bench.root)
        var contest = Contest("add", tree: "one file of \(mebibytes) MiB", bench)
        let rivals = [("cairn", bench.cairn)] + (bench.dvc.map { [("dvc", $0)] } ?? [])
        for (name, path) in rivals {
            contest.add(name) { (run) throws(BenchError) in
                // One inode more or less disturbs nobody, and three copies are enough.
                try bench.prepare(["rm", "-rf", "one-\(name)-\(run - 1)"], in: bench.root)
                let folder = try bench.makeRepository("one-\(name)-\(run)")
                try bench.prepare(["cp", source, folder], in: bench.root)
                return Program([path, "add", "-q", "big"], in: folder)
            }
        }
        contest.add("md5sum") { _ in Program(["md5sum", "big"], in: bench.root) }
        contest.add("cp + sync") { (run) throws(BenchError) in
            try bench.prepare(["rm", "-f", "copy"], in: bench.root)
            return Program(shell: "cp big copy && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atMost: 1.3, timesOf: "md5sum", "cp + sync")
        contest.require(memoryBelow: 150)
        try bench.prepare(["/bin/sh", "-c", "rm -rf one-* copy big"], in: bench.root)
    }
}
