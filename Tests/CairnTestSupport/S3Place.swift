import Glibc

/// A key to a test server.
public struct S3Key: Hashable, Sendable {
    /// The public half.
    public let id: String
    /// The secret half.
    public let secret: String

    /// Puts a key together.
    public init(id: String, secret: String) { (self.id, self.secret) = (id, secret) }
}

/// A bucket of its own for one test, on a server that the tests share.
///
/// It is looked at and changed by `Tests/servers/s3`, which has nothing of cairn's.
public struct S3Place: Sendable {
    /// The server's address, as `http://127.0.0.1:8000`.
    public let endpoint: String
    /// The region that it says it is in.
    public let region: String
    /// The bucket.
    public let bucket: String
    /// Its owner's key.
    public let owner: S3Key
    /// The key of somebody who may do nothing with it.
    public let other: S3Key

    /// Makes a bucket.
    ///
    /// - Parameter kind: `.ceph` or `.swift`.
    /// - Throws: `SupportError` when the server does not start, or refuses.
    public init(on kind: TestServer.Kind) throws { try self.init(on: try TestServer.shared(kind)) }

    /// Makes a bucket on a server that is not shared.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public init(on server: TestServer) throws {
        endpoint = server["S3_ENDPOINT"]
        region = server["S3_REGION"]
        bucket = "cairn-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        owner = S3Key(id: server["S3_ACCESS_KEY_ID"], secret: server["S3_SECRET_ACCESS_KEY"])
        other = S3Key(id: server["S3_OTHER_ACCESS_KEY_ID"], secret: server["S3_OTHER_SECRET_ACCESS_KEY"])
        try run("make", bucket)
    }

    /// The remote's URL.
    public func url(_ prefix: String = "data") -> String {
        prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)"
    }

    /// What programs that take their settings from the environment find there: aws, boto3, dvc, cairn.
    public func environment(_ key: S3Key? = nil) -> [String: String] {
        let key = key ?? owner
        return [
            "AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret, "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": endpoint,
        ]
    }

    /// The settings of a remote of DVC's and of cairn's, without the key; the default one of the workspace.
    ///
    /// - Parameter through: another address in place of the server's, as that of a proxy.
    public func settings(_ prefix: String = "data", through address: String? = nil) -> String {
        """
        [core]
            remote = store
        ['remote "store"']
            url = \(url(prefix))
            endpointurl = \(address ?? endpoint)
            region = \(region)

        """
    }

    /// The settings that go into `.dvc/config.local`: the key.
    public func secrets(_ key: S3Key? = nil) -> String {
        let key = key ?? owner
        return """
            ['remote "store"']
                access_key_id = \(key.id)
                secret_access_key = \(key.secret)

            """
    }

    /// The objects of the bucket, with their sizes.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public func objects(_ prefix: String = "") throws -> [String: Int] {
        var found: [String: Int] = [:]
        for line in try run("list", bucket, prefix).stdout.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let size = Int(parts[0]) else { throw SupportError("no object: \(line)") }
            found[String(parts[1])] = size
        }
        return found
    }

    /// The keys of multipart uploads that nobody completed.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public func unfinishedUploads() throws -> [String] {
        try run("uploads", bucket).stdout.split(separator: "\n").map(String.init)
    }

    /// Reads an object.
    ///
    /// - Throws: `SupportError` when the server refuses, or there is none.
    public func read(_ key: String) throws -> [UInt8] { try run("get", bucket, key).output }

    /// Reads all objects of a remote into files below a folder, as a remote that is a folder would have them.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public func mirror(_ prefix: String = "data", to folder: String) throws {
        try Files.makeFolder(folder)
        try run("mirror", bucket, prefix, folder)
    }

    /// Writes an object, over one that is there.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public func write(_ bytes: [UInt8], to key: String) throws { try run("put", bucket, key, input: bytes) }

    /// Deletes objects.
    ///
    /// - Throws: `SupportError` when the server refuses.
    public func delete(_ keys: String...) throws {
        let arguments = ["delete", bucket] + keys
        try Program.run(Self.program, arguments, in: "/", environment: variables).succeeded()
    }

    /// Lets somebody else do some things with the bucket and its objects, and nothing besides. For Ceph only.
    ///
    /// - Parameters:
    ///   - actions: as `s3:GetObject`.
    ///   - prefix: only with objects whose keys begin so.
    /// - Throws: `SupportError` when the server refuses.
    public func allow(_ actions: [String], prefix: String = "") throws {
        let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
        // What somebody else writes is his own there, as it was at Amazon's: without a word the owner of the bucket could not read it.
        let policy = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [\(list)],
              "Principal": {"AWS": ["arn:aws:iam:::user/other"]},
              "Resource": ["arn:aws:s3:::\(bucket)", "arn:aws:s3:::\(bucket)/\(prefix)*"]},
             {"Effect": "Allow", "Action": ["s3:*"], "Principal": {"AWS": ["arn:aws:iam:::user/owner"]},
              "Resource": ["arn:aws:s3:::\(bucket)", "arn:aws:s3:::\(bucket)/*"]}]}
            """
        try run("policy", bucket, input: Array(policy.utf8))
    }

    private static let program = "\(PackageRoot.path)/Tests/servers/s3"

    private var variables: [String: String] {
        [
            "S3_ENDPOINT": endpoint, "S3_REGION": region, "S3_ACCESS_KEY_ID": owner.id,
            "S3_SECRET_ACCESS_KEY": owner.secret,
            "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
        ]
    }

    @discardableResult
    private func run(_ arguments: String..., input: [UInt8] = []) throws -> Program.Result {
        try Program.run(Self.program, arguments, in: "/", environment: variables, input: input).succeeded()
    }
}
