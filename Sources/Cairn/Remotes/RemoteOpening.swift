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
        case .folder(let folder):
            let limits = workspace.own.limits(ofRemote: named.name)
            return limits == RemoteLimits()
                ? nil
                : LimitedRemote(
                    FolderRemote(
                        folder, isGroupShared: workspace.configuration.isGroupShared(.remote(named.name))),
                    limits)
        case .s3(let bucket, let prefix):
            let options = try RemoteOptions(named, in: workspace)
            let setup = try options.s3(bucket: bucket, prefix: prefix)
            let keys = S3CredentialChain(setup.credentials, options.surroundings(for: setup.services))
            return try naming(named) { () throws(RemoteError) in
                try S3Remote(
                    setup.settings, over: HTTPClient(setup.http, limits: options.limits), credentials: keys)
            }
        case .web(let url):
            let options = try RemoteOptions(named, in: workspace)
            let setup = try options.web(url)
            return try naming(named) { () throws(RemoteError) in
                try HTTPRemote(setup.settings, HTTPClient(setup.http, limits: options.limits))
            }
        }
    }

    private static func naming<Made: Remote>(
        _ named: NamedRemote, _ make: () throws(RemoteError) -> Made
    ) throws -> Made {
        do throws(RemoteError) {
            return try make()
        } catch {
            throw CairnError(error, remote: named.name)
        }
    }
}
