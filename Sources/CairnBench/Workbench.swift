/// The folder that everything happens in, and the programs that are compared.
struct Workbench {
    let options: BenchOptions
    /// A folder of our own, without symbolic links in its path.
    let root: String
    /// The measured program.
    let cairn: String
    /// The reference; `nil` where it is not installed.
    let dvc: String?

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
        self.dvc = dvc.map { $0.hasPrefix("/") ? $0 : "\(here)/\($0)" }
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
        ]
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
}
