import Cairn
import CairnCore

/// The answer of `data status` for people: sections with hints, as DVC has them.
struct DataStatusText {
    private let report: DataStatusReport
    private let personality: Personality

    init(_ report: DataStatusReport, _ context: Context) {
        self.report = report
        personality = context.personality
    }

    private var sections: [(title: String, hints: [String], style: Terminal.Style?, lines: [String])] {
        let command = personality.command
        return [
            (
                "Not in cache:", ["use \"\(command) fetch <file>...\" to download files"], .error,
                report.notInCache.map(\.written.printable)
            ),
            (
                "Not in remote:", ["use \"\(command) push <file>...\" to upload files"], .error,
                report.notInRemote.map(\.written.printable)
            ),
            (
                "\(name) committed changes:", ["git commit the corresponding dvc files to update the repo"],
                .good,
                Self.lines(report.committed)
            ),
            (
                "\(name) uncommitted changes:",
                [
                    "use \"\(command) commit <file>...\" to track changes",
                    "use \"\(command) checkout <file>...\" to discard changes",
                ], .warning, Self.lines(report.uncommitted)
            ),
            (
                "Untracked files:",
                [
                    "use \"git add <file> ...\" or \"\(command) add <file>...\" to commit to git or to \(command)"
                ], .hint,
                report.untracked.map(\.printable)
            ),
            ("\(name) unchanged files:", [], nil, report.unchanged.map(\.written.printable)),
        ].filter { !$0.lines.isEmpty }
    }

    private var name: String { personality == .dvc ? "DVC" : "Data:" }

    /// Writes the sections.
    ///
    /// - Throws: `OutputError` if they cannot be written.
    func write(to output: Output) throws {
        let sections = sections
        if sections.isEmpty {
            try output.data(report.isEmptyRepository ? "No changes in an empty git repo." : "No changes.")
        }
        for (number, section) in sections.enumerated() {
            if number > 0 { try output.data("") }
            try output.data(section.title)
            for hint in section.hints { try output.data("  (\(hint))") }
            for line in section.lines {
                let text = "        \(line)"
                try output.data(section.style.map { output.styled(text, $0) } ?? text)
            }
        }
        if report.isGitDirty {
            let other = sections.isEmpty ? "" : "other "
            try output.data("(there are \(other)changes not tracked by dvc, use \"git status\" to see)")
        }
    }

    private static func lines(_ changes: DataStatusReport.Changes) -> [String] {
        changes.modified.map { "modified: \($0.written.printable)" }
            + changes.added.map { "added: \($0.written.printable)" }
            + changes.deleted.map { "deleted: \($0.written.printable)" }
            + changes.renamed.map { "renamed: \($0.old.written.printable) -> \($0.new.written.printable)" }
            + changes.unknown.map { "unknown: \($0.written.printable)" }
    }
}
