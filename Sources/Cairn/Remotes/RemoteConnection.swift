import CairnCore
import CairnFormats
import CairnRemote
import CairnStore
import CairnSystem
import CairnTransfer
import Synchronization

/// A remote that is no folder, open for one command.
final class RemoteConnection: Sendable {
    // A class: what was learned of the remote is learned once.

    /// Transfers at a time, if nobody says how many.
    static let usualJobs = 16

    /// The name in the configuration.
    let name: String
    /// Where it is.
    let location: RemoteLocation
    /// The remote.
    let remote: any Remote
    private let known = Mutex<RemoteLayout?>(nil)
    /// What stood at the top when the layout was found out, until somebody takes it.
    private let seen = Mutex<Set<String>?>(nil)

    init(_ name: String, _ location: RemoteLocation, _ remote: any Remote) {
        self.name = name
        self.location = location
        self.remote = remote
    }

    /// What messages call it.
    var place: String { remote.place }

    /// True if nothing can be written there.
    var isReadOnly: Bool {
        if case .web = location { true } else { false }
    }

    /// Does asynchronous work on threads of its own and waits for it.
    ///
    /// - Parameter jobs: how much of it happens at a time.
    /// - Throws: `CairnError`.
    func wait<Success: Sendable>(
        jobs: Int = 1, _ body: sending @escaping (any Remote) async throws(TransferError) -> Success
    ) throws -> Success {
        let remote = remote
        do throws(TransferError) {
            return try runBlocking(on: TaskThreads(count: jobs + 1)) { () async throws(TransferError) in
                try await body(remote)
            }
        } catch {
            throw CairnError(error, remote: name)
        }
    }

    /// How objects lie there, found out once; `nil` if there are none yet, or the place does not tell.
    ///
    /// - Throws: `CairnError`.
    func layout() throws -> RemoteLayout? {
        if let known = known.withLock({ $0 }) { return known }
        let found = try wait { (remote) async throws(TransferError) in
            do throws(RemoteError) {
                return try await Self.look(at: remote)
            } catch {
                throw TransferError(.remote(error))
            }
        }
        known.withLock { $0 = found.layout }
        seen.withLock { $0 = found.top }
        return found.layout
    }

    /// What stood at the top of the remote a moment ago; `nil` if nobody has just looked. It is given away once.
    func takeTop() -> Set<String>? { seen.withLock { $0.take() } }

    private static func look(
        at remote: any Remote
    ) async throws(RemoteError) -> (layout: RemoteLayout?, top: Set<String>?) {
        do throws(RemoteError) {
            let top = try await remote.top()
            if top.contains(PackedLayout.marker) { return (.packed, top) }
            if top.contains("files/") { return (.loose, top) }
            // A store whose marker was lost is still one.
            return (top.contains("\(PackedLayout.log)/") ? .packed : nil, top)
        } catch {
            guard error.reason == .notListable else { throw error }
            return (try await remote.size(of: PackedLayout.marker) == nil ? nil : .packed, nil)
        }
    }
}

/// The connections of one command: each remote is opened once.
final class RemoteConnections: Sendable {
    private let open = Mutex<[[UInt8]: RemoteConnection]>([:])
    private let opening: RemoteOpening
    private let wanted = Mutex<Int?>(nil)

    /// How many transfers at a time the user wants, whatever settings say.
    var jobs: Int? { wanted.withLock { $0 } }

    /// Notes how many transfers at a time the user wants; `nil` changes nothing. To be called before anything is opened.
    func want(jobs: Int?) {
        if let jobs { wanted.withLock { $0 = max(1, jobs) } }
    }

    /// - Parameter opening: makes remotes.
    init(_ opening: RemoteOpening = .byKind) { self.opening = opening }

    /// What a remote is made of, opened if it was not yet.
    ///
    /// - Throws: `CairnError` if its settings make no sense.
    func place(of named: NamedRemote, in workspace: Workspace) throws -> RemoteStore.Place {
        // Revisions may have other settings for a remote of the same name.
        var key: [UInt8] = Array(named.name.utf8) + [0] + named.location.shown + [0]
        for section in named.sections {
            for option in workspace.configuration.options(in: section) {
                let text = workspace.configuration.value(option)?.text ?? ""
                key += Array(option.option.utf8) + [0] + Array(text.utf8) + [0]
            }
        }
        if let known = open.withLock({ $0[key] }) { return .network(known) }
        switch try opening.open(named, workspace) {
        case nil:
            guard case .folder(let folder) = named.location else {
                preconditionFailure("only folders are used without being opened")
            }
            return .folder(folder)
        case let remote?:
            let connection = RemoteConnection(named.name, named.location, remote)
            return .network(
                open.withLock { open in
                    let first = open[key] ?? connection
                    open[key] = first
                    return first
                })
        }
    }
}
