import CairnSystem

/// Finds the files in a work tree that git neither tracks nor ignores.
///
/// libgit2's own list follows its own reading of `.gitignore`, which is not git's (see `GitIgnorePattern`).
struct GitUntrackedWalk {
    /// What the index has, prepared for questions about single paths.
    struct Tracked {
        let files: Set<[UInt8]>
        let submodules: Set<[UInt8]>

        init(_ entries: [GitIndexEntry]) {
            files = Set(entries.lazy.map(\.path))
            submodules = Set(entries.lazy.filter { $0.mode == .submodule }.map(\.path))
        }
    }

    let top: FilePath
    var rules: GitIgnoreRules
    var tracked = Tracked([])

    init(top: FilePath, rules: GitIgnoreRules) {
        self.top = top
        self.rules = rules
    }

    /// The untracked files below a folder (empty: the top) in the order of their bytes; a repository of its own inside is one
    /// entry with a slash at its end, as `git status` lists it.
    ///
    /// A folder that cannot be read counts as empty. `stopsAtFirst` ends the walk at the first file.
    mutating func files(below folder: [UInt8], stopsAtFirst: Bool = false) -> [[UInt8]] {
        var found: [[UInt8]] = []
        // Folders that wait, the next one last; a stack of our own, for trees deeper than the thread's stack allows.
        var waiting = [folder]
        while let next = waiting.popLast() {
            if stopsAtFirst && !found.isEmpty { return found }
            visit(next, &found, &waiting)
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private mutating func visit(_ folder: [UInt8], _ found: inout [[UInt8]], _ waiting: inout [[UInt8]]) {
        let place = top.appending(bytes: folder)
        for name in GitFiles.names(in: place) ?? [] where !name.elementsEqual(".git".utf8) {
            let path = folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
            if tracked.files.contains(path) { continue }
            let file = place.appending(bytes: name)
            switch GitFiles.status(file)?.kind {
            case .regular, .symbolicLink:
                if !rules.isIgnored(path, isDirectory: false) { found.append(path) }
            case .folder:
                // An ignored folder may still hold tracked files; they are in the index, and nothing else in it is untracked.
                if rules.isIgnored(path, isDirectory: true) { continue }
                if Self.isRepository(file) {
                    found.append(path + [UInt8(ascii: "/")])
                } else {
                    waiting.append(path)
                }
            case .fifo, .socket, .device, nil: continue
            }
        }
    }

    /// Tells whether a folder is the top of another repository.
    static func isRepository(_ folder: FilePath) -> Bool {
        let link = folder.appending(".git")
        guard let status = GitFiles.status(link) else { return false }
        return status.kind == .regular || GitPlace.commonDirectory(of: link) != nil
    }
}
