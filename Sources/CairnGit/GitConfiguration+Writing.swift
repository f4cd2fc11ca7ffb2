import CairnCore
import CairnSystem
internal import CLibGit2

extension GitRepository {
    /// Sets a variable in the configuration of the repository, which all its worktrees share.
    ///
    /// - Throws: `GitError` with reason `locked` while another process writes the file; another if it cannot be written.
    public func setConfiguration(_ name: String, to value: String) throws(GitError) {
        try withOwnConfiguration { (configuration) throws(GitError) in
            try git("write git's configuration") { git_config_set_string(configuration, name, value) }
        }
    }

    /// Takes a variable out of the configuration of the repository, if it is there.
    ///
    /// - Throws: `GitError` as `setConfiguration`.
    public func unsetConfiguration(_ name: String) throws(GitError) {
        try withOwnConfiguration { (configuration) throws(GitError) in
            try git("write git's configuration") {
                let code = git_config_delete_entry(configuration, name)
                return code == GIT_ENOTFOUND.rawValue ? 0 : code
            }
        }
    }

    private func withOwnConfiguration(
        _ body: (OpaquePointer) throws(GitError) -> Void
    ) throws(GitError) {
        let file = (GitFiles.realPath(commonDirectory) ?? commonDirectory).appending("config")
        let configuration = try GitConfiguration(files: [(file, GIT_CONFIG_LEVEL_LOCAL)])
        try body(configuration.raw)
    }
}

extension GitRepository {
    /// Takes the header of a section out of the configuration of the repository if nothing is in the section: libgit2 leaves it.
    ///
    /// - Throws: `GitError` if the file cannot be written.
    public func removeEmptySection(_ section: String, _ name: String) throws(GitError) {
        let file = (GitFiles.realPath(commonDirectory) ?? commonDirectory).appending("config")
        guard let text = GitFiles.read(file) else { return }
        let header = Array("[\(section) \"\(name)\"]".utf8)
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let index = lines.firstIndex(where: { $0.elementsEqual(header) }) else { return }
        let next = index + 1 < lines.count ? lines[index + 1] : []
        guard next.isEmpty && index + 2 >= lines.count || next.first == UInt8(ascii: "[") else { return }
        lines.remove(at: index)
        do {
            try AtomicFile.write(Array(lines.joined(separator: [UInt8(ascii: "\n")])), to: file)
        } catch {
            throw GitError(
                code: -1, operation: "write git's configuration", message: "\(error.errno)")
        }
    }
}
