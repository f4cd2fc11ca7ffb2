import ArgumentParser
import Cairn
import CairnCore

/// `cairn cache migrate`.
struct CacheMigrateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the cache of DVC 2 to the layout of today.",
        discussion: """
            Objects get a second name, by hard links where the file system has them; the old ones stay. Exit code 1 means that some could not \
            be brought over.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(
        name: .customLong("dvc-files"), help: "Let pointers and locks of the workspace name the new objects.")
    var dvcFiles = false

    @Flag(help: "Only say what would be done.")
    var dry = false

    func run(in context: Context) throws -> Outcome {
        let workspace = try context.workspace()
        let report = try workspace.migrateCache(
            rewritesFiles: dvcFiles, isDry: dry, reporter: context.reporter)
        let output = context.output
        for (id, error) in report.failures {
            output.fail(CairnError(error.kind, "object \(id): \(error.message)"))
        }
        for id in report.incomplete {
            output.warn("the directory \(id) stays as it is, because the cache lacks files of it")
        }
        for path in report.leftBehind {
            let name = workspace.display(path)
            output.warn(
                "'\(name)' keeps its old hash, because the cache lacks data of it",
                hint: "get it, then migrate again: `\(context.command("fetch")) \(Shell.quoted(name))`")
        }
        if context.personality == .dvc {
            try writeAsDVC(report, workspace, output)
        } else {
            try write(report, workspace, output)
        }
        if dvcFiles, !dry { try context.tellGit(report.gitFiles, workspace) }
        return report.failures.isEmpty && report.incomplete.isEmpty && report.leftBehind.isEmpty ? .done : .no
    }

    private func write(_ report: CacheMigrationReport, _ workspace: Workspace, _ output: Output) throws {
        if dry {
            for file in report.files { try output.data(workspace.display(file)) }
            return try output.note(
                "\(Words.count(report.legacyCount, "object")) would be hashed and linked anew")
        }
        let copied = report.copiedBytes > 0 ? ", \(Words.bytes(report.copiedBytes)) of them copied" : ""
        try output.note(
            "\(Words.count(report.count, "object")) of \(report.legacyCount) got a new place\(copied)")
        for file in report.files { try output.note("rewrote '\(workspace.display(file))'") }
    }

    private func writeAsDVC(_ report: CacheMigrationReport, _ workspace: Workspace, _ output: Output) throws {
        let names = report.files.map { workspace.display($0) }
        if dry {
            try output.note(
                "\(report.legacyCount) files will be re-hashed and migrated to the DVC 3.0 cache location.")
        } else {
            try output.note("Migrated \(report.count) files to DVC 3.0 cache location.")
        }
        guard dvcFiles else { return }
        if names.isEmpty { return try output.note("No DVC files in the repo to migrate to the 3.0 format.") }
        if dry {
            try output.note("Entries in following DVC files will be migrated to the 3.0 format:")
            for name in names { try output.note("\t\(name)") }
        } else {
            for name in names { try output.note("Updating DVC file '\(name)'") }
        }
    }
}
