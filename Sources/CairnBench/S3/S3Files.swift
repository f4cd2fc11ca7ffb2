/// Many small files on their way to a bucket and into a fresh clone, in both formats, beside programs that copy files to buckets.
struct S3Files {
    private let bucket: S3Bucket
    private let bench: Workbench
    private let source: FileTree

    init(_ bench: Workbench) throws(BenchError) {
        bucket = try S3Bucket(bench)
        self.bench = bucket.bench
        source = FileTree(path: "\(bench.root)/s3-source", count: bench.options.objects, size: 4096)
    }

    func run() throws(BenchError) {
        try source.make()
        try bucket.prepareAWS()
        let native = try S3Repository(
            "s3-native", bench.cairn, isNative: true, with: source.path, in: bucket)
        let loose = try S3Repository(
            "s3-loose", bench.cairn, isNative: false, with: source.path, in: bucket)
        var reference: S3Repository?
        if let dvc = bench.dvc {
            reference = try S3Repository("s3-dvc", dvc, isNative: false, with: source.path, in: bucket)
        }
        try push(native, loose, reference)
        try pull(native, loose, reference)
        try count(native, loose)
    }

    private func push(
        _ native: S3Repository, _ loose: S3Repository, _ reference: S3Repository?
    ) throws(BenchError) {
        var contest = Contest("push to an empty bucket", tree: source.shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in try native.push(to: "native-\(run)") }
        contest.add("cairn, DVC's format", runs: bench.options.peerRuns) { (run) throws(BenchError) in
            try loose.push(to: "loose-\(run)")
        }
        if let reference {
            contest.add("dvc", runs: bench.options.peerRuns, mayFail: true) { (run) throws(BenchError) in
                try reference.push(to: "dvc-\(run)")
            }
        }
        addCopies(to: &contest) { (run) in (source.path, "bench/NAME-\(run)") }
        try contest.run()
        require(of: contest)
        contest.require(memoryBelow: 150)
    }

    private func pull(
        _ native: S3Repository, _ loose: S3Repository, _ reference: S3Repository?
    ) throws(BenchError) {
        var contest = Contest("pull from a bucket into a fresh clone", tree: source.shape, bench)
        contest.add("cairn") { (run) throws(BenchError) in
            try native.pull(from: "native-0", into: "clone-\(run)")
        }
        contest.add("cairn, DVC's format", runs: bench.options.peerRuns) { (run) throws(BenchError) in
            try loose.pull(from: "loose-0", into: "clone-\(run)")
        }
        if let reference {
            contest.add("dvc", runs: bench.options.peerRuns, mayFail: true) { (run) throws(BenchError) in
                try reference.pull(from: "dvc-0", into: "clone-\(run)")
            }
        }
        addCopies(to: &contest) { (run) in ("bench/NAME-0", "\(bench.root)/NAME-down-\(run)") }
        try contest.run()
        require(of: contest)
    }

    /// Adds the programs that copy: `NAME` is the program's, so that each has places of its own.
    private func addCopies(to contest: inout Contest, _ ends: @escaping (Int) -> (String, String)) {
        func places(_ name: String, _ run: Int, _ scheme: String) -> (String, String) {
            let (from, to) = ends(run)
            func end(_ text: String) -> String {
                (text.hasPrefix("bench/") ? scheme : "") + text.replacing("NAME", with: name)
            }
            return (end(from), end(to))
        }
        let runs = bench.options.peerRuns
        if bench.aws != nil {
            contest.add("aws s3 cp --recursive", runs: runs, mayFail: true) { (run) throws(BenchError) in
                let (from, to) = places("aws", run, "s3://")
                guard let program = bucket.aws(from, to, isFolder: true) else {
                    throw BenchError("aws is not installed")
                }
                return program
            }
        }
        contest.add("rclone copy", runs: runs, mayFail: true) { (run) throws(BenchError) in
            let (from, to) = places("rclone", run, "ceph:")
            return bucket.rclone(from, to)
        }
    }

    private func require(of contest: Contest) {
        contest.require(atLeast: 20, timesFasterThan: "dvc")
        contest.require(atLeast: 1, timesFasterThan: "aws s3 cp --recursive")
        contest.require(atLeast: 1, timesFasterThan: "rclone copy")
        contest.require("cairn, DVC's format", atLeast: 2, timesFasterThan: "dvc")
    }

    /// How many requests one push and one pull take; not timed.
    private func count(_ native: S3Repository, _ loose: S3Repository) throws(BenchError) {
        for (name, repository) in [("cairn", native), ("cairn, DVC's format", loose)] {
            let prefix = "counted-\(name.utf8.count)"
            try bucket.setRules()
            try repository.push(to: prefix, endpoint: bucket.countingEndpoint).run(bench.environment)
            bench.reportRequests(try bucket.requests(), of: "push to an empty bucket", source.shape, name)
            try bucket.setRules()
            try repository.pull(from: prefix, into: "counted", endpoint: bucket.countingEndpoint)
                .run(bench.environment)
            bench.reportRequests(
                try bucket.requests(), of: "pull from a bucket into a fresh clone", source.shape, name)
        }
    }
}
