import CairnCore
internal import CLibGit2

extension GitRepository {
    /// The experiments: `refs/exps/ab/<rest of the baseline's id>/<name>`, each under its name alone.
    static func experiments(_ raw: OpaquePointer) throws(GitError) -> [(name: String, commit: GitObjectID)] {
        try references(below: "refs/exps/", raw).compactMap { reference in
            let parts = reference.name.utf8.split(separator: UInt8(ascii: "/"))
            guard parts.count == 3, parts[0].count == 2, parts[1].count == 38 else { return nil }
            return (String(Substring(parts[2])), reference.commit)
        }
    }

    /// Says why a text names no commit, and what may have been meant.
    static func explained(
        _ revision: String, _ raw: OpaquePointer, isShallow: Bool
    ) throws(GitError) -> GitError {
        let (name, suffix) = split(revision)
        var id = git_oid()
        let hasHead = git_reference_name_to_id(&id, raw, "HEAD") == 0
        let isHead = name.utf8.elementsEqual("HEAD".utf8) || name.utf8.elementsEqual("@".utf8) || name.isEmpty
        if isHead, !hasHead {
            return unknown(
                revision, "the branch that HEAD is on has no commit yet", hint: "make one: `git commit`")
        }
        if revision.utf8.firstRange(of: Array("..".utf8)) != nil {
            return unknown(revision, "it is a range, and one commit is wanted")
        }
        if suffix.utf8.starts(with: "@{u".utf8) || suffix.utf8.starts(with: "@{push".utf8) {
            return unknown(
                revision, "the branch has no upstream branch, or that was never fetched",
                hint: "name one: `git branch --set-upstream-to REMOTE/BRANCH`")
        }
        let hasName = isHead ? true : try parse(name, name, raw) != nil
        if !suffix.isEmpty, hasName {
            if isShallow {
                return unknown(
                    revision, "this clone is shallow, and its history ends before that",
                    hint: "bring all of it: `git fetch --unshallow`")
            }
            return unknown(revision, "history does not go back to that")
        }
        var known: [String] = []
        for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/"] {
            known += try references(below: prefix, raw).map(\.name)
        }
        known += try experiments(raw).map(\.name)
        if name.utf8.elementsEqual("stash".utf8) { return unknown(revision, "nothing is stashed") }
        let hint = EditDistance.closest(to: name, among: known + ["HEAD"]).map {
            "did you mean '\($0)\(suffix)'?"
        }
        return unknown(revision, hint: hint)
    }

    /// A name and what follows it: `main` and `~2`.
    private static func split(_ revision: String) -> (name: String, suffix: String) {
        let bytes = Array(revision.utf8)
        var end = bytes.count
        for (index, byte) in bytes.enumerated() {
            let opens =
                byte == UInt8(ascii: "@") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "{")
            if byte == UInt8(ascii: "~") || byte == UInt8(ascii: "^") || opens {
                end = index
                break
            }
        }
        return (
            String(decoding: bytes[..<end], as: UTF8.self), String(decoding: bytes[end...], as: UTF8.self)
        )
    }
}
