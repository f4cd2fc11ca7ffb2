import CairnCore
import CairnSystem
internal import CLibGit2

/// A stack of git's configuration files, as libgit2 reads them.
struct GitConfiguration: ~Copyable {
    let raw: OpaquePointer

    /// Opens files, each at its level; a file that does not exist counts as empty.
    ///
    /// `repository` is what conditional includes (`includeIf.gitdir:...`) are compared with.
    ///
    /// - Throws: `GitError` for a file that cannot be read or parsed.
    init(
        files: [(path: FilePath, level: git_config_level_t)], repository: OpaquePointer? = nil
    ) throws(GitError) {
        self.init(owning: try Self.open(files, repository))
    }

    private static func open(
        _ files: [(path: FilePath, level: git_config_level_t)], _ repository: OpaquePointer?
    ) throws(GitError) -> OpaquePointer {
        try GitLibrary.start()
        var raw: OpaquePointer?
        try git("read git's configuration") { git_config_new(&raw) }
        do throws(GitError) {
            for file in files {
                let path = file.path.bytes
                try path.withCString { (text) throws(GitError) in
                    try git("read '\(path.printable)'") {
                        git_config_add_file_ondisk(raw, text, file.level, repository, 1)
                    }
                }
            }
        } catch {
            git_config_free(raw)
            throw error
        }
        return raw!  // libgit2 sets it whenever it returns 0
    }

    /// Takes over a configuration that libgit2 made.
    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { git_config_free(raw) }

    /// The files of a repository in the order in which later ones win, with those that libgit2 1.5 does not know of itself:
    /// GIT_CONFIG_GLOBAL's and `config.worktree`.
    static func files(
        of place: GitPlace, _ surroundings: GitSurroundings, readsWorktree: Bool
    ) -> [(path: FilePath, level: git_config_level_t)] {
        var files: [(path: FilePath, level: git_config_level_t)] = []
        if let system = surroundings.systemConfiguration { files.append((system, GIT_CONFIG_LEVEL_SYSTEM)) }
        let globals = surroundings.globalConfigurations.suffix(2)
        for (path, level) in zip(
            globals.reversed(), [GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG])
        {
            files.append((path, level))
        }
        files.append((place.commonDirectory.appending("config"), GIT_CONFIG_LEVEL_LOCAL))
        if readsWorktree {
            files.append((place.gitDirectory.appending("config.worktree"), GIT_CONFIG_LEVEL_APP))
        }
        return files
    }

    /// All values of a variable, the winning one last.
    func values(_ name: String) throws(GitError) -> [[UInt8]] {
        let wanted = Array(name.utf8)
        let pattern = name.utf8.map { $0 == UInt8(ascii: ".") ? "\\." : String(UnicodeScalar($0)) }.joined()
        return try entries(matching: "^\(pattern)$").filter { $0.name == wanted }.map(\.value)
    }

    /// Names (as libgit2 normalises them: section and variable in lower case) and values that match a regular expression.
    ///
    /// - Throws: `GitError` for a file that cannot be parsed.
    func entries(matching pattern: String) throws(GitError) -> [(name: [UInt8], value: [UInt8])] {
        var iterator: OpaquePointer?
        try git("read git's configuration") { git_config_iterator_glob_new(&iterator, raw, pattern) }
        defer { git_config_iterator_free(iterator) }
        var entries: [(name: [UInt8], value: [UInt8])] = []
        var entry: UnsafeMutablePointer<git_config_entry>?
        while try more("read git's configuration", { git_config_next(&entry, iterator) }) {
            guard let entry = entry?.pointee else { break }
            // A variable without `=` has no value and means true.
            let value = entry.value.map { [UInt8](cString: $0) } ?? Array("true".utf8)
            entries.append(([UInt8](cString: entry.name), value))
        }
        return entries
    }

    /// The winning value of a boolean; `nil` when it is not set or not a boolean.
    func boolean(_ name: String) throws(GitError) -> Bool? {
        guard let value = try values(name).last else { return nil }
        var answer: Int32 = 0
        return try value.withCString { git_config_parse_bool(&answer, $0) } == 0 ? answer != 0 : nil
    }

    /// A value as a path, with `~` and `~user` replaced.
    ///
    /// - Throws: `GitError` if there is no such home.
    static func path(_ value: [UInt8]) throws(GitError) -> [UInt8] {
        guard value.first == UInt8(ascii: "~") else { return value }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try value.withCString { (text) throws(GitError) in
            try git("expand '\(value.printable)'") { git_config_parse_path(&buffer, text) }
        }
        return buffer.ptr.map { [UInt8](cString: $0) } ?? value
    }
}

/// Calls the `next` function of one of libgit2's iterators.
///
/// - Returns: False at its end.
/// - Throws: `GitError` for any other failure.
func more(_ operation: String, _ call: () -> Int32) throws(GitError) -> Bool {
    var isOver = false
    try git(operation) {
        let code = call()
        isOver = code == GIT_ITEROVER.rawValue
        return isOver ? 0 : code
    }
    return !isOver
}
