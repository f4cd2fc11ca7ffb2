import CairnCore
import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem

/// A remote in a folder.
struct RemoteStore {
    /// The name in the configuration.
    let name: String
    /// The folder that holds the objects.
    let folder: FilePath
    /// How many transfers at a time the configuration wants.
    let jobs: Int?
    /// Whether everybody in the folder's group may add objects.
    let isGroupShared: Bool
    /// How objects are to lie there, if somebody said so.
    let wanted: RemoteLayout?

    /// Opens the store to look what it has; of a packed one, every object can be read.
    ///
    /// - Parameter creating: whether to make the folder if it is missing; without it a missing one holds nothing.
    /// - Throws: `StoreError` if the folder cannot be opened or made.
    func open(creating: Bool = false) throws -> ObjectStore {
        try ObjectStore(at: folder, creating: creating, isGroupShared: isGroupShared)
    }

    /// How objects lie in a folder; `nil` if there are none.
    ///
    /// - Throws: `SystemError` if the folder cannot be looked at.
    static func layout(in folder: FilePath) throws -> RemoteLayout? {
        if try folder.appending(PackedLayout.marker).status() != nil { return .packed }
        if try folder.appending("files").status() != nil { return .loose }
        // A store whose marker was lost is still one.
        return try folder.appending(PackedLayout.segments).status() == nil ? nil : .packed
    }

    /// True if objects are packed there, or will be by the first push of a workspace.
    ///
    /// - Parameter reporter: hears if what is there lies in another way than wanted.
    /// - Throws: `CairnError` if the folder cannot be looked at.
    func isPacked(for format: RepositoryFormat, reporter: any Reporter = SilentReporter()) throws -> Bool {
        guard let found = try naming({ try Self.layout(in: folder) }) else {
            return (wanted ?? (format == .native ? .packed : .loose)) == .packed
        }
        if let wanted, wanted != found {
            reporter.warn(
                "remote '\(name)' is \(found.rawValue), though the settings say \(wanted.rawValue)",
                hint: "`cairn remote modify --unset \(Shell.quoted(name)) layout`")
        }
        return found == .packed
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
                isGroupShared: configuration.isGroupShared(.remote(remote.name)),
                wanted: own.layout(ofRemote: remote.name))
        }
    }

    /// True if a remote is used where none is named.
    public var hasDefaultRemote: Bool { configuration.string("core.remote").map { !$0.isEmpty } ?? false }
}
