/// One large file on its way to a bucket and into a fresh clone.
struct S3LargeFile {
    private let bucket: S3Bucket
    private let bench: Workbench
    private let source: String
    private var shape: String { "one file of \(bench.options.objectMebibytes) MiB of noise" }

    init(_ bench: Workbench) throws(BenchError) {
        bucket = try S3Bucket(bench)
        self.bench = bucket.bench
        source = "\(bench.root)/s3-noise.bin"
    }

    func run() throws(BenchError) {
        var noise = NoiseGenerator(seed: 11)
        try Disk.write(bench.options.objectMebibytes << 20, to: source) { noise.fill(&$0) }
        try bucket.prepareAWS()
        let native = try S3Repository("s3-one", bench.cairn, isNative: true, with: source, in: bucket)
        let loose = try S3Repository("s3-one-loose", bench.cairn, isNative: false, with: source, in: bucket)

        var push = Contest("push to an empty bucket", tree: shape, bench)
        // The bucket is in memory: places are used again, after what was there has gone.
        push.add("cairn") { (run) throws(BenchError) in
            try clear("native")
            return try native.push(to: "native/\(run)")
        }
        push.add("cairn, DVC's format") { (run) throws(BenchError) in
            try clear("loose")
            return try loose.push(to: "loose/\(run)")
        }
        if bench.aws != nil {
            push.add("aws s3 cp", mayFail: true) { (_) throws(BenchError) in
                try clear("aws")
                return try copy(source, "s3://\(S3Bucket.name)/aws/file")
            }
        }
        try push.run()
        push.require(atMost: 1.1, timesOf: "aws s3 cp")
        push.require(memoryBelow: 150)

        let last = bench.options.runs - 1
        var pull = Contest("pull from a bucket into a fresh clone", tree: shape, bench)
        for (name, repository, prefix) in [
            ("cairn", native, "native"), ("cairn, DVC's format", loose, "loose"),
        ] {
            pull.add(name) { (run) throws(BenchError) in
                try bench.prepare(["rm", "-rf", "\(repository.path)-clone-\(run - 1)"], in: bench.root)
                return try repository.pull(from: "\(prefix)/\(last)", into: "clone-\(run)")
            }
        }
        if bench.aws != nil {
            pull.add("aws s3 cp", mayFail: true) { (_) throws(BenchError) in
                try bench.prepare(["rm", "-f", "down"], in: bench.root)
                return try copy("s3://\(S3Bucket.name)/aws/file", "\(bench.root)/down")
            }
        }
        try pull.run()
        pull.require(atMost: 1.1, timesOf: "aws s3 cp")
        pull.require(memoryBelow: 150)
    }

    private func copy(_ from: String, _ to: String) throws(BenchError) -> Program {
        guard let program = bucket.aws(from, to, isFolder: false) else { throw BenchError("no aws") }
        return program
    }

    private func clear(_ prefix: String) throws(BenchError) {
        let name = S3Bucket.name
        let script =
            "'\(bench.bucketTool)' list \(name) \(prefix)/ | cut -f2 | xargs -r '\(bench.bucketTool)' delete \(name)"
        try bench.prepare(["/bin/sh", "-ec", script], in: bench.root)
    }
}
