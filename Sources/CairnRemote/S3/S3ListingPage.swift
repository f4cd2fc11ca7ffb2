/// A page of a listing, as ListObjectsV2 answers.
struct S3ListingPage {
    /// The objects, with their whole keys.
    private(set) var objects: [(key: [UInt8], size: Int64, modified: Int64, tag: String?)] = []
    /// What has more parts, where a delimiter was given: with the delimiter at the end.
    private(set) var groups: [[UInt8]] = []
    /// How to ask for the next page; `nil` if this is the last one.
    let next: String?

    /// Reads an answer.
    ///
    /// - Throws: `S3Refusal` for what is no listing.
    init(_ body: [UInt8]) throws(S3Refusal) {
        guard let root = try? XMLReader.read(body), root.name == "ListBucketResult" else { throw .noService }
        let isEncoded = root.text("EncodingType") == "url"
        func key(_ text: String?) throws(S3Refusal) -> [UInt8] {
            guard let text else { throw .unexpected("a listing without keys") }
            return isEncoded ? Self.decoded(text) : Array(text.utf8)
        }
        for element in root.children {
            switch element.name {
            case "Contents":
                guard let size = element.text("Size").flatMap({ Int64($0) }), size >= 0,
                    let modified = element.text("LastModified").flatMap({
                        UTCDate.milliseconds(iso: $0.utf8)
                    })
                else { throw .unexpected("a listing without sizes or times") }
                objects.append(
                    (
                        try key(element.text("Key")), size, modified,
                        element.text("ETag").map(RemoteFileFacts.withoutQuotes)
                    ))
            case "CommonPrefixes": groups.append(try key(element.text("Prefix")))
            default: break
            }
        }
        guard root.text("IsTruncated") == "true" else {
            next = nil
            return
        }
        guard let token = root.text("NextContinuationToken"), !token.isEmpty else {
            throw .unexpected("a listing that does not go on")
        }
        next = token
    }

    /// Amazon escapes a space as a plus sign, and a plus sign as any other.
    private static func decoded(_ text: String) -> [UInt8] {
        PercentEncoding.decoded(text.utf8.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 })
    }
}
