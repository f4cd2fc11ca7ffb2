/// A native repository whose data goes to packed remotes in folders, a new one for each run that wants an empty one.
struct PackedRepository {
    /// The workspace.
    let path: String
    private let bench: Workbench

    init(_ path: String, _ bench: Workbench) {
        self.path = path
        self.bench = bench
    }

    /// Makes the repository and adds data to it.
    ///
    /// - Parameter source: a file or a folder, which is copied.
    func make(with source: String) throws(BenchError) {
        try Disk.makeFolder(path)
        try bench.prepare(["git", "init", "-q", "."], in: path)
        try bench.prepare([bench.cairn, "init", "-q"], in: path)
        try bench.prepare(["cp", "-r", source, "data"], in: path)
        try bench.prepare([bench.cairn, "add", "-q", "data"], in: path)
    }

    /// The folder of a remote.
    func remote(number: Int) -> String { "\(path)-remote-\(number)" }

    /// Has the repository push to an empty folder.
    func setRemote(number: Int) throws(BenchError) {
        try Disk.makeFolder(remote(number: number))
        try bench.prepare(
            [bench.cairn, "remote", "add", "-q", "-f", "-d", "store", remote(number: number)], in: path)
    }

    /// Commits the pointers.
    func commit() throws(BenchError) {
        try bench.prepare(["git", "add", "-A"], in: path)
        try bench.prepare(["git", "commit", "-q", "-m", "data"], in: path)
    }

    /// Clones the repository.
    ///
    /// - Returns: the path of the clone.
    func clone(number: Int) throws(BenchError) -> String {
        let clone = "\(path)-clone-\(number)"
        try bench.prepare(["git", "clone", "-q", path, clone], in: bench.root)
        return clone
    }
}
