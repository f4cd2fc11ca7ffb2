/// Repositories with the same data, whose remotes are new places in one bucket.
struct S3Repository {
    /// The workspace.
    let path: String
    /// The program that works with it.
    let program: String
    let bucket: S3Bucket
    private var bench: Workbench { bucket.bench }

    /// Makes a repository and adds data to it.
    ///
    /// - Parameters:
    ///   - isNative: whether it is of cairn's format; of DVC's otherwise.
    ///   - source: a file or a folder, which is copied.
    init(
        _ name: String, _ program: String, isNative: Bool, with source: String, in bucket: S3Bucket
    ) throws(BenchError) {
        path = "\(bucket.bench.root)/\(name)"
        self.program = program
        self.bucket = bucket
        if isNative {
            try Disk.makeFolder(path)
            try bench.prepare(["git", "init", "-q", "."], in: path)
            try bench.prepare([program, "init", "-q"], in: path)
        } else {
            _ = try bench.makeRepository(name)
        }
        try bench.prepare(["cp", "-r", source, "data"], in: path)
        try bench.prepare([program, "add", "-q", "data"], in: path)
        try bucket.setRemote("none", of: path)
        try bench.prepare(["git", "add", "-A"], in: path)
        try bench.prepare(["git", "commit", "-q", "-m", "data"], in: path)
    }

    /// A push to a place where nothing is.
    func push(to prefix: String, endpoint: String? = nil) throws(BenchError) -> Program {
        try bucket.setRemote(prefix, of: path, endpoint: endpoint)
        return Program([program, "push", "-q"], in: path)
    }

    /// A pull into a fresh clone.
    func pull(from prefix: String, into clone: String, endpoint: String? = nil) throws(BenchError) -> Program
    {
        let folder = "\(path)-\(clone)"
        try bench.prepare(["git", "clone", "-q", path, folder], in: bench.root)
        try bucket.setRemote(prefix, of: folder, endpoint: endpoint)
        return Program([program, "pull", "-q"], in: folder)
    }
}
