extension Folder {
    /// The time by the clock that gives files of this folder their times: nanoseconds since 1970.
    ///
    /// It is that of a file made for it, without a name where the file system has such files, else in a scratch folder.
    /// - Parameters:
    ///   - scratchName: the folder in which scratch folders are.
    ///   - permissions: those of folders that are made, as `ScratchFolder` takes them.
    /// - Throws: `SystemError` if no file can be made.
    public func currentTime(scratchName: String, permissions: UInt32? = nil) throws(SystemError) -> Int64 {
        if let file = try OpenFile.unnamed(in: self, permissions: 0o600) { return try file.status().mtime }
        let scratch = try ScratchFolder(in: self, scratchName, permissions: permissions)
        return try OpenFile(creating: scratch.newName(), in: scratch.folder, permissions: 0o600).status()
            .mtime
    }
}
