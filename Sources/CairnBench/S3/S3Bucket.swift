/// A bucket on a server of this machine that the S3 scenarios measure on, and a proxy before it that counts requests.
struct S3Bucket {
    static let name = "bench"
    /// Requests at a time, for programs that can be told.
    static let transfers = 16

    /// The workbench, with the keys in the environment of all programs.
    let bench: Workbench
    /// The server's address.
    let endpoint: String
    /// The proxy's.
    let countingEndpoint: String
    private let server: ServedStore
    private let proxy: ServedStore

    /// Starts both and makes the bucket.
    ///
    /// - Throws: `BenchError` if the server cannot be had here.
    init(_ bench: Workbench) throws(BenchError) {
        let server = try ServedStore("ceph", on: bench)
        endpoint = server.values["S3_ENDPOINT"] ?? ""
        proxy = try ServedStore("fault", ["upstream=\(endpoint.dropFirst("http://".count))"], on: bench)
        countingEndpoint = proxy.values["PROXY_URL"] ?? ""
        var bench = bench
        bench.variables = Self.variables(server.values)
        self.bench = bench
        self.server = server
        try bench.prepare([bench.bucketTool, "make", Self.name], in: bench.root)
    }

    /// What cairn, dvc, aws and rclone find keys and address by.
    private static func variables(_ values: [String: String]) -> [String: String] {
        let (id, secret) = (values["S3_ACCESS_KEY_ID"] ?? "", values["S3_SECRET_ACCESS_KEY"] ?? "")
        let endpoint = values["S3_ENDPOINT"] ?? ""
        return [
            "AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "S3_ENDPOINT": endpoint, "S3_ACCESS_KEY_ID": id, "S3_SECRET_ACCESS_KEY": secret,
            "RCLONE_CONFIG_CEPH_TYPE": "s3", "RCLONE_CONFIG_CEPH_PROVIDER": "Ceph",
            "RCLONE_CONFIG_CEPH_ENDPOINT": endpoint, "RCLONE_CONFIG_CEPH_ENV_AUTH": "true",
            "RCLONE_CONFIG_CEPH_NO_CHECK_BUCKET": "true",
        ]
    }

    /// The text of the section of a remote.
    func settings(_ prefix: String, endpoint: String? = nil) -> String {
        """
        [core]
            remote = store
        ['remote "store"']
            url = s3://\(Self.name)/\(prefix)
            endpointurl = \(endpoint ?? self.endpoint)
            region = us-east-1

        """
    }

    /// Gives a repository a remote, beside what its configuration says already about the format.
    func setRemote(_ prefix: String, of repository: String, endpoint: String? = nil) throws(BenchError) {
        let path = "\(repository)/.dvc/config"
        let old = String(decoding: Disk.read(path) ?? [], as: UTF8.self)
        let format = old.firstRange(of: "[cairn]").map { String(old[$0.lowerBound...]) } ?? ""
        try Disk.write(Array((settings(prefix, endpoint: endpoint) + format).utf8), to: path)
    }

    /// Copies by `aws s3 cp`; `nil` if there is none beside the real dvc.
    func aws(_ source: String, _ target: String, isFolder: Bool) -> Program? {
        guard let aws = bench.aws else { return nil }
        let recursive = isFolder ? ["--recursive"] : []
        let words = ["s3", "--endpoint-url", endpoint, "cp", "--only-show-errors"]
        return Program([aws] + words + recursive + [source, target], in: bench.root)
    }

    /// Copies by `rclone copy`.
    func rclone(_ source: String, _ target: String) -> Program {
        let transfers = "\(Self.transfers)"
        return Program(
            ["rclone", "copy", "--transfers", transfers, "--checkers", transfers, source, target],
            in: bench.root)
    }

    /// Has `aws` use as many requests at a time as the others.
    func prepareAWS() throws(BenchError) {
        let text = "[default]\ns3 =\n    max_concurrent_requests = \(Self.transfers)\n"
        try Disk.makeFolder("\(bench.root)/.aws")
        try Disk.write(Array(text.utf8), to: "\(bench.root)/.aws/config")
    }

    /// Lets the proxy do something to what goes through it, and count from zero.
    ///
    /// - Parameter rules: as Tests/servers/lib/proxy.py describes them.
    func setRules(_ rules: String = "[]") throws(BenchError) {
        try bench.prepare([bench.server, "rules", proxy.state, rules], in: bench.root)
    }

    /// The requests that went through the proxy since then.
    func requests() throws(BenchError) -> Int {
        let words = [bench.server, "counts", proxy.state, "requests"]
        let text = try Program(words, in: bench.root).output(bench.environment)
        guard let count = Int(text) else { throw BenchError("the proxy counted '\(text)'") }
        return count
    }
}
