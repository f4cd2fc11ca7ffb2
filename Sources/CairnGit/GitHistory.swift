import CairnSystem
internal import CLibGit2

extension GitRepository {
    /// Every commit that HEAD, a branch, a branch of a remote, or a tag leads to, newest first.
    ///
    /// As in DVC, other references do not count: neither experiments (`refs/exps`) nor the stash. In a shallow clone the
    /// history ends where the clone does; libgit2's own walk would fail there.
    ///
    /// - Throws: `GitError` if a commit is missing or damaged.
    public func allCommits() throws(GitError) -> [GitCommit] {
        let shallow = shallowCommits()
        return try locked { (raw) throws(GitError) in
            var starts: [GitObjectID] = []
            var head = git_oid()
            if git_reference_name_to_id(&head, raw, "HEAD") == 0 { starts.append(GitObjectID(head)) }
            for prefix in ["refs/heads/", "refs/remotes/", "refs/tags/"] {
                starts += try Self.references(below: prefix, raw).map(\.commit)
            }
            return try Self.walk(from: starts, shallow, raw)
        }
    }

    /// The commits of `allCommits` that were committed at a time or later, newest first.
    ///
    /// - Parameter date: Seconds since 1970.
    /// - Throws: `GitError` as `allCommits`.
    public func commits(since date: Int64) throws(GitError) -> [GitCommit] {
        try allCommits().filter { $0.committerTime >= date }
    }

    /// A commit and its first parents, newest first.
    ///
    /// - Parameter count: How many at most, the commit itself among them; `nil` for all.
    /// - Throws: `GitError` if a commit is missing or damaged.
    public func firstParents(of commit: GitCommit, count: Int? = nil) throws(GitError) -> [GitCommit] {
        let shallow = shallowCommits()
        return try locked { (raw) throws(GitError) in
            var line: [GitCommit] = []
            var next: GitCommit? = commit
            while let commit = next, line.count < count ?? .max {
                line.append(commit)
                next = nil
                if !shallow.contains(commit.id), let parent = commit.parents.first {
                    next = try Self.commit(parent, raw)
                }
            }
            return line
        }
    }

    /// The commits that one leads to and another does not, newest first.
    ///
    /// - Throws: `GitError` as `allCommits`.
    public func commits(from tip: GitCommit, without base: GitCommit) throws(GitError) -> [GitCommit] {
        let shallow = shallowCommits()
        return try locked { (raw) throws(GitError) in
            let left = Set(try Self.walk(from: [base.id], shallow, raw).map(\.id))
            return try Self.walk(from: [tip.id], shallow, raw).filter { !left.contains($0.id) }
        }
    }

    /// The commits that some lead to and others do not, newest first.
    ///
    /// The walk ends where the others begin; only in a shallow clone all of their history is read.
    /// - Parameters:
    ///   - tips: where it starts; ids of commits.
    ///   - known: what to leave out with all that it leads to; ids that are not in this clone are passed over.
    /// - Throws: `GitError` as `allCommits`.
    public func commits(
        from tips: [GitObjectID], leavingOut known: [GitObjectID]
    ) throws(GitError) -> [GitCommit] {
        let shallow = shallowCommits()
        return try locked { (raw) throws(GitError) in
            let present = known.filter { id in
                var object: OpaquePointer?
                var oid = id.oid
                defer { git_object_free(object) }
                return git_object_lookup(&object, raw, &oid, GIT_OBJECT_COMMIT) == 0
            }
            guard shallow.isEmpty else {
                let left = Set(try Self.walk(from: present, shallow, raw).map(\.id))
                return try Self.walk(from: tips, shallow, raw).filter { !left.contains($0.id) }
            }
            var walker: OpaquePointer?
            try git("walk through history") { git_revwalk_new(&walker, raw) }
            defer { git_revwalk_free(walker) }
            for id in tips {
                var oid = id.oid
                try Self.reading(id) { git_revwalk_push(walker, &oid) }
            }
            for id in present {
                var oid = id.oid
                try Self.reading(id) { git_revwalk_hide(walker, &oid) }
            }
            var commits: [GitCommit] = []
            var oid = git_oid()
            while try more("walk through history", { git_revwalk_next(&oid, walker) }) {
                commits.append(try Self.commit(GitObjectID(oid), raw))
            }
            return commits
        }
    }

    private static func walk(
        from starts: [GitObjectID], _ shallow: Set<GitObjectID>, _ raw: OpaquePointer
    ) throws(GitError) -> [GitCommit] {
        var seen = Set(starts)
        var waiting = Array(seen)
        var commits: [GitCommit] = []
        while let id = waiting.popLast() {
            let commit = try commit(id, raw)
            commits.append(commit)
            guard !shallow.contains(id) else { continue }
            for parent in commit.parents where seen.insert(parent).inserted { waiting.append(parent) }
        }
        // The id breaks ties so that the order is the same on every run.
        return commits.sorted { ($1.committerTime, $0.id) < ($0.committerTime, $1.id) }
    }

    /// All commits that one leads to, itself among them, newest first.
    ///
    /// - Throws: `GitError` as `allCommits`.
    public func commits(from tip: GitCommit) throws(GitError) -> [GitCommit] {
        let shallow = shallowCommits()
        return try locked { (raw) throws(GitError) in try Self.walk(from: [tip.id], shallow, raw) }
    }

    /// True for a clone that does not have all of the history.
    public var isShallow: Bool { !shallowCommits().isEmpty }

    /// Takes a range `A..B` apart, where either may be left out for HEAD: the commits that B leads to and A does not.
    ///
    /// - Returns: `nil` for a text that is no such range.
    /// - Throws: `GitError` as `resolve`.
    public func range(_ text: String) throws(GitError) -> (base: GitCommit, tip: GitCommit)? {
        let bytes = Array(text.utf8)
        guard let dots = bytes.firstRange(of: Array("..".utf8)), bytes.count > 2,
            bytes[dots.upperBound...].first != UInt8(ascii: ".")
        else { return nil }
        func commit(_ part: ArraySlice<UInt8>) throws(GitError) -> GitCommit {
            try resolve(part.isEmpty ? "HEAD" : String(decoding: part, as: UTF8.self))
        }
        return (try commit(bytes[..<dots.lowerBound]), try commit(bytes[dots.upperBound...]))
    }

    /// The commits at which a shallow clone ends; their parents are not here.
    public func shallowCommits() -> Set<GitObjectID> {
        let lines =
            GitFiles.read(commonDirectory.appending("shallow"))?.split(separator: UInt8(ascii: "\n")) ?? []
        return Set(lines.compactMap { GitObjectID(hex: String(decoding: $0, as: UTF8.self)) })
    }
}
