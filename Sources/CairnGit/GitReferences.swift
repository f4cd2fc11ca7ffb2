internal import CLibGit2

/// A branch or a tag with the commit that it leads to.
public struct GitReference: Hashable, Sendable {
    /// The whole name, for instance `refs/heads/main`.
    public let fullName: [UInt8]
    /// The name without `refs/heads/` or `refs/tags/`; bytes that are not UTF-8 are replaced.
    public let name: String
    /// The commit, through annotated tags and symbolic references.
    public let commit: GitObjectID
}

extension GitRepository {
    /// The local branches, sorted by name.
    ///
    /// - Throws: `GitError` if the references cannot be read.
    public func branches() throws(GitError) -> [GitReference] { try references(below: "refs/heads/") }

    /// The tags, sorted by name; those of a tree or a blob, which no commit stands behind, are left out.
    ///
    /// - Throws: `GitError` if the references cannot be read.
    public func tags() throws(GitError) -> [GitReference] { try references(below: "refs/tags/") }

    /// The references below a prefix that lead to a commit, sorted by name; broken ones are left out, as `git log` does.
    ///
    /// - Parameter prefix: With the slash at its end, for instance `refs/exps/`; it is taken off for `name`.
    /// - Throws: `GitError` if the references cannot be read.
    public func references(below prefix: String) throws(GitError) -> [GitReference] {
        try locked { (raw) throws(GitError) in try Self.references(below: prefix, raw) }
    }

    static func references(below prefix: String, _ raw: OpaquePointer) throws(GitError) -> [GitReference] {
        var names = git_strarray()
        try git("list the references") { git_reference_list(&names, raw) }
        defer { git_strarray_dispose(&names) }
        var references: [GitReference] = []
        for index in 0..<names.count {
            guard let text = names.strings[index] else { continue }
            let fullName = [UInt8](cString: text)
            guard fullName.starts(with: prefix.utf8), let commit = peel(text, raw) else { continue }
            let name = String(decoding: fullName.dropFirst(prefix.utf8.count), as: UTF8.self)
            references.append(GitReference(fullName: fullName, name: name, commit: commit))
        }
        return references.sorted { $0.fullName.lexicographicallyPrecedes($1.fullName) }
    }

    private static func peel(_ name: UnsafePointer<CChar>, _ raw: OpaquePointer) -> GitObjectID? {
        var reference: OpaquePointer?
        guard git_reference_lookup(&reference, raw, name) == 0 else { return nil }
        defer { git_reference_free(reference) }
        var commit: OpaquePointer?
        guard git_reference_peel(&commit, reference, GIT_OBJECT_COMMIT) == 0 else { return nil }
        defer { git_object_free(commit) }
        return git_object_id(commit).map { GitObjectID($0.pointee) }
    }
}
