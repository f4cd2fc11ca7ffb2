/// One large file in a native workspace: stored the first time, and again after a little was put into its middle.
struct NativeLargeFile {
    /// What the file has in it.
    enum Content {
        /// Bytes that cannot be compressed.
        case noise
        /// Rows of text.
        case table
    }

    private let bench: Workbench
    private let content: Content
    private let source: String
    private let stores: PeerStores
    private var shape: String {
        content == .noise
            ? "one file of \(bench.options.mebibytes) MiB of noise"
            : "one CSV file of \(bench.options.mebibytes) MiB"
    }

    init(_ bench: Workbench, _ content: Content) {
        self.bench = bench
        self.content = content
        source = "\(bench.root)/\(content == .noise ? "noise" : "table").bin"
        stores = PeerStores(of: source, isFolder: false, bench)
    }

    func run() throws(BenchError) {
        let byteCount = bench.options.mebibytes << 20
        switch content {
        case .noise:
            var noise = NoiseGenerator(seed: 1)
            try Disk.write(byteCount, to: source) { noise.fill(&$0) }
        case .table:
            var table = CSVTable(seed: 2)
            try Disk.write(byteCount, to: source) { table.fill(&$0) }
        }
        let peers = Peer.installed(on: bench)
        let first = try add(peers)
        if content == .noise { try addAgain(peers, first) }
        for peer in peers where !peer.storesManyFiles {
            guard let folder = stores.folders[peer.name] else { continue }
            try bench.prepare(["rm", "-rf", folder], in: bench.root)
        }
        try bench.prepare(["rm", "-f", source], in: bench.root)
    }

    private func add(_ peers: [Peer]) throws(BenchError) -> Contest {
        var contest = Contest("add", tree: shape, bench)
        stores.enter(&contest, peers, rivals: ["cairn", content == .table ? "restic" : ""])
        let source = source
        contest.add("cp + sync") { (run) throws(BenchError) in
            try bench.prepare(["rm", "-f", "copy"], in: bench.root)
            return Program(shell: "cp \(source) copy && sync", in: bench.root)
        }
        try contest.run()
        try bench.prepare(["rm", "-f", "copy"], in: bench.root)
        switch content {
        case .noise: contest.require(atMost: 2, timesOf: "cp + sync")
        case .table: contest.require(atLeast: 2, timesFasterThan: "restic")
        }
        return contest
    }

    /// Each run puts other bytes into the middle of the file that was stored first.
    private func addAgain(_ peers: [Peer], _ first: Contest) throws(BenchError) {
        let original = "\(bench.root)/original"
        try bench.prepare(["ln", source, original], in: bench.root)
        var contest = Contest("add again, 1 MiB inserted in the middle", tree: shape, bench)
        let edit = Edit()
        for peer in peers {
            guard let folder = stores.folders[peer.name], first.seconds(of: peer.name) != nil else {
                continue
            }
            // Whole files again would only fill the disk.
            let runs = peer.name == "cairn" ? nil : peer.storesWholeFiles ? 1 : bench.options.peerRuns
            contest.add(
                peer.name, runs: runs, mayFail: peer.name != "cairn",
                store: { _ in peer.places.map { "\(folder)/\($0)" } }
            ) { (run) throws(BenchError) in
                if edit.run != run {
                    try insert(into: original, run)
                    edit.run = run
                }
                return try stores.program(of: peer, in: folder, version: 2 + run)
            }
        }
        try contest.run()
        contest.require(storedMebibytesAtMost: 1.6)
        if let before = first.seconds(of: "cairn"), let now = contest.seconds(of: "cairn") {
            bench.reportTarget(
                contest.name, shape, "time: add again / first add", now / before, limit: 1,
                isMet: now <= before)
        }
        try bench.prepare(["rm", "-f", original], in: bench.root)
    }

    /// Which run's bytes are in the source.
    private final class Edit {
        var run = -1
    }

    private func insert(into original: String, _ run: Int) throws(BenchError) {
        var noise = NoiseGenerator(seed: 1000 + UInt64(run))
        try Disk.write(noise.bytes(1 << 20), to: "\(bench.root)/inserted")
        let half = bench.options.mebibytes << 20 / 2
        let script = """
            { head -c \(half) '\(original)'; cat inserted; tail -c +\(half + 1) '\(original)'; } > edited
            mv -f edited '\(source)'
            """
        try bench.prepare(["/bin/sh", "-ec", script], in: bench.root)
    }
}
