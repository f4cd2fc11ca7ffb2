extension Folder {
    /// Removes what has a name in the folder, a folder with all that is in it. Symbolic links go, what they lead to stays.
    ///
    /// A name that is not there is fine. A folder on another file system inside the tree is left and makes it fail.
    /// - Throws: `SystemError` for the first thing that cannot be removed; the rest of the tree stays then.
    public func removeTree(_ name: some Collection<UInt8>) throws(SystemError) {
        guard let status = try status(of: name) else { return }
        guard status.kind == .folder else { return try remove(name) }
        do {
            let folder = try folder(named: name)
            for inner in try folder.names() { try folder.removeTree(inner) }
        }
        guard try removeEmptyFolder(name) else {
            throw SystemError(.directoryNotEmpty, "remove", path(of: name))
        }
    }
}
