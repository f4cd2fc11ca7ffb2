/// Versions of one file, stored by several programs one after the other: what each store has grown to.
///
/// Bytes are the same in every run, so there is one run; its times are one look.
struct VersionSeries {
    private let name = "stored after each version"
    private let shape: String
    private let bench: Workbench
    private let source: String
    private let stores: PeerStores

    /// - Parameters:
    ///   - source: the path at which each version is found in its turn.
    ///   - shape: what the versions are.
    init(of source: String, shape: String, _ bench: Workbench) {
        self.shape = shape
        self.bench = bench
        self.source = source
        stores = PeerStores(of: source, isFolder: false, bench)
    }

    /// Stores the versions and prints a line for each program and version.
    ///
    /// - Parameters:
    ///   - make: puts a version, counted from 1, at the path.
    ///   - label: tells the folders of this series from those of others.
    /// - Returns: what cairn's store has in the end, in bytes.
    @discardableResult
    func run(
        count: Int, label: String, make: (_ version: Int) throws(BenchError) -> Void
    ) throws(BenchError) -> Int64 {
        var peers = Peer.thatShareParts(on: bench)
        func folder(_ peer: Peer) -> String { "\(bench.root)/\(label)-\(peer.name)" }
        for peer in peers {
            try Disk.makeFolder(folder(peer))
            try peer.makeStore(folder(peer))
        }
        var whole: Int64 = 0
        var own: Int64 = 0
        for version in 1...max(1, count) {
            try make(version)
            whole += Disk.size(of: source)
            report("whole files", version, [("stored_bytes", .integer(Int(whole)))])
            for peer in peers {
                do throws(BenchError) {
                    let size = try add(version, peer, in: folder(peer))
                    if peer.name == "cairn" { own = size }
                } catch {
                    guard peer.name != "cairn" else { throw error }
                    peers.removeAll { $0.name == peer.name }
                    bench.reportSkipped(peer.name, "\(error)", of: name, shape)
                }
            }
        }
        for peer in peers where !peer.storesManyFiles {
            try bench.prepare(["rm", "-rf", folder(peer)], in: bench.root)
        }
        return own
    }

    private func add(_ version: Int, _ peer: Peer, in folder: String) throws(BenchError) -> Int64 {
        let program = try stores.program(of: peer, in: folder, version: version)
        Disk.sync()
        let cost = try program.run(bench.environment)
        Disk.sync()
        let size = StoreSize(of: peer.places.map { "\(folder)/\($0)" })
        guard size.bytes > 0 else {
            throw BenchError("`\(program.words.joined(separator: " "))` stored nothing")
        }
        report(
            peer.name, version,
            [
                ("stored_bytes", .integer(Int(size.bytes))), ("disk_bytes", .integer(Int(size.diskBytes))),
                ("seconds", .number(cost.seconds)), ("processor_seconds", .number(cost.processorSeconds)),
                ("peak_mib", .number(Double(cost.peakBytes) / 1_048_576)),
            ])
        return size.bytes
    }

    private func report(_ program: String, _ version: Int, _ figures: [(String, JSONLine.Value)]) {
        bench.report(
            [
                ("measurement", .text(name)), ("tree", .text(shape)), ("program", .text(program)),
                ("version", .integer(version)),
            ] + figures)
    }
}
