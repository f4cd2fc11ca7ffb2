public import CairnSystem

/// Where a remote keeps its data.
public enum RemoteLocation: Hashable, Sendable {
    /// A folder of this machine, or one that is mounted.
    case folder(FilePath)

    /// What a user may write for a remote, for messages.
    public static let supportedKinds = "a folder or file://"

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
        guard scheme == "file" else { throw RemoteError(.unsupportedScheme(scheme)) }
        let rest = url.dropFirst("file://".utf8.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), !rest.contains(0) else {
            throw RemoteError(.noPath)
        }
        let host = String(decoding: rest[..<slash], as: UTF8.self)
        guard host.isEmpty || host == "localhost" else { throw RemoteError(.otherHost(host)) }
        // As DVC reads it, nothing in it is an escape.
        self = .folder(FilePath(bytes: rest[slash...]))
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
}
