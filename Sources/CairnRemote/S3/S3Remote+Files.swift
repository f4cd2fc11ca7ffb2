/// An object that somebody else keeps in a bucket.
public struct S3File: Hashable, Sendable {
    /// Its key, from the remote's prefix on.
    public let key: String
    /// How many bytes it has.
    public let size: Int64
    /// What changes when the content does, without quotes; `nil` if the service gives none.
    public let tag: String?
}

extension S3Remote {
    /// Lists objects of somebody else, whatever their keys are.
    ///
    /// Marks of folders, which are objects that end with a slash, are left out.
    /// - Returns: those whose keys begin with `prefix`, sorted by the bytes of their keys, each once.
    /// - Throws: `RemoteError`, with `.invalidKey` for a key that is not UTF-8.
    public func files(_ prefix: String) async throws(RemoteError) -> [S3File] {
        let own = start.utf8.count
        var found: [(key: [UInt8], size: Int64, tag: String?)] = []
        _ = try await forEachPage(of: prefix, delimiter: nil) { page in
            for object in page.objects where object.key.last != UInt8(ascii: "/") && object.key.count > own {
                found.append((Array(object.key[own...]), object.size, object.tag))
            }
        }
        found.sort { $0.key.lexicographicallyPrecedes($1.key) }
        var files: [S3File] = []
        var last: [UInt8]?
        for object in found where object.key != last {
            guard let key = String(validating: object.key, as: UTF8.self) else {
                throw RemoteError(.invalidKey, String(decoding: object.key, as: UTF8.self))
            }
            files.append(S3File(key: key, size: object.size, tag: object.tag))
            last = object.key
        }
        return files
    }

    /// Reads a part of an object of somebody else, whatever its key is.
    ///
    /// - Throws: `RemoteError`, as `read`.
    public func readFile(_ key: String, _ range: Range<Int64>) async throws(RemoteError) -> [UInt8] {
        try await readAny(key, range, limit: Int(clamping: range.count))
    }
}
