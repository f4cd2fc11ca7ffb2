public import CairnSystem

/// Where a remote keeps its data.
public enum RemoteLocation: Hashable, Sendable {
    /// A folder of this machine, or one that is mounted.
    case folder(FilePath)
    /// A bucket of a service that speaks S3, and what the keys of the remote begin with there, without slashes at its ends.
    case s3(bucket: String, prefix: String)
    /// A server of files, by an URL of HTTP or HTTPS without a slash at its end. A user and a password may be in it.
    case web(String)

    /// What a user may write for a remote, for messages.
    public static let supportedKinds = "a folder, file://, s3://, http:// and https://"

    /// Reads a URL or the absolute path of a folder.
    ///
    /// - Parameter url: as the configuration has it, relative paths resolved.
    /// - Throws: `RemoteError` for what is not supported. The URL is not in it: it may hold a password.
    public init(_ url: [UInt8]) throws(RemoteError) {
        guard let scheme = Self.scheme(of: url) else {
            guard !url.isEmpty, !url.contains(0) else { throw RemoteError(.noPath) }
            self = .folder(FilePath(bytes: url))
            return
        }
        let rest = url.dropFirst(scheme.utf8.count + 3)
        switch scheme {
        case "file": self = .folder(try Self.folder(rest))
        case "s3": self = try Self.bucket(rest)
        case "http", "https": self = try Self.web(scheme, rest)
        default: throw RemoteError(.unsupportedScheme(scheme))
        }
    }

    private static func folder(_ rest: ArraySlice<UInt8>) throws(RemoteError) -> FilePath {
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), !rest.contains(0) else {
            throw RemoteError(.noPath)
        }
        let host = String(decoding: rest[..<slash], as: UTF8.self)
        guard host.isEmpty || host == "localhost" else { throw RemoteError(.otherHost(host)) }
        // As DVC reads it, nothing in it is an escape.
        return FilePath(bytes: rest[slash...])
    }

    /// Nothing in it is an escape either.
    private static func bucket(_ rest: ArraySlice<UInt8>) throws(RemoteError) -> RemoteLocation {
        let bucket = rest.prefix { $0 != UInt8(ascii: "/") }
        guard let name = text(bucket), !name.isEmpty, !name.utf8.contains(UInt8(ascii: "@")),
            let prefix = text(trimmed(rest[bucket.endIndex...]))
        else { throw RemoteError(.noPath) }
        return .s3(bucket: name, prefix: prefix)
    }

    private static func web(_ scheme: String, _ rest: ArraySlice<UInt8>) throws(RemoteError) -> RemoteLocation
    {
        let host = rest.prefix { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "@") }
        var end = rest.endIndex
        while end > rest.startIndex, rest[end - 1] == UInt8(ascii: "/") { end -= 1 }
        guard !host.isEmpty, host.last != UInt8(ascii: "@"), let text = text(rest[..<end]), !text.isEmpty,
            !text.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
        else { throw RemoteError(.noPath) }
        return .web("\(scheme)://\(text)")
    }

    private static func trimmed(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var path = path.drop { $0 == UInt8(ascii: "/") }
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }

    /// Text without control characters; `nil` for bytes that are none.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The part of a URL before `://`, in lower case; `nil` for a path.
    public static func scheme(of url: [UInt8]) -> String? {
        guard let colon = url.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            url[colon...].starts(with: "://".utf8)
        else { return nil }
        let isName = url[..<colon].allSatisfy {
            (65...90).contains($0 & 0xDF) || (48...57).contains($0) || "+-._".utf8.contains($0)
        }
        return isName ? String(decoding: url[..<colon], as: UTF8.self).lowercased() : nil
    }

    /// A URL as it may be shown: without a password in it.
    public static func shown(_ url: [UInt8]) -> [UInt8] {
        guard scheme(of: url) != nil, let start = url.firstRange(of: Array("://".utf8))?.upperBound else {
            return url
        }
        let host = url[start...].prefix { $0 != UInt8(ascii: "/") }
        guard let at = host.lastIndex(of: UInt8(ascii: "@")),
            let colon = url[start..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return url }
        return url[...colon] + Array("***".utf8) + url[at...]
    }

    /// The place as it may be shown: without a password in it.
    public var shown: [UInt8] {
        switch self {
        case .folder(let folder): folder.bytes
        case .s3(let bucket, let prefix): Array("s3://\(bucket)\(prefix.isEmpty ? "" : "/")\(prefix)".utf8)
        case .web(let url): Self.shown(Array(url.utf8))
        }
    }
}
