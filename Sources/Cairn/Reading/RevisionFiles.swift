import CairnCore
import CairnGit
import CairnSystem

/// One commit, seen from the workspace: what it declares, and which of its files count.
struct RevisionFiles {
    /// The commit.
    let commit: GitCommit
    /// What it declares, and what it leaves out.
    let content: RevisionContent

    private let git: GitRepository
    /// Where the workspace is in the work tree of git; empty for its top.
    private let top: [UInt8]

    /// Reads what a commit declares.
    ///
    /// - Parameter name: how messages call the commit.
    /// - Returns: `nil` if the commit has no folder where the workspace is.
    /// - Throws: `CairnError` where there is no git repository, `GitError` if a tree cannot be read.
    init?(_ commit: GitCommit, named name: String, _ session: Session, _ git: GitRepository) throws {
        var reader = try RevisionReader(session)
        guard let content = try reader.read(NamedCommit(commit: commit, name: name), onlyNew: false) else {
            return nil
        }
        self.commit = commit
        self.content = content
        self.git = git
        top = session.top(in: git)
    }

    private func own(_ path: RepoPath?) -> [UInt8] {
        guard let path else { return top }
        return top.isEmpty ? path.bytes : top + [UInt8(ascii: "/")] + path.bytes
    }

    private func isLeftOut(_ path: RepoPath, _ entry: GitTreeEntry) -> Bool {
        content.rules.isIgnored(path, isFolder: entry.mode == .folder || entry.mode == .submodule)
    }

    /// What the commit has at a path (`nil` for the workspace itself); `nil` for nothing, and for what is left out.
    func entry(at path: RepoPath?) throws -> GitTreeEntry? {
        guard let entry = try git.entry(at: own(path), in: commit) else { return nil }
        if let path, isLeftOut(path, entry) { return nil }
        return entry
    }

    /// What the commit has in a folder, without what is left out; nothing if it is no folder.
    func entries(in folder: RepoPath?) throws -> [(name: [UInt8], entry: GitTreeEntry)] {
        guard let tree = try git.entry(at: own(folder), in: commit), tree.mode == .folder else { return [] }
        return try git.tree(tree.id).filter { name, entry in
            guard let last = try? RepoPath(validating: name) else { return false }
            return !isLeftOut(folder?.appending(last) ?? last, entry)
        }
    }

    /// The length of a file of the commit.
    func size(of entry: GitTreeEntry) throws -> Int64 { Int64(try git.blob(entry.id).count) }
}

extension RepoPath {
    /// The outermost of `paths` that is the path or a folder on the way to it.
    func topmost(in paths: Set<RepoPath>) -> RepoPath? {
        var found = paths.contains(self) ? self : nil
        var folder = parent
        while let next = folder {
            if paths.contains(next) { found = next }
            folder = next.parent
        }
        return found
    }
}
