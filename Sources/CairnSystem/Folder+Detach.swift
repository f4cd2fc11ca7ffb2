extension Folder {
    /// Gives a file below the folder bytes of its own where it shares them: a symbolic link becomes a copy of what it leads to, one
    /// of several names of a file becomes a file by itself. Afterwards its owner may write it.
    ///
    /// The copy is durable only after the file system is synced.
    /// - Throws: `SystemError`; the file is as it was then.
    public func detach(_ path: some Collection<UInt8>) throws(SystemError) {
        let components = Array(path).split(separator: UInt8(ascii: "/"))
        guard let name = components.last else { throw SystemError(.invalidArgument, "copy", self.path) }
        let folder = components.count == 1 ? self : try self.folder(components.dropLast())
        let source = try OpenFile(reading: name, in: folder, followingLinks: true)
        let status = try source.status()
        let aside = Folder.temporaryName()
        do throws(SystemError) {
            let copy = try OpenFile(
                creating: aside, in: folder, permissions: status.isExecutable ? 0o777 : 0o666)
            if try !copy.clone(from: source) { _ = try copy.append(source) }
            guard try copy.status().size == status.size, try source.status().hasSameContent(as: status) else {
                throw SystemError(.resourceTemporarilyUnavailable, "copy whole", source.path)
            }
            try folder.rename(aside, to: folder, name)
        } catch {
            try? folder.remove(aside)  // the first failure is the one to report
            throw error
        }
    }
}
