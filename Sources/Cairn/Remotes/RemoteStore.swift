import CairnCore
import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem
import CairnTransfer

/// A remote, as commands use it: a folder, which is worked with directly, or something else, which is worked with over the contract.
struct RemoteStore: Sendable {
    /// What it is made of.
    enum Place: Sendable {
        /// The folder that holds the objects.
        case folder(FilePath)
        /// A connection to where the objects are.
        case network(RemoteConnection)
    }

    /// The name in the configuration.
    let name: String
    /// What it is made of.
    let place: Place
    /// How many transfers at a time the configuration wants.
    let jobs: Int?
    /// Whether everybody in the folder's group may add objects.
    let isGroupShared: Bool
    /// How objects are to lie there, if somebody said so.
    let wanted: RemoteLayout?

    /// A folder of this machine that shows what is on the remote, while it is worked with.
    var mirror: FilePath?

    /// The folder that holds the objects; `nil` for a remote that is none.
    var folder: FilePath? {
        guard case .folder(let folder) = place else { return nil }
        return folder
    }

    /// The connection to a remote that is no folder.
    var connection: RemoteConnection? {
        guard case .network(let connection) = place else { return nil }
        return connection
    }

    /// The place, for messages and as a path that errors may lie below.
    var shownFolder: FilePath {
        switch place {
        case .folder(let folder): folder
        case .network(let connection): LooseRemote.path(of: "", at: connection.place)
        }
    }

    /// What is the same for two remotes that are one.
    var identity: [UInt8] {
        switch place {
        case .folder(let folder): folder.bytes
        case .network(let connection): Array("\(name):".utf8) + connection.location.shown
        }
    }

    /// Opens the store in the folder to look what it has; of a packed one, every object can be read.
    ///
    /// - Parameter creating: whether to make the folder if it is missing; without it a missing one holds nothing.
    /// - Returns: `nil` for a remote that is no folder.
    /// - Throws: `StoreError` if the folder cannot be opened or made.
    func open(creating: Bool = false) throws -> ObjectStore? {
        guard let folder else { return nil }
        return try ObjectStore(at: folder, creating: creating, isGroupShared: isGroupShared)
    }

    /// The remote as the rest of the program knows remotes.
    var contract: any Remote {
        switch place {
        case .folder(let folder): FolderRemote(folder, isGroupShared: isGroupShared)
        case .network(let connection): connection.remote
        }
    }

    /// How many transfers at a time, where the user wants so many or says nothing.
    func jobs(_ wanted: Int?) -> Int {
        max(1, wanted ?? jobs ?? (folder == nil ? RemoteConnection.usualJobs : Workers.forTransfers.count))
    }

    /// Makes sure that something can be written there, as far as that is known beforehand.
    ///
    /// - Throws: `CairnError` of kind `denied`.
    func checkWritable() throws {
        guard let connection, connection.isReadOnly else { return }
        throw CairnError(
            .denied, "remote '\(name)' can only be read from: it is served over HTTP",
            hint: "write to the place that the server shows, as a remote of its own")
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
        guard let found = try layout() else {
            return (wanted ?? (format == .native ? .packed : .loose)) == .packed
        }
        if let wanted, wanted != found {
            reporter.warn(
                "remote '\(name)' is \(found.rawValue), though the settings say \(wanted.rawValue)",
                hint: "`cairn remote modify --unset \(Shell.quoted(name)) layout`")
        }
        return found == .packed
    }

    /// How objects lie there; `nil` if there are none yet, or the place does not tell.
    ///
    /// - Throws: `CairnError` if it cannot be looked at.
    func layout() throws -> RemoteLayout? {
        switch place {
        case .folder(let folder): try naming { try Self.layout(in: folder) }
        case .network(let connection): try connection.layout()
        }
    }

    /// How many threads to use.
    func workers(_ wanted: Int?) -> Workers { (wanted ?? jobs).map { Workers(count: $0) } ?? .forTransfers }

    /// True if the remote's folder is not there; whether other remotes are shows when they are used.
    func isMissing() throws -> Bool { try folder.map { try $0.status() == nil } ?? false }

    /// Says that the remote's folder is not there.
    var isGone: CairnError {
        CairnError(
            .notFound, "the folder '\(shownFolder.bytes.printable)' of remote '\(name)' does not exist",
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
        where configuration.bool(remote.key(option, in: configuration)) {
            throw CairnError(
                .config,
                "remote '\(remote.name)' has '\(option)' set: remotes that keep versions of files by their names are not supported",
                dvc: "'\(command)' is unsupported for cloud versioned remotes")
        }
        let jobs = configuration.integer(remote.key("jobs", in: configuration)).flatMap {
            $0 > 0 ? $0 : nil
        }
        return RemoteStore(
            name: remote.name, place: try connections.place(of: remote, in: self), jobs: jobs,
            isGroupShared: configuration.isGroupShared(remote.key("shared", in: configuration).section),
            wanted: own.layout(ofRemote: remote.name))
    }

    /// True if a remote is used where none is named.
    public var hasDefaultRemote: Bool { configuration.string("core.remote").map { !$0.isEmpty } ?? false }
}

extension RemoteStore {
    /// Does asynchronous work with the remote on threads of its own and waits for it.
    ///
    /// - Parameter jobs: how much of it happens at a time.
    /// - Throws: `CairnError`.
    func wait<Success: Sendable>(
        jobs: Int, _ body: sending @escaping () async throws(TransferError) -> Success
    ) throws -> Success {
        do throws(TransferError) {
            return try runBlocking(on: TaskThreads(count: jobs + 1), body)
        } catch {
            throw CairnError(error, remote: name)
        }
    }
}
