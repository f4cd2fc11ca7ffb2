/// Half of many small files goes out of use: what it takes to give their room on a packed remote free.
struct RemoteCollect {
    private let bench: Workbench
    private let kept: FileTree
    private let unused: FileTree
    private let repository: PackedRepository

    init(_ bench: Workbench) {
        self.bench = bench
        let half = bench.options.files / 2
        kept = FileTree(path: "\(bench.root)/collect-kept", count: half, size: 4096)
        // One more, for other bytes.
        unused = FileTree(path: "\(bench.root)/collect-unused", count: half + 1, size: 4096)
        repository = PackedRepository("\(bench.root)/remote-gc", bench)
    }

    func run() throws(BenchError) {
        try kept.make()
        try unused.make()
        try repository.make(with: kept.path)
        try repository.setRemote(number: 0)
        try cairn("push")
        let remote = repository.remote(number: 0)
        try bench.prepare(["cp", "-a", remote, "before"], in: bench.root)
        try bench.prepare(["cp", "-r", unused.path, "unused"], in: repository.path)
        try cairn("add", "unused")
        try cairn("push")
        try bench.prepare(
            [
                "/bin/sh", "-ec",
                "(cd '\(remote)' && find packs -type f) | while read f; do test -e before/$f || echo $f; done > gone",
            ],
            in: bench.root)
        try cairn("remove", "unused.dvc")
        try repository.commit()
        // What was pushed within the last days would stay, and what is announced is deleted a day later.
        try age(remote)
        try bench.prepare(["cp", "-a", remote, "first"], in: bench.root)
        try cairn("gc", "-c", "-w", "-f")
        try age(remote)
        try bench.prepare(["cp", "-a", remote, "second"], in: bench.root)
        try measure("gc of half of the objects, announced", from: "first", remote)
        try measure("gc of half of the objects, deleted", from: "second", remote, limit: 2)
    }

    private func measure(
        _ title: String, from state: String, _ remote: String, limit: Double? = nil
    ) throws(BenchError) {
        let rm = "rm of as many bytes in packs + sync"
        var contest = Contest(title, tree: "\(bench.options.files) files of 4096 bytes", bench)
        contest.add("cairn") { (_) throws(BenchError) in
            try bench.prepare(["rm", "-rf", remote], in: bench.root)
            try bench.prepare(["cp", "-a", state, remote], in: bench.root)
            try bench.prepare(["sync"], in: bench.root)
            return Program([bench.cairn, "gc", "-c", "-w", "-f", "-q"], in: repository.path)
        }
        contest.add(rm) { (_) throws(BenchError) in
            try bench.prepare(["rm", "-rf", "copy"], in: bench.root)
            try bench.prepare(["cp", "-a", state, "copy"], in: bench.root)
            try bench.prepare(["sync"], in: bench.root)
            return Program(shell: "cd copy && xargs rm < ../gone && sync", in: bench.root)
        }
        try contest.run()
        if let limit { contest.require(atMost: limit, timesOf: rm) }
    }

    private func cairn(_ arguments: String...) throws(BenchError) {
        try bench.prepare([bench.cairn] + arguments + ["-q"], in: repository.path)
    }

    private func age(_ remote: String) throws(BenchError) {
        try bench.prepare(
            ["find", remote, "-type", "f", "-exec", "touch", "-d", "20 days ago", "{}", "+"], in: bench.root)
    }
}
