import CairnCore
import CairnSystem

/// Wild cards in what the user typed, for files of the workspace.
enum WorkspaceGlob {
    /// Files and folders that match, as the user would have typed them, sorted.
    ///
    /// A name that starts with a dot is matched only by a pattern that has the dot.
    static func matches(of pattern: String, in workspace: Workspace, _ session: Session) throws -> [String] {
        let parts = pattern.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        let start =
            pattern.utf8.first == UInt8(ascii: "/") ? FilePath("/") : workspace.surroundings.workingDirectory
        var found: [[UInt8]] = []
        try descend(start, [], parts[...], &found)
        let prefix: [UInt8] = pattern.utf8.first == UInt8(ascii: "/") ? [UInt8(ascii: "/")] : []
        return found.sorted { $0.lexicographicallyPrecedes($1) }.compactMap {
            // Only names that are text can be typed; others are reached through their folder.
            String(validating: prefix + $0, as: UTF8.self)
        }
    }

    private static func descend(
        _ folder: FilePath, _ path: [UInt8], _ parts: ArraySlice<[UInt8]>, _ found: inout [[UInt8]]
    ) throws {
        try Interruption.check()
        guard let part = parts.first else {
            found.append(path)
            return
        }
        let isAnyDepth = part.elementsEqual("**".utf8)
        if isAnyDepth { try descend(folder, path, parts.dropFirst(), &found) }
        guard try folder.status(following: true)?.kind == .folder, let opened = try? Folder(folder) else {
            return
        }
        let glob = GlobPattern(part)
        for name in try opened.names() {
            guard name.first != UInt8(ascii: ".") || part.first == UInt8(ascii: ".") else { continue }
            let below = FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + name)
            let longer = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            if isAnyDepth {
                if try below.status()?.kind == .folder {
                    try descend(below, longer, parts, &found)
                } else if parts.count == 1 {
                    found.append(longer)
                }
            } else if glob.matches(name) {
                try descend(below, longer, parts.dropFirst(), &found)
            }
        }
    }
}
