/// A tree so large that time and memory per file count, in a native workspace.
struct NativeMillion {
    private let bench: Workbench
    private let source: FileTree
    private let folder: String
    /// 300 MB, in mebibytes.
    private let memoryLimit = 300e6 / 1_048_576

    init(_ bench: Workbench) {
        self.bench = bench
        folder = "\(bench.root)/native-million"
        source = FileTree(path: "\(folder)/data", count: bench.options.million, size: 64)
    }

    func run() throws(BenchError) {
        guard let cairn = Peer.installed(on: bench).first(where: { $0.name == "cairn" }) else { return }
        try Disk.makeFolder(folder)
        try cairn.makeStore(folder)
        try source.make()
        var add = Contest("add", tree: source.shape, bench)
        let store = cairn.places.map { "\(folder)/\($0)" }
        add.add("cairn", store: { _ in store }) { _ in
            Program([bench.cairn, "add", "-q", "data"], in: folder)
        }
        try add.run(times: 1)
        add.require(memoryBelow: memoryLimit)
        var status = Contest("status, nothing changed", tree: source.shape, bench)
        status.add("cairn") { _ in Program([bench.cairn, "status", "-q"], in: folder) }
        status.add("find, which looks at each file") { _ in
            Program(["find", "data", "-size", "+1M"], in: folder)
        }
        try status.run(warmUps: 1)
        status.require(within: 2)
        status.require(memoryBelow: memoryLimit)
    }
}
