import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn version`, also called `doctor`.
struct VersionCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version, and what cairn finds around it.",
        aliases: ["doctor"])

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Print the facts as JSON.")
    var json = false

    func run(in context: Context) throws -> Outcome {
        let report = try Workspace.doctor(from: context.surroundings, as: context.personality)
        try context.output.render(asJSON: json, VersionText.document(report)) { output in
            let lines =
                context.personality == .dvc ? VersionText.linesOfDVC(report) : VersionText.lines(report)
            for line in lines { try output.data(line, isForced: true) }
        }
        return .done
    }
}

/// The facts of `version` in words.
private enum VersionText {
    static func lines(_ report: DoctorReport) -> [String] {
        var lines = [
            "cairn \(ProgramVersion.cairn)", "speaks: DVC \(ProgramVersion.dvc)", "system: \(report.system)",
        ]
        for file in report.configurationFiles {
            lines.append(
                "\(file.level) settings: \(file.path.bytes.printable)\(file.isThere ? "" : " (none)")")
        }
        guard let facts = report.workspace else { return lines + ["workspace: none here"] }
        lines.append("workspace: \(facts.root.bytes.printable)\(on(facts.fileSystem))")
        lines.append("format: \(facts.isNative ? "native" : "dvc")")
        let cache = facts.cache.bytes.printable
        lines.append(
            "cache: \(cache)\(facts.cacheFileSystem == nil ? " (empty)" : on(facts.cacheFileSystem))")
        lines.append("links that work: \(facts.linkProblem.map { "unknown, \($0)" } ?? types(facts))")
        lines.append("git: \(git(facts.git))")
        if facts.remotes.isEmpty { lines.append("remote: none") }
        for remote in facts.remotes {
            let problem = remote.problem.map { " (cannot be used: \($0))" } ?? ""
            lines.append("remote: \(Array(remote.name.utf8).printable), \(remote.scheme)\(problem)")
        }
        for key in facts.trackedSecrets {
            lines.append("secret in git: \(Array(key.text.utf8).printable) in .dvc/config")
        }
        lines.append("lock: \(facts.lockHolder.map { "held by \($0)" } ?? "free")")
        return lines
    }

    static func linesOfDVC(_ report: DoctorReport) -> [String] {
        let title = "DVC version: \(ProgramVersion.dvc) (cairn \(ProgramVersion.cairn))"
        var lines = [title, String(repeating: "-", count: title.utf8.count)]
        lines.append("Platform: cairn \(ProgramVersion.cairn) on \(report.system)")
        lines.append("Supports:\n\tlocal")
        func folder(_ level: Configuration.Level) -> String {
            let file = report.configurationFiles.first { $0.level == level }
            return file?.path.removingLastComponent().bytes.printable ?? ""
        }
        lines.append("Config:\n\tGlobal: \(folder(.global))\n\tSystem: \(folder(.system))")
        guard let facts = report.workspace else { return lines }
        let links = facts.linkTypes.filter { $0 != .copy }.map(\.rawValue).joined(separator: ", ")
        lines.append("Cache types: \(facts.linkProblem ?? links)")
        if let system = facts.cacheFileSystem {
            lines.append("Cache directory: \(system.type) on \(system.device)")
        }
        lines.append("Caches: local")
        let remotes = facts.remotes.map(\.scheme).joined(separator: ", ")
        lines.append("Remotes: \(remotes.isEmpty ? "None" : remotes)")
        if let system = facts.fileSystem {
            lines.append("Workspace directory: \(system.type) on \(system.device)")
        }
        let repository =
            switch facts.git {
            case .unused: "dvc (no_scm)"
            case .none: "dvc"
            case .repository(_, let isNested): isNested ? "dvc (subdir), git" : "dvc, git"
            case .broken: "dvc, git (broken)"
            }
        lines.append("Repo: \(repository)")
        return lines
    }

    static func document(_ report: DoctorReport) -> PythonJSON {
        var members: [(name: String, value: PythonJSON)] = [
            ("dvc", .string(ProgramVersion.dvc)), ("system", .string(report.system)),
            ("version", .string(ProgramVersion.cairn)),
        ]
        if let facts = report.workspace {
            members += [
                ("cache", .string(facts.cache.bytes)), ("format", .string(facts.isNative ? "native" : "dvc")),
                ("git", .string(git(facts.git))),
                ("links", .array(facts.linkTypes.map { .string($0.rawValue) })),
                ("lock", facts.lockHolder.map { .string($0) } ?? .null),
                ("remotes", .array(facts.remotes.map(document))), ("root", .string(facts.root.bytes)),
                ("secretsInGit", .array(facts.trackedSecrets.map { .string($0.text) })),
            ]
        }
        return object(members)
    }

    private static func document(_ remote: DoctorReport.RemoteFacts) -> PythonJSON {
        object([
            ("name", .string(remote.name)), ("problem", remote.problem.map { .string($0) } ?? .null),
            ("scheme", .string(remote.scheme)),
        ])
    }

    private static func object(_ members: [(name: String, value: PythonJSON)]) -> PythonJSON {
        .object(members.sorted { $0.name < $1.name }.map { (Array($0.name.utf8), $0.value) })
    }

    private static func types(_ facts: DoctorReport.WorkspaceFacts) -> String {
        facts.linkTypes.map(\.rawValue).joined(separator: ", ")
    }

    private static func on(_ facts: FileSystemFacts?) -> String {
        facts.map { " on \(Array($0.type.utf8).printable)" } ?? ""
    }

    private static func git(_ facts: DoctorReport.GitFacts) -> String {
        switch facts {
        case .unused: "not used here"
        case .none: "no repository"
        case .repository(let top, let isNested):
            isNested ? "repository in '\(top.bytes.printable)', above the workspace" : "repository"
        case .broken(let reason): "cannot be used: \(reason)"
        }
    }
}
