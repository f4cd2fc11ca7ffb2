import CairnCore
import CairnGit
public import CairnSystem

/// A file that git wants merged.
public struct MergeRequest: Sendable {
    /// The common ancestor's version; empty if each side made the file.
    public var ancestor: FilePath
    /// Our version, which the result replaces.
    public var ours: FilePath
    /// Their version.
    public var theirs: FilePath
    /// The path of the file in git; `nil` if git does not tell.
    public var path: String?
    /// How many characters a mark of a conflict has.
    public var marks = 7

    /// Puts a request together.
    public init(ancestor: FilePath, ours: FilePath, theirs: FilePath, path: String? = nil) {
        self.ancestor = ancestor
        self.ours = ours
        self.theirs = theirs
        self.path = path
    }
}

extension HookContext {
    /// Merges two versions of a pointer, a lock or a `.gitignore` by what they say, and puts the result in the place of ours.
    ///
    /// Directories are merged path by path; the listing of the result goes into the cache. Where both sides changed the same thing in
    /// different ways, the file gets marks of a conflict: each side of them has all that is not in conflict, too.
    /// - Returns: one sentence for each conflict; none if all is merged.
    /// - Throws: `SystemError` if the files cannot be read or written.
    public func merge(_ request: MergeRequest) throws -> [CairnError] {
        let limit = 1 << 30
        let before = try request.ancestor.readIfPresent(limit: limit) ?? []
        let ours = try request.ours.readIfPresent(limit: limit) ?? []
        let theirs = try request.theirs.readIfPresent(limit: limit) ?? []
        let name = request.path ?? "the file"
        if name.utf8.split(separator: UInt8(ascii: "/")).last?.elementsEqual(".gitignore".utf8) == true {
            let merge = try IgnoreMerge(ancestor: before, ours: ours, theirs: theirs, marks: request.marks)
            try AtomicFile.writeForNow(merge.text, to: request.ours)
            let shown = Array(name.utf8).printable
            return merge.isClean
                ? [] : [CairnError(.conflict, "both sides changed the same lines of '\(shown)'")]
        }
        let outcome: FileMerge.Outcome
        do {
            var merge = try FileMerge(self, request.path)
            outcome = try merge.run(before, ours, theirs)
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            // Line by line then, as git does it; that it may look merged does not make it so.
            let text = try GitTextMerge(
                ancestor: before, ours: ours, theirs: theirs, names: ("ours", "theirs"), marks: request.marks)
            try AtomicFile.writeForNow(text.text, to: request.ours)
            return [
                CairnError(
                    error.kind,
                    "'\(Array(name.utf8).printable)' cannot be merged by what it says: \(error.message)",
                    hint: error.hint)
            ]
        }
        let result: [UInt8]
        if outcome.conflicts.isEmpty {
            // Where lines do as well, comments of both sides stay.
            let text = try GitTextMerge(
                ancestor: before, ours: ours, theirs: theirs, names: ("ours", "theirs"), marks: request.marks)
            result = text.isClean && outcome.isSame(text.text) ? text.text : outcome.texts.ours
        } else {
            // Without an ancestor, every line that differs is in conflict, and no other.
            result = try GitTextMerge(
                ancestor: [], ours: outcome.texts.ours, theirs: outcome.texts.theirs,
                names: ("ours", "theirs"), marks: request.marks
            ).text
        }
        try AtomicFile.writeForNow(result, to: request.ours)
        return outcome.conflicts
    }
}
