import CairnSystem

/// The folders in which files below one folder lie, opened without following a symbolic link on the way.
///
/// The last one stays open: in a sorted list the next file is mostly in the same.
final class ParentFolders {
    private let root: Folder
    private let isMaking: Bool
    private var last: (path: ArraySlice<UInt8>, folder: Folder)?

    /// - Parameter isMaking: whether folders that are missing are made.
    init(below root: Folder, isMaking: Bool) {
        self.root = root
        self.isMaking = isMaking
    }

    /// Opens the folder in which a path lies.
    ///
    /// - Returns: the folder, and the last name of the path.
    /// - Throws: `SystemError`, with ENOTDIR where a symbolic link or a file is on the way.
    func folder(of path: ArraySlice<UInt8>) throws(SystemError) -> (folder: Folder, name: ArraySlice<UInt8>) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return (root, path) }
        let (parent, name) = (path[..<slash], path[(slash + 1)...])
        if let last, last.path.elementsEqual(parent) { return (last.folder, name) }
        let components = parent.split(separator: UInt8(ascii: "/"))
        let folder = try isMaking ? root.makeFolder(components) : root.folder(components)
        last = (parent, folder)
        return (folder, name)
    }
}
