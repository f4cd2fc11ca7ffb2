/// Many small files on their way to a packed remote in a folder, and back into a fresh clone.
struct RemoteFiles {
    private let bench: Workbench
    private let source: FileTree
    private let repository: PackedRepository

    init(_ bench: Workbench) {
        self.bench = bench
        source = FileTree(path: "\(bench.root)/remote-source", count: bench.options.files, size: 4096)
        repository = PackedRepository("\(bench.root)/remote-files", bench)
    }

    func run() throws(BenchError) {
        try source.make()
        try repository.make(with: source.path)
        try push()
        try pushAgain()
        try pull()
    }

    private func push() throws(BenchError) {
        var contest = Contest("push to an empty folder", tree: source.shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            try repository.setRemote(number: run)
            return Program([bench.cairn, "push", "-q"], in: repository.path)
        }
        if let dvc = bench.dvc {
            let folder = try bench.makeRepository("remote-files-dvc")
            try bench.prepare(["cp", "-r", source.path, "\(folder)/data"], in: bench.root)
            try bench.prepare([dvc, "add", "-q", "data"], in: folder)
            contest.add("dvc", runs: bench.options.peerRuns) { (run) throws(BenchError) in
                let remote = "\(bench.root)/remote-dvc-\(run)"
                try Disk.makeFolder(remote)
                try bench.setRemote(remote, of: folder)
                return Program([dvc, "push", "-q"], in: folder)
            }
        }
        contest.add("cp -r + sync") { (run) throws(BenchError) in
            Program(shell: "cp -r '\(source.path)' remote-copy-\(run) && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atMost: 1, timesOf: "cp -r + sync")
        contest.require(atLeast: 20, timesFasterThan: "dvc")
        contest.require(memoryBelow: 150)
    }

    private func pushAgain() throws(BenchError) {
        var nothing = Contest("push, nothing to do", tree: source.shape, bench)
        nothing.add("cairn") { _ in Program([bench.cairn, "push", "-q"], in: repository.path) }
        try nothing.run()
        var change = Contest("push, one file changed", tree: source.shape, bench)
        change.add("cairn") { (run) throws(BenchError) in
            try bench.prepare(
                ["/bin/sh", "-ec", "echo \(run) > data/changed"], in: repository.path)
            try bench.prepare([bench.cairn, "add", "-q", "data"], in: repository.path)
            return Program([bench.cairn, "push", "-q"], in: repository.path)
        }
        try change.run()
    }

    private func pull() throws(BenchError) {
        try repository.commit()
        var contest = Contest("pull into a fresh clone", tree: source.shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            let clone = try repository.clone(number: run)
            return Program([bench.cairn, "pull", "-q"], in: clone)
        }
        contest.add("cp -r + sync") { (run) throws(BenchError) in
            Program(shell: "cp -r '\(source.path)' remote-second-copy-\(run) && sync", in: bench.root)
        }
        try contest.run()
        contest.require(atMost: 2, timesOf: "cp -r + sync")
    }
}
