import CairnRemote
import CairnTestSupport

@testable import Cairn

/// How data lies in a workspace and on its remote.
enum DataForm: String, CaseIterable, Sendable {
    /// DVC's pointers, and its layout.
    case dvc
    /// Native ones, in packs on the remote.
    case packed
    /// Native ones, in files on the remote.
    case loose
}

extension RemoteOpening {
    /// Works with folders as with any other remote: over the contract.
    static func overContract(
        _ wrap: @escaping @Sendable (any Remote) -> any Remote = { $0 }
    ) -> RemoteOpening {
        RemoteOpening { named, _ in
            guard case .folder(let folder) = named.location else { return nil }
            return wrap(FolderRemote(folder))
        }
    }
}

extension Project {
    /// Makes the workspace `one` of a form.
    init(_ form: DataForm) throws {
        try self.init()
        guard form != .dvc else { return }
        try Files.write(
            Files.text(self("one/.dvc/config")) + Sandbox.nativeSettings, to: self("one/.dvc/config"))
        if form == .loose {
            try Files.write("['remote \"store\"']\n    layout = loose\n", to: self("one/.dvc/cairn.config"))
        }
        try sandbox.commit("one", "form")
    }

    /// A workspace whose remote is worked with over the contract.
    func distant(
        _ name: String = "one", as personality: Personality = .cairn,
        _ wrap: @escaping @Sendable (any Remote) -> any Remote = { $0 }
    ) throws -> Workspace {
        var workspace = try workspace(name, as: personality)
        workspace.connections = RemoteConnections(.overContract(wrap))
        return workspace
    }
}
