import CairnRemote
import CairnSystem

/// How remotes come out of what the settings say of them.
struct RemoteOpening: Sendable {
    /// Makes a remote; nothing is asked of it yet.
    ///
    /// - Returns: `nil` for a folder that is to be worked with directly.
    let open: @Sendable (NamedRemote, Workspace) throws -> (any Remote)?

    /// Each kind in its way.
    static let byKind = RemoteOpening { named, workspace in
        switch named.location {
        case .folder: return nil
        case .s3:
            throw CairnError(RemoteError(.unsupportedScheme("s3")), remote: named.name)
        case .web(let url):
            throw CairnError(
                RemoteError(.unsupportedScheme(RemoteLocation.scheme(of: Array(url.utf8)) ?? "")),
                remote: named.name)
        }
    }
}
