import CairnCore
import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem

/// A remote that keeps objects in loose layout, as DVC does.
struct RemoteStore {
    /// The name in the configuration.
    let name: String
    /// The folder that holds the objects.
    let folder: FilePath
    /// How many transfers at a time the configuration wants.
    let jobs: Int?
    /// Whether everybody in the folder's group may add objects.
    let isGroupShared: Bool

    /// Opens the store.
    ///
    /// - Parameter creating: whether to make the folder if it is missing; without it a missing one holds nothing.
    /// - Throws: `StoreError` if the folder cannot be opened or made, `CairnError` if it is a store of another layout.
    func open(creating: Bool = false) throws -> ObjectStore {
        // Native remotes hold one object for each file for now.
        guard try folder.appending("cairn.json").status() == nil else {
            throw CairnError(
                .config,
                "the folder '\(folder.bytes.printable)' of remote '\(name)' is a packed store, which is not supported"
            )
        }
        return try ObjectStore(at: folder, creating: creating, isGroupShared: isGroupShared)
    }

    /// How many threads to use.
    func workers(_ wanted: Int?) -> Workers { (wanted ?? jobs).map { Workers(count: $0) } ?? .forTransfers }

    /// Says that the remote's folder is not there.
    var isGone: CairnError {
        CairnError(
            .notFound, "the folder '\(folder.bytes.printable)' of remote '\(name)' does not exist",
            hint: "mount it, or correct its place: `cairn remote modify \(Shell.quoted(name)) url PATH`")
    }
}

extension Workers {
    /// Some more threads than processors: a folder may be on another machine, where each call takes its time.
    static var forTransfers: Workers { Workers(count: max(4, Workers.perProcessor.count)) }
}

extension Configuration {
    /// True if the folder of a section is shared by a group of users (`shared = group`).
    func isGroupShared(_ section: ConfigSectionName) -> Bool {
        string(ConfigKey(section, "shared")) == "group"
    }
}

extension Workspace {
    /// The remote of a name, or the default one, as a store of objects.
    ///
    /// - Throws: `CairnError` of kind `config` if there is none, or it is one that keeps files under their own names.
    func remoteStore(_ name: String? = nil, for command: String) throws -> RemoteStore {
        let remote = try remote(name)
        for option in ["version_aware", "worktree"]
        where configuration.bool(ConfigKey(.remote(remote.name), option)) {
            throw CairnError(
                .config,
                "remote '\(remote.name)' has '\(option)' set: remotes that keep versions of files by their names are not supported",
                dvc: "'\(command)' is unsupported for cloud versioned remotes")
        }
        switch remote.location {
        case .folder(let folder):
            let jobs = configuration.integer(ConfigKey(.remote(remote.name), "jobs")).flatMap {
                $0 > 0 ? $0 : nil
            }
            return RemoteStore(
                name: remote.name, folder: folder, jobs: jobs,
                isGroupShared: configuration.isGroupShared(.remote(remote.name)))
        }
    }

    /// True if a remote is used where none is named.
    public var hasDefaultRemote: Bool { configuration.string("core.remote").map { !$0.isEmpty } ?? false }
}
