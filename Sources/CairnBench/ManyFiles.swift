/// The tree that a data set of images or records is: add, status, checkout, push and pull, each beside the references.
///
/// No run deletes what another made: for a minute, ext4 searches long for inodes that were not freed just now, and whoever creates
/// files in that minute pays for it. Each run has folders of its own, and what is in the way is moved aside.
struct ManyFiles {
    private let bench: Workbench
    private let source: FileTree
    /// The repository in which a program added last.
    private final class Place {
        var repository: [String: String] = [:]
        var remote: [String: String] = [:]
    }
    private let place = Place()

    init(_ bench: Workbench, count: Int) {
        self.bench = bench
        source = FileTree(path: "\(bench.root)/source", count: count, size: 4096)
    }

    /// Measures all verbs.
    func run() throws(BenchError) {
        try source.make()
        try add()
        try status()
        try checkout()
        try push()
        try pull()
    }

    /// The programs with a cache of their own.
    private var rivals: [(name: String, path: String)] {
        [("cairn", bench.cairn)] + (bench.dvc.map { [("dvc", $0)] } ?? [])
    }

    private func add() throws(BenchError) {
        var contest = Contest("add", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { (run) throws(BenchError) in
                let folder = try bench.makeRepository("add-\(name)-\(run)")
                try bench.prepare(["cp", "-r", source.path, "\(folder)/data"], in: bench.root)
                place.repository[name] = folder
                return Program([path, "add", "-q", "data"], in: folder)
            }
        }
        contest.add("cp -r + sync") { (run) throws(BenchError) in
            Program(shell: "cp -r source copy-\(run) && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atLeast: 7, timesFasterThan: "dvc")
        contest.require(atMost: 2.5, timesOf: "cp -r + sync")
        contest.require(memoryBelow: 150)
        try addAgain()
    }

    private func addAgain() throws(BenchError) {
        var contest = Contest("add of what is added already", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { _ in
                Program([path, "add", "-q", "data"], in: place.repository[name] ?? bench.root)
            }
        }
        try contest.run()
        contest.require(memoryBelow: 150)
    }

    private func status() throws(BenchError) {
        let tracked = try bench.makeGitTwin(of: source)
        var contest = Contest("status, nothing changed", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { _ in
                Program([path, "status", "-q"], in: place.repository[name] ?? bench.root)
            }
        }
        contest.add("git status") { _ in Program(["git", "status", "--porcelain"], in: tracked) }
        try contest.run(warmUps: 1)
        contest.require(atMost: 2, timesOf: "git status")
        contest.require(atLeast: 20, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }

    private func checkout() throws(BenchError) {
        var contest = Contest("checkout", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { (run) throws(BenchError) in
                let folder = place.repository[name] ?? bench.root
                try Disk.move("\(folder)/data", to: "\(bench.root)/checked-out-\(name)-\(run)")
                return Program([path, "checkout", "-q"], in: folder)
            }
        }
        try contest.run()
        contest.require(atLeast: 5, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }

    private func push() throws(BenchError) {
        var contest = Contest("push to an empty folder remote", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { (run) throws(BenchError) in
                let folder = place.repository[name] ?? bench.root
                let remote = "\(bench.root)/remote-\(name)-\(run)"
                try Disk.makeFolder(remote)
                try bench.setRemote(remote, of: folder)
                place.remote[name] = remote
                return Program([path, "push", "-q"], in: folder)
            }
        }
        try contest.run()
        contest.require(atLeast: 5, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }

    private func pull() throws(BenchError) {
        var contest = Contest("pull from a folder remote", tree: source.shape, bench)
        for (name, path) in rivals {
            contest.add(name) { (run) throws(BenchError) in
                let folder = try bench.makeRepository("pull-\(name)-\(run)", remote: place.remote[name])
                try bench.prepare(["cp", "\(place.repository[name] ?? "")/data.dvc", folder], in: bench.root)
                return Program([path, "pull", "-q"], in: folder)
            }
        }
        try contest.run()
        contest.require(atLeast: 5, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }
}
