import Synchronization

/// What pages of folders told, while they are read.
final class FoundObjects: Sendable {
    /// A server may make up folders and names without an end.
    private static let mostFolders = 20_000
    private static let mostObjects = 4_000_000

    private struct State {
        var time: Int64?
        var folderCount = 0
        var objectCount = 0
        var folders: [String] = []
        var unknown: [String] = []
        var objects: [RemoteObject] = []
    }

    private let state = Mutex(State())

    /// The server's time.
    var time: Int64? {
        get { state.withLock { $0.time } }
        set { state.withLock { $0.time = newValue } }
    }

    /// Takes in what a page tells.
    ///
    /// - Parameter prefix: where the folder is: empty, or with a slash at its end.
    /// - Throws: `RemoteError` if it becomes too much.
    func add(_ page: FolderPage, below prefix: String) throws(RemoteError) {
        let isWithinBounds = state.withLock { state in
            for entry in page.entries {
                let key = prefix + entry.name
                guard RemoteKey.isPossible(length: key.utf8.count + (entry.isFolder ? 2 : 0)),
                    !prefix.isEmpty || !RemoteKey.isReserved(entry.name.utf8)
                else { continue }
                if entry.isFolder {
                    state.folderCount += 1
                    state.folders.append(key + "/")
                } else if let size = entry.size, let modified = entry.modified {
                    state.objectCount += 1
                    state.objects.append(RemoteObject(key: key, size: size, modified: modified))
                } else {
                    state.objectCount += 1
                    state.unknown.append(key)
                }
            }
            return state.folderCount <= Self.mostFolders && state.objectCount <= Self.mostObjects
        }
        guard isWithinBounds else {
            throw RemoteError(.unusable("the server lists more folders and objects than can be"), prefix)
        }
    }

    /// Takes in an object that was looked at.
    func add(_ object: RemoteObject) { state.withLock { $0.objects.append(object) } }

    /// The folders at which nobody looked yet.
    func takeFolders() -> [String] {
        state.withLock { state in
            defer { state.folders = [] }
            return state.folders
        }
    }

    /// The objects of which size or time is not known.
    func takeUnknown() -> [String] {
        state.withLock { state in
            defer { state.unknown = [] }
            return state.unknown
        }
    }

    /// All objects.
    ///
    /// - Parameter date: the time, if the server did not tell it.
    func listing(at date: Int64) -> RemoteListing {
        state.withLock { state in
            RemoteListing(objects: state.objects.sorted { $0.key < $1.key }, now: state.time ?? date)
        }
    }
}
