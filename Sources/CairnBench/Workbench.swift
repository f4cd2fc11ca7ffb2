/// The folder that everything happens in, and the programs that are compared.
struct Workbench {
    let options: BenchOptions
    /// A folder of our own, without symbolic links in its path.
    let root: String
    /// The measured program.
    let cairn: String
    /// The reference; `nil` where it is not installed.
    let dvc: String?
    /// The set-up's folder of other programs.
    private let peerFolder: String
    /// The script that makes data sets; `nil` if it is not there.
    let dataSets: String?
    /// What is being measured.
    var scenario: Scenario?
    /// What the programs see of the environment besides.
    var variables: [String: String] = [:]
    /// The script that starts servers, and the one that makes buckets.
    let server, bucketTool: String

    /// Makes the folder and finds the programs.
    ///
    /// - Throws: `BenchError` if there is no cairn to measure, or no place to work.
    init(_ options: BenchOptions) throws(BenchError) {
        guard let cairn = Disk.resolve(options.cairn), Disk.isExecutable(cairn) else {
            throw BenchError("'\(options.cairn)' is no program")
        }
        // Not resolved: a program in a virtual environment finds its libraries by the name it was called by.
        let dvc = Disk.isExecutable(options.dvc) ? options.dvc : nil
        guard let here = Disk.resolve(".") else { throw BenchError("the working folder is gone") }
        self.options = options
        self.cairn = cairn
        func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(here)/\(path)" }
        self.dvc = dvc.map(absolute)
        peerFolder = absolute(options.peers)
        dataSets = Disk.resolve(options.dataSets)
        server = absolute("\(options.servers)/server")
        bucketTool = absolute("\(options.servers)/s3")
        guard let parent = Disk.resolve(options.parent) else {
            throw BenchError("'\(options.parent)' is no folder")
        }
        root = try Disk.makeScratch("\(parent)/cairn-bench.")
    }

    /// Removes the folder with all that the runs left.
    func remove() {
        Console.note("removing \(root) …")
        // Left behind, it takes space and nothing else.
        _ = try? Program(["/bin/rm", "-rf", root], in: "/").run(environment)
    }

    /// What the programs see of the environment: nothing of the user's, no telemetry.
    var environment: [String: String] {
        [
            "PATH": Environment["PATH"] ?? "/usr/bin:/bin", "HOME": root,
            "XDG_CONFIG_HOME": "\(root)/.config",
            "LC_ALL": "C.UTF-8", "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": "\(root)/site",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
            "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
            // A collection in the background would disturb whoever runs next.
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0",
            "RESTIC_PASSWORD": "bench", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        ].merging(variables) { $1 }
    }

    /// Runs something that is not measured.
    func prepare(_ words: [String], in folder: String) throws(BenchError) {
        try Program(words, in: folder).run(environment)
    }

    /// Makes an empty repository as `dvc init` leaves it; the same bytes for both programs.
    ///
    /// - Parameter remote: the folder of its default remote.
    /// - Returns: its path.
    func makeRepository(_ name: String, remote: String? = nil) throws(BenchError) -> String {
        let path = "\(root)/\(name)"
        try Disk.makeFolder("\(path)/.dvc")
        try Disk.write(Array("/config.local\n/tmp\n/cache\n".utf8), to: "\(path)/.dvc/.gitignore")
        try setRemote(remote, of: path)
        try prepare(["git", "init", "-q", "."], in: path)
        return path
    }

    /// Writes the configuration of a repository.
    func setRemote(_ remote: String?, of repository: String) throws(BenchError) {
        let text = remote.map { "[core]\n    remote = store\n['remote \"store\"']\n    url = \($0)\n" } ?? ""
        try Disk.write(Array(text.utf8), to: "\(repository)/.dvc/config")
    }

    /// Copies a tree into a git repository and commits it: what `git status` is measured on.
    ///
    /// - Returns: the repository's path.
    func makeGitTwin(of tree: FileTree) throws(BenchError) -> String {
        let path = "\(root)/tracked-\(scenario?.rawValue ?? "")"
        try Disk.makeFolder(path)
        try prepare(["cp", "-r", tree.path, "\(path)/data"], in: root)
        try prepare(["git", "init", "-q", "."], in: path)
        try prepare(["git", "add", "-A"], in: path)
        try prepare(["git", "commit", "-q", "-m", "data"], in: path)
        return path
    }

    /// The python of the set-up's virtual environment; `nil` if there is none.
    var python: String? {
        let path = "\(peerFolder)/venv/bin/python"
        return Disk.isExecutable(path) ? path : nil
    }

    /// The `aws` beside the reference; `nil` if there is none.
    var aws: String? {
        guard let dvc, let slash = dvc.lastIndex(of: "/") else { return nil }
        let path = "\(dvc[..<slash])/aws"
        return Disk.isExecutable(path) ? path : nil
    }

    /// Where the set-up downloaded packages to.
    var wheels: String { "\(peerFolder)/wheels" }

    /// Why the set-up could not install something; `nil` if it could, or was not run.
    func reasonForLack(of name: String) -> String? {
        Disk.read("\(peerFolder)/\(name).unavailable").map {
            String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
    }
}
