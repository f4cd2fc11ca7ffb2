import CairnCore

/// A git history in which every commit changes one of many pointers, with the data in the cache and on a remote.
struct PointerHistory {
    /// The repository.
    let path: String
    private let commits: Int
    private let pointers: Int
    private let remote: String
    private let bench: Workbench

    /// - Parameters:
    ///   - commits: how many there are; the first has all pointers.
    ///   - pointers: how many files are tracked.
    init(_ bench: Workbench, commits: Int, pointers: Int) throws(BenchError) {
        self.bench = bench
        self.commits = commits
        self.pointers = pointers
        remote = "\(bench.root)/history-\(commits)-remote"
        path = try bench.makeRepository("history-\(commits)", remote: remote)
    }

    /// What the results call it.
    var name: String { "\(commits) commits with \(pointers) pointers" }

    /// Writes the history as `git fast-import` reads it, and the data.
    func make() throws(BenchError) {
        var stream = ""
        func file(_ path: String, _ text: String) {
            stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
        }
        let store = "\(path)/.dvc/cache/files/md5"
        for commit in 0..<commits {
            let message = "commit \(commit)"
            stream += "commit refs/heads/main\ncommitter n <n@n> \(1_600_000_000 + 60 * commit) +0000\n"
            stream += "data \(message.utf8.count)\n\(message)\n"
            if commit == 0 {
                file(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = \(remote)\n")
                file(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
            }
            for number in commit == 0 ? Array(0..<pointers) : [commit % pointers] {
                let bytes = Array("\(number) \(commit)\n".utf8)
                let digest = MD5.digest(of: bytes).hex
                file(
                    "d\(number % 10)/f\(number).dvc",
                    "outs:\n- md5: \(digest)\n  size: \(bytes.count)\n  hash: md5\n  path: f\(number)\n")
                try Disk.makeFolder("\(store)/\(digest.prefix(2))")
                try Disk.write(bytes, to: "\(store)/\(digest.prefix(2))/\(digest.dropFirst(2))")
            }
        }
        try Disk.write(Array(stream.utf8), to: "\(path).stream")
        try bench.prepare(
            [
                "sh", "-c",
                """
                git symbolic-ref HEAD refs/heads/main && git fast-import --quiet < '\(path).stream' && \
                git reset -q --hard && chmod -R a-w .dvc/cache/files/md5/*/* && mkdir '\(remote)' && \
                cp -r .dvc/cache/files '\(remote)/'
                """,
            ], in: path)
        try bench.prepare([bench.cairn, "checkout", "-q"], in: path)
    }
}
