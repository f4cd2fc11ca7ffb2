/// The stores that peers keep one file or folder in, a new one for each run.
///
/// Nothing is deleted of which there are many: for a minute, ext4 searches long for inodes that were not freed just now.
final class PeerStores {
    private let bench: Workbench
    private let source: String
    private let isFolder: Bool
    /// The store of each peer that was made last.
    private(set) var folders: [String: String] = [:]

    /// - Parameters:
    ///   - source: the path of what is stored.
    ///   - isFolder: whether it is a tree of many files.
    init(of source: String, isFolder: Bool, _ bench: Workbench) {
        self.bench = bench
        self.source = source
        self.isFolder = isFolder
    }

    /// Lets peers take part in storing the source for the first time.
    ///
    /// - Parameter rivals: those that run as often as cairn.
    func enter(_ contest: inout Contest, _ peers: [Peer], rivals: Set<String>) {
        for peer in peers {
            contest.add(
                peer.name, runs: rivals.contains(peer.name) ? nil : bench.options.peerRuns,
                mayFail: peer.name != "cairn", store: { self.places(of: peer, $0) }
            ) { (run) throws(BenchError) in
                if !self.isFolder && !peer.storesManyFiles && run > 0 {
                    try self.bench.prepare(
                        ["rm", "-rf", self.folder(of: peer, run - 1)], in: self.bench.root)
                }
                let folder = self.folder(of: peer, run)
                try Disk.makeFolder(folder)
                try peer.makeStore(folder)
                self.folders[peer.name] = folder
                return try self.program(of: peer, in: folder, version: 1)
            }
        }
    }

    /// Puts the source, as it is now, into a peer's folder.
    ///
    /// - Returns: what stores it.
    func program(of peer: Peer, in folder: String, version: Int) throws(BenchError) -> Program {
        let path = try peer.place(source, in: folder, isFolder: isFolder, bench)
        return Program(peer.add(Peer.Item(path: path, isFolder: isFolder, version: version)), in: folder)
    }

    private func folder(of peer: Peer, _ run: Int) -> String {
        "\(bench.root)/\(bench.scenario?.rawValue ?? "")-\(peer.name)-\(run)"
    }

    private func places(of peer: Peer, _ run: Int) -> [String] {
        peer.places.map { "\(folder(of: peer, run))/\($0)" }
    }
}
