import CairnCore
import CairnSystem

extension GitRepository {
    /// True if the folder of hooks serves other repositories too: it lies neither in the repository nor in its work tree.
    ///
    /// - Throws: `GitError` if a configuration file cannot be parsed.
    public func sharesHooks() throws(GitError) -> Bool {
        let folder = try hooksDirectory()
        let real = GitFiles.realPath(folder) ?? folder.lexicallyNormalized()
        let own = [commonDirectory, gitDirectory, workDirectory].compactMap { $0 }
        return !own.contains { real.starts(with: GitFiles.realPath($0) ?? $0) }
    }

    /// True while a rebase has commits left to apply, so that its trees are only passed through.
    ///
    /// A rebase that applies nothing, because the branch is simply moved forward, calls no hook at its end: it does not count.
    public func isRebasing() -> Bool {
        let folder = gitDirectory.appending("rebase-merge")
        if GitFiles.isFolder(folder) {
            guard let todo = GitFiles.read(folder.appending("git-rebase-todo")) else { return true }
            let done = GitFiles.read(folder.appending("done")) ?? []
            return Self.hasSteps(todo) || Self.hasSteps(done)
        }
        return GitFiles.isFolder(gitDirectory.appending("rebase-apply"))
    }

    /// True if a list of steps has any that applies something.
    private static func hasSteps(_ text: [UInt8]) -> Bool {
        text.split(separator: UInt8(ascii: "\n")).contains { line in
            line.first != UInt8(ascii: "#") && !line.elementsEqual("noop".utf8)
        }
    }

    /// True while git applies something of which it will tell when it is done: a rebase, or patches that came by mail.
    public var isRewriting: Bool {
        ["rebase-merge", "rebase-apply"].contains { GitFiles.isFolder(gitDirectory.appending($0)) }
    }

    /// The commits that a merge, cherry-pick or revert in progress takes changes from.
    ///
    /// - Throws: `GitError` if one of them cannot be read.
    public func headsInProgress() throws(GitError) -> [GitCommit] {
        var commits: [GitCommit] = []
        for name in ["MERGE_HEAD", "CHERRY_PICK_HEAD"] {
            let text = GitFiles.read(gitDirectory.appending(name)) ?? []
            for line in text.split(separator: UInt8(ascii: "\n")) {
                guard let id = GitObjectID(hex: String(decoding: line.prefix(40), as: UTF8.self)) else {
                    continue
                }
                commits.append(try commit(id))
            }
        }
        return commits
    }

    /// The commit that HEAD was on before git moved it: of a rebase that ends, of the last merge or reset; `nil` if git did not note it.
    ///
    /// - Throws: `GitError` if the commit cannot be read.
    public func originalHead() throws(GitError) -> GitCommit? {
        for name in ["rebase-merge/orig-head", "rebase-apply/orig-head", "ORIG_HEAD"] {
            guard let text = GitFiles.read(gitDirectory.appending(bytes: Array(name.utf8))),
                let id = GitObjectID(hex: String(decoding: text.prefix(40), as: UTF8.self))
            else { continue }
            return try commit(id)
        }
        return nil
    }

    /// What git noted last about HEAD: the commit before, and what moved it (`cherry-pick: …`); `nil` without a reflog.
    public func lastMove() -> (old: GitObjectID?, words: String)? {
        let path = gitDirectory.appending("logs").appending("HEAD")
        guard let text = GitFiles.readEnd(of: path, count: 1 << 16),
            let line = text.split(separator: UInt8(ascii: "\n")).last
        else { return nil }
        let words = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1, omittingEmptySubsequences: false)
        return (
            GitObjectID(hex: String(decoding: line.prefix(40), as: UTF8.self)),
            words.count > 1 ? String(decoding: words[1], as: UTF8.self) : ""
        )
    }
}
