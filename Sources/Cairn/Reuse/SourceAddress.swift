import CairnCore
import CairnRemote
public import CairnSystem

/// Where another repository is: a folder of this machine, or an address that the `git` program can fetch from.
public struct SourceAddress: Sendable {
    /// The two ways to get at a repository.
    enum Place: Hashable, Sendable {
        /// A folder of this machine, absolute.
        case folder(FilePath)
        /// What git is given.
        case network(String)
    }

    /// What was given.
    public let text: String
    let place: Place

    private static let schemes = ["https", "http", "ssh", "git", "git+ssh", "ssh+git"]

    /// Understands an address.
    ///
    /// - Parameters:
    ///   - folders: where a relative path starts; the first one counts in which there is such a folder.
    ///   - canBeLocal: false for an address that a repository from elsewhere names.
    /// - Throws: `CairnError` of kind `usage` for what git would take for an option, a command or a way of its own to get at data, and
    ///   `notFound` for a folder that is not there.
    public init(_ text: String, from folders: [FilePath], canBeLocal: Bool = true) throws {
        self.text = text
        place = try Self.place(text, folders, canBeLocal)
    }

    private static func place(_ text: String, _ folders: [FilePath], _ canBeLocal: Bool) throws -> Place {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw CairnError(.usage, "the address of the repository is empty") }
        guard bytes.first != UInt8(ascii: "-"), !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw CairnError(
                .usage, "'\(Self.shown(text))' is no address of a repository",
                hint: "name a folder of that name by `./NAME`")
        }
        if let scheme = RemoteLocation.scheme(of: bytes) {
            if scheme == "file" {
                return try place(text, localPath: Array(bytes.dropFirst(7)), folders, canBeLocal)
            }
            guard Self.schemes.contains(scheme), Self.isHost(bytes.dropFirst(scheme.utf8.count + 3)) else {
                throw CairnError(
                    .usage, "'\(Self.shown(text))' is no address that repositories are fetched from",
                    hint: "use a path, file://, https://, http://, ssh://, git:// or `user@host:path`")
            }
            return .network(text)
        }
        if bytes.firstRange(of: Array("::".utf8)) != nil {
            throw CairnError(
                .usage,
                "'\(Self.shown(text))' names a helper program of git, which is never run for an address",
                hint: "use a path, file://, https://, http://, ssh://, git:// or `user@host:path`")
        }
        if !Self.isHostAndPath(bytes) || Self.exists(bytes, in: folders) {
            return try place(text, localPath: bytes, folders, canBeLocal)
        }
        guard Self.isHost(bytes[...]) else {
            throw CairnError(.usage, "'\(Self.shown(text))' is no address of a repository")
        }
        return .network(text)
    }

    private static func place(
        _ text: String, localPath: [UInt8], _ folders: [FilePath], _ canBeLocal: Bool
    ) throws -> Place {
        guard canBeLocal else {
            throw CairnError(
                .denied,
                "'\(Self.shown(text))' is a folder of this machine, which a repository from elsewhere has no business with",
                hint: "import from that repository yourself if it is yours")
        }
        let path = FilePath(
            bytes: localPath.starts(with: "localhost/".utf8) ? localPath.dropFirst(9) : localPath[...])
        guard let folder = try Self.find(path, in: folders) else {
            throw CairnError(
                .notFound, "there is no repository '\(Self.shown(text))': no such folder",
                hint: "check the path, or give the repository's URL")
        }
        return .folder(folder)
    }

    private static func exists(_ bytes: [UInt8], in folders: [FilePath]) -> Bool {
        ((try? find(FilePath(bytes: bytes), in: folders)) ?? nil) != nil
    }

    private static func find(_ path: FilePath, in folders: [FilePath]) throws -> FilePath? {
        for folder in path.isAbsolute ? [""] : folders {
            let place = path.isAbsolute ? path : folder.pushing(path)
            guard try place.status(following: true)?.kind == .folder else { continue }
            return try place.resolved()
        }
        return nil
    }

    /// True for `host:path`, as ssh knows it.
    private static func isHostAndPath(_ bytes: [UInt8]) -> Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return !bytes[..<colon].contains(UInt8(ascii: "/")) && colon > 0 && colon + 1 < bytes.count
    }

    /// False for a host that ssh would take for an option.
    private static func isHost(_ rest: ArraySlice<UInt8>) -> Bool {
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        let host = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? []
        return !host.isEmpty && host.first != UInt8(ascii: "-") && authority.first != UInt8(ascii: "-")
    }

    /// The folder of this machine that it leads to, absolute; `nil` for what git fetches.
    public var folder: FilePath? {
        guard case .folder(let folder) = place else { return nil }
        return folder
    }

    /// True for a folder of this machine.
    var isLocal: Bool { if case .folder = place { true } else { false } }

    /// The address as it may be shown: without a password, and without a token that stands for one.
    public var shown: String { Self.shown(text) }

    /// Text of an address as it may be shown.
    static func shown(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let scheme = RemoteLocation.scheme(of: bytes) else { return bytes.printable }
        let rest = bytes.dropFirst(scheme.utf8.count + 3)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return bytes.printable }
        let isWeb = scheme == "https" || scheme == "http"
        // A user of ssh is no secret; what stands in its place in a web address may be a token.
        let user = isWeb ? Array("***".utf8) : Array(authority[..<at].prefix { $0 != UInt8(ascii: ":") })
        return (Array("\(scheme)://".utf8) + user + rest[at...]).printable
    }

    /// What whoever reads an address learns of who may have the repository.
    enum Credentials {
        case none
        /// A user of a web server, which may be a token.
        case user
        case password
    }

    /// What an address holds besides the place.
    static func credentials(in text: String) -> Credentials {
        let bytes = Array(text.utf8)
        guard let scheme = RemoteLocation.scheme(of: bytes) else { return .none }
        let authority = bytes.dropFirst(scheme.utf8.count + 3).prefix { $0 != UInt8(ascii: "/") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return .none }
        if authority[..<at].contains(UInt8(ascii: ":")) { return .password }
        return scheme == "https" || scheme == "http" ? .user : .none
    }
}
