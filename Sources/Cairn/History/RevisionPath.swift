public import CairnCore
import CairnGit
import CairnSystem

/// A path in a revision, as git writes it: `REV:PATH`.
public struct RevisionPath: Sendable {
    /// The revision as it was written.
    public let revision: String
    /// The path; `nil` for the whole workspace.
    public let path: RepoPath?
    /// True if a path was written, perhaps an empty one: `REV:`.
    public let hasPath: Bool
}

extension Workspace {
    /// Takes `REV:PATH` or `REV` apart.
    ///
    /// As with git, a path starts at the top, here that of the workspace; one that begins with `./` or `../` starts where the user stands.
    /// - Throws: `CairnError` of kind `usage` for an empty revision and for a path that lies outside.
    public func revisionPath(_ text: String) throws -> RevisionPath {
        guard let colon = Self.colon(in: text) else {
            return RevisionPath(revision: text, path: nil, hasPath: false)
        }
        let revision = String(text[..<colon])
        guard !revision.isEmpty else {
            throw CairnError(
                .usage, "'\(Array(text.utf8).printable)' names no revision in front of its colon",
                hint: "of the last commit: `HEAD\(Array(text.utf8).printable)`")
        }
        let path = String(text[text.utf8.index(after: colon)...])
        return RevisionPath(revision: revision, path: try top(path), hasPath: true)
    }

    private func top(_ path: String) throws -> RepoPath? {
        let isRelative =
            ["./", "../"].contains { path.utf8.starts(with: $0.utf8) } || path == "." || path == ".."
        if isRelative { return try pathOrRoot(of: path) }
        return path.isEmpty ? nil : try standing(at: root).pathOrRoot(of: path)
    }

    /// `REV:PATH` or `REV`, if there is such a revision; for arguments that may mean something else as well.
    ///
    /// - Returns: `nil` if git knows no such revision, or there is no git repository.
    public func knownRevisionPath(_ text: String) throws -> RevisionPath? {
        guard !text.isEmpty, !text.utf8.starts(with: ":".utf8),
            let git = try Session(self, reporter: SilentReporter(), writes: false).git()
        else { return nil }
        let revision = Self.colon(in: text).map { String(text[..<$0]) } ?? text
        do throws(GitError) {
            _ = try git.resolve(revision)
        } catch {
            guard error.reason == .unknownRevision else { throw CairnError(error) }
            return nil
        }
        return try revisionPath(text)
    }

    /// The colon behind a revision: one inside of braces belongs to it, as in `HEAD@{12:00}`.
    private static func colon(in text: String) -> String.Index? {
        var depth = 0
        for index in text.utf8.indices {
            switch text.utf8[index] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ":") where depth <= 0: return index
            default: break
            }
        }
        return nil
    }
}
