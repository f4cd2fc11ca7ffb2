import CairnCore

/// A request to a bucket, before it has an address, a date and a signature.
struct S3Request: Sendable {
    /// What is asked for.
    var method: HTTPRequest.Method
    /// The object, with the prefix of the remote; `nil` for the bucket itself.
    var key: String?
    /// What the query says. A `nil` value has no equals sign.
    var query: [(name: String, value: String?)] = []
    /// Headers besides those of the signature.
    var headers = HTTPHeaders()
    /// What goes along.
    var body = HTTPRequest.Body.none
    /// The digest of the body.
    var payload = S3Signature.Payload.empty
    /// How many bytes of the answer's body are taken, at most.
    var limit = 1 << 20
    /// What a key has to be allowed to do.
    var permission: S3Refusal.Permission
    /// Answers besides those of success that are no failures.
    var expected: Set<Int> = []
    /// True if an answer of success may tell of a failure in its body.
    var mayFailLate = false

    init(_ method: HTTPRequest.Method, _ key: String?, _ permission: S3Refusal.Permission) {
        self.method = method
        self.key = key
        self.permission = permission
    }

    /// Takes bytes along, with their digest.
    mutating func setBody(_ bytes: [UInt8]) {
        body = .bytes(bytes)
        payload = .bytes(bytes)
    }

    /// True if an answer is what was asked for.
    func isAnswered(by response: HTTPResponse) -> Bool {
        if expected.contains(response.status) { return true }
        guard response.isSuccess else { return false }
        guard mayFailLate, let root = try? XMLReader.read(response.body) else { return true }
        return root.name != "Error"
    }
}
