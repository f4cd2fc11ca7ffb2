/// Ten versions of a file of which each has other bytes in some places.
struct NativeVersions {
    private let bench: Workbench
    private let count = 10

    init(_ bench: Workbench) { self.bench = bench }

    func run() throws(BenchError) {
        let mebibytes = max(2, bench.options.mebibytes / 2)
        let blocks = max(1, 10 / bench.options.scale)
        let shape = "\(count) versions of \(mebibytes) MiB, \(blocks) blocks of 1 MiB rewritten in each"
        let source = "\(bench.root)/blocks.bin"
        var noise = NoiseGenerator(seed: 3)
        let series = VersionSeries(of: source, shape: shape, bench)
        let stored = try series.run(count: count, label: "versions") { (version) throws(BenchError) in
            guard version > 1 else {
                return try Disk.write(mebibytes << 20, to: source) { noise.fill(&$0) }
            }
            for _ in 0..<blocks {
                let place = noise.next(below: mebibytes) << 20
                try Disk.overwrite(source, at: place, with: noise.bytes(1 << 20))
            }
        }
        // A small file is nearly all rewritten, which no limit is made for.
        if bench.options.scale == 1 {
            let gibibytes = Double(stored) / Double(1 << 30)
            bench.reportTarget(
                "stored after ten versions", shape, "stored GiB", gibibytes, limit: 1.15,
                isMet: gibibytes <= 1.15)
        }
        try bench.prepare(["rm", "-f", source], in: bench.root)
    }
}
