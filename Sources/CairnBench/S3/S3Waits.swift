/// What a bucket far away costs: many small files with 50 milliseconds to each answer, beside none.
struct S3Latency {
    private let bucket: S3Bucket
    private let bench: Workbench
    private let source: FileTree
    private static let milliseconds = 50

    init(_ bench: Workbench) throws(BenchError) {
        bucket = try S3Bucket(bench)
        self.bench = bucket.bench
        source = FileTree(path: "\(bench.root)/s3-far-source", count: bench.options.objects, size: 4096)
    }

    func run() throws(BenchError) {
        try source.make()
        let native = try S3Repository("s3-far", bench.cairn, isNative: true, with: source.path, in: bucket)
        let far = "[{\"latency\": \(Self.milliseconds)}]"
        // Both go through the proxy, so that the wait is all that differs.
        for (name, prefix, isPush) in [
            ("push to an empty bucket", "push", true),
            ("pull from a bucket into a fresh clone", "pull", false),
        ] {
            var contest = Contest(
                "\(name), \(Self.milliseconds) ms to each answer", tree: source.shape, bench)
            for (contender, rules, place) in [("cairn", far, "far"), ("cairn, at once", "[]", "near")] {
                contest.add(contender) { (run) throws(BenchError) in
                    try bucket.setRules(rules)
                    let endpoint = bucket.countingEndpoint
                    return isPush
                        ? try native.push(to: "\(place)-\(run)", endpoint: endpoint)
                        : try native.pull(
                            from: "far-0", into: "\(prefix)-\(place)-\(run)", endpoint: endpoint)
                }
            }
            try contest.run()
            if isPush { contest.require(atMost: 2, timesOf: "cairn, at once") }
        }
    }
}

/// What it takes to find out that there is nothing to do.
struct S3Idle {
    private let bucket: S3Bucket
    private let bench: Workbench
    private let source: FileTree

    init(_ bench: Workbench) throws(BenchError) {
        bucket = try S3Bucket(bench)
        self.bench = bucket.bench
        source = FileTree(path: "\(bench.root)/s3-idle-source", count: bench.options.objects, size: 4096)
    }

    func run() throws(BenchError) {
        try source.make()
        let native = try S3Repository("s3-idle", bench.cairn, isNative: true, with: source.path, in: bucket)
        let endpoint = bucket.countingEndpoint
        try bucket.setRules()
        try native.push(to: "idle", endpoint: endpoint).run(bench.environment)
        try native.pull(from: "idle", into: "clone", endpoint: endpoint).run(bench.environment)
        for (name, verb, folder) in [
            ("push, nothing to do", "push", native.path),
            ("pull, nothing to do", "pull", "\(native.path)-clone"),
        ] {
            var contest = Contest(name, tree: source.shape, bench)
            contest.add("cairn") { (_) throws(BenchError) in
                try bucket.setRules()
                return Program([bench.cairn, verb, "-q"], in: folder)
            }
            try contest.run()
            let requests = try bucket.requests()
            bench.reportRequests(requests, of: name, source.shape, "cairn")
            bench.reportTarget(
                name, source.shape, "requests", Double(requests), limit: 5, isMet: requests <= 5)
        }
    }
}
