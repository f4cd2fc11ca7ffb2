import CairnCore
import CairnRemote
import CairnSystem

extension CairnError {
    /// Words for what an S3 service did not do.
    ///
    /// - Parameters:
    ///   - key: the object concerned; empty if it is the remote as a whole.
    ///   - name: the remote.
    init(_ refusal: S3Refusal, _ key: String, remote name: String) {
        let remote = "remote '\(name)'"
        let object = key.isEmpty ? remote : "'\(key)' on \(remote)"
        let modify = "cairn remote modify \(Shell.quoted(name))"
        let modifySecret = "cairn remote modify --local \(Shell.quoted(name))"
        switch refusal {
        case .invalidSetting("endpointurl"):
            self.init(
                .config, "the endpoint of \(remote) is none: it has to be like https://host:port",
                hint: "give the right one: `\(modify) endpointurl URL`")
        case .invalidSetting(let option):
            self.init(
                .config, "the \(option) of \(remote) is none",
                hint: "give the right one: `\(modify) \(option) VALUE`")
        case .wrongSecret:
            self.init(
                .denied, "\(remote) refuses the signature: the secret is not that of the access key",
                hint: "give the right one: `\(modifySecret) secret_access_key SECRET`")
        case .unknownKey:
            self.init(
                .denied, "\(remote) does not know the access key",
                hint: "give another one: `\(modifySecret) access_key_id KEY`, and its secret_access_key")
        case .expiredKey:
            self.init(
                .denied, "the access key for \(remote) has expired",
                hint: "get a new one where this one came from, and run the same command again")
        case .noKey:
            self.init(
                .denied, "\(remote) wants an access key, and there is none",
                hint: "give one: `\(modifySecret) access_key_id KEY`, and its secret_access_key")
        case .clock(let ours, let theirs):
            self.init(
                .denied,
                "the clocks differ: requests say \(Self.time(ours)), and \(remote) says \(Self.time(theirs))",
                hint: "set the clock of this machine, as by `timedatectl set-ntp true`")
        case .noBucket(let bucket):
            self.init(
                .notFound, "there is no bucket '\(bucket)' for \(remote)",
                hint: "make it, or give the name of another one: `\(modify) url s3://BUCKET/PATH`")
        case .notAllowed(let permission): self.init(permission, key, object, remote)
        case .elsewhere(""):
            self.init(
                .config,
                "the bucket of \(remote) is in another region, and the service does not say in which",
                hint: "say it: `\(modify) region REGION`")
        case .elsewhere(let place):
            let option = place.contains("://") ? "endpointurl" : "region"
            self.init(
                .config, "the bucket of \(remote) is elsewhere: \(place)",
                hint: "say so: `\(modify) \(option) \(Shell.quoted(place))`")
        case .encryption:
            self.init(
                .denied,
                "\(remote) cannot use the key with which it is to encrypt \(key.isEmpty ? "" : object)",
                hint: "check the options `sse` and `sse_kms_key_id` with `cairn remote list`")
        case .archived:
            self.init(
                .missing, "\(object) lies in an archive",
                hint: "have the service bring it back, and run the same command again")
        case .unsupported(let what):
            self.init(.network, "\(remote) cannot do what is needed: \(what)")
        case .altered:
            self.init(
                .damaged, "\(object) did not arrive as it was sent", hint: "run the same command again")
        case .noService:
            self.init(
                .network, "what answers at the endpoint of \(remote) is no S3 service",
                hint: "give the right endpoint: `\(modify) endpointurl URL`")
        case .unexpected(let what):
            self.init(.network, "the answer of \(remote) makes no sense: \(what)")
        case .other(let status, let code):
            self.init(.network, "\(object): the service answers \(status)\(code.isEmpty ? "" : " ")\(code)")
        }
    }

    /// Words for what a key may not do.
    private init(_ permission: S3Refusal.Permission, _ key: String, _ object: String, _ remote: String) {
        switch permission {
        case .list:
            self.init(
                .denied, "the access key may not list what is on \(remote)",
                hint: "ask who owns the bucket to allow `s3:ListBucket`")
        case .read:
            self.init(
                .denied, "the access key may not read \(object)",
                hint:
                    "ask who owns the bucket to allow `s3:GetObject`; without `s3:ListBucket` an object that is missing looks the same"
            )
        case .write:
            self.init(
                .denied, "the access key may not write \(object)",
                hint: "ask who owns the bucket to allow `s3:PutObject`")
        case .delete:
            self.init(
                .denied, "the access key may not delete \(object)",
                hint: "ask who owns the bucket to allow `s3:DeleteObject`")
        }
    }

    /// A time as people read it.
    private static func time(_ milliseconds: Int64) -> String { UTCDate(milliseconds: milliseconds).basic }
}
