extension Folder {
    /// Makes durable which names there are in folders below this one, and in those on the way to them: they may be new.
    ///
    /// - Throws: `SystemError`, with ELOOP or ENOTDIR where a component is a symbolic link or a file.
    public func syncNames(in destinations: Set<[ArraySlice<UInt8>]>) throws(SystemError) {
        var folders = destinations
        for components in destinations {
            for count in components.indices { folders.insert(Array(components[..<count])) }
        }
        // The deepest first: what is named by a durable name is there.
        for components in folders.sorted(by: { $0.count > $1.count }) {
            try folder(components).sync()
        }
    }
}
