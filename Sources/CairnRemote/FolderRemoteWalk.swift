import CairnSystem

/// Finds the objects in the folder of a remote.
struct FolderRemoteWalk {
    /// What was found, in no order.
    var objects: [RemoteObject] = []

    /// Adds the objects in a folder and in those below it. What goes away meanwhile is passed over.
    ///
    /// - Parameters:
    ///   - path: where the folder is: empty, or parts of keys with a "/" at the end.
    ///   - beginning: only names that begin with it are looked at.
    mutating func add(
        _ folder: Folder, below path: [UInt8], beginningWith beginning: [UInt8] = []
    ) throws(RemoteError) {
        for entry in try Self.entries(of: folder, below: path) where entry.name.starts(with: beginning) {
            let key = path + entry.name
            let text = String(decoding: key, as: UTF8.self)
            switch entry.kind {
            case .folder:
                guard let inner = try Self.folder(entry.name, in: folder, key: text) else { continue }
                try add(inner, below: key + [UInt8(ascii: "/")])
            case .regular:
                let status = try system(text) { () throws(SystemError) in
                    try folder.status(of: entry.name)
                }
                guard let status, status.kind == .regular else { continue }
                objects.append(
                    RemoteObject(key: text, size: status.size, modified: status.mtime / 1_000_000))
            default: continue
            }
        }
    }

    /// What stands at the top of a remote, as `Remote.top` tells it.
    static func top(of root: Folder) throws(RemoteError) -> Set<String> {
        var found: Set<String> = []
        for entry in try entries(of: root, below: []) {
            let text = String(decoding: entry.name, as: UTF8.self)
            switch entry.kind {
            case .regular: found.insert(text)
            case .folder:
                guard let folder = try folder(entry.name, in: root, key: text) else { continue }
                if try hasObject(folder, below: entry.name + [UInt8(ascii: "/")]) { found.insert(text + "/") }
            default: continue
            }
        }
        return found
    }

    /// True if there is an object in the folder or below it.
    private static func hasObject(_ folder: Folder, below path: [UInt8]) throws(RemoteError) -> Bool {
        let entries = try entries(of: folder, below: path)
        if entries.contains(where: { $0.kind == .regular }) { return true }
        for entry in entries where entry.kind == .folder {
            let key = path + entry.name
            let inner = try Self.folder(entry.name, in: folder, key: String(decoding: key, as: UTF8.self))
            if let inner, try hasObject(inner, below: key + [UInt8(ascii: "/")]) { return true }
        }
        return false
    }

    /// The names in a folder that parts of keys may have, with what they stand for.
    private static func entries(
        of folder: Folder, below path: [UInt8]
    ) throws(RemoteError) -> [(name: [UInt8], kind: Folder.NameKind)] {
        try system(String(decoding: path, as: UTF8.self)) { () throws(SystemError) in
            try Interruption.check()
            var entries: [(name: [UInt8], kind: Folder.NameKind)] = []
            try folder.forEachName { name, kind in
                guard RemoteKey.isPart(name), RemoteKey.isPossible(length: path.count + name.count),
                    !path.isEmpty || !RemoteKey.isReserved(name)
                else { return }
                entries.append((Array(name), kind))
            }
            // Some file systems tell names only.
            for index in entries.indices where entries[index].kind == .unknown {
                switch try folder.status(of: entries[index].name)?.kind {
                case .regular: entries[index].kind = .regular
                case .folder: entries[index].kind = .folder
                default: entries[index].kind = .other
                }
            }
            return entries
        }
    }

    /// Opens a folder; `nil` if it is none any more.
    private static func folder(
        _ name: [UInt8], in folder: Folder, key: String
    ) throws(RemoteError) -> Folder? {
        do throws(SystemError) {
            return try folder.folder(named: name)
        } catch {
            guard [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) else {
                throw RemoteError(error, key)
            }
            return nil
        }
    }
}
