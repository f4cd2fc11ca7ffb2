import CairnGit

/// The merge of two `.gitignore` files that began as one: entries of outputs go together, whatever lines they are in.
///
/// Each output has its line, and a new one comes last: line by line, any two branches with new outputs would be in conflict. Lines of
/// other kinds are merged as git merges lines.
struct IgnoreMerge {
    /// The file; with marks if it is in conflict.
    let text: [UInt8]
    /// True if there are no marks.
    let isClean: Bool

    /// Merges.
    ///
    /// - Parameter marks: how many characters a mark has.
    /// - Throws: `GitError` if libgit2 cannot merge lines.
    init(ancestor: [UInt8], ours: [UInt8], theirs: [UInt8], marks: Int) throws {
        let lines = try GitTextMerge(
            ancestor: ancestor, ours: ours, theirs: theirs, names: ("ours", "theirs"), marks: marks)
        let before = Lines(ancestor)
        let (own, other) = (Lines(ours), Lines(theirs))
        if lines.isClean {
            (text, isClean) = (lines.text, true)
        } else if other.rest == before.rest {
            (text, isClean) = (own.with(other.entries, since: before.entries), true)
        } else if own.rest == before.rest {
            (text, isClean) = (other.with(own.entries, since: before.entries), true)
        } else {
            (text, isClean) = (lines.text, false)
        }
    }

    /// The lines of a file.
    private struct Lines {
        private var all: [ArraySlice<UInt8>]
        /// Lines that stand for one name in the folder of the file, as outputs have them.
        let entries: [ArraySlice<UInt8>]
        /// The other lines.
        let rest: [ArraySlice<UInt8>]

        init(_ text: [UInt8]) {
            all = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // What follows the last line end is no line.
            if all.last?.isEmpty == true { all.removeLast() }
            entries = all.filter(Self.isEntry)
            rest = all.filter { !Self.isEntry($0) }
        }

        private static func isEntry(_ line: ArraySlice<UInt8>) -> Bool {
            line.count > 1 && line.first == UInt8(ascii: "/") && !line.dropFirst().contains(UInt8(ascii: "/"))
        }

        /// The lines with what the other side did to its entries.
        func with(_ others: [ArraySlice<UInt8>], since before: [ArraySlice<UInt8>]) -> [UInt8] {
            let (present, old, new) = (Set(entries), Set(before), Set(others))
            var result = all.filter { !old.contains($0) || new.contains($0) || !Self.isEntry($0) }
            result += others.filter { !old.contains($0) && !present.contains($0) }
            return result.flatMap { Array($0) + [UInt8(ascii: "\n")] }
        }
    }
}
