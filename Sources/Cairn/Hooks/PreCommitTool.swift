import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

/// Hooks by way of the program `pre-commit`, which has a file of its own that says what it runs.
extension Workspace {
    static let preCommitFile = ".pre-commit-config.yaml"

    private var preCommitEntry: YAMLValue {
        if personality == .dvc {
            func hook(_ name: String, _ more: [(String, YAMLValue)] = []) -> YAMLValue {
                .mapping(
                    [
                        ("id", .string("dvc-\(name)")), ("additional_dependencies", .sequence([".[all]"])),
                        ("language_version", "python3"), ("stages", .sequence([.string(name)])),
                    ] + more)
            }
            let hooks = [hook("pre-commit"), hook("pre-push"), hook("post-checkout", [("always_run", true)])]
            return .mapping([
                ("repo", "https://github.com/treeverse/dvc"), ("rev", "3.67.1"), ("hooks", .sequence(hooks)),
            ])
        }
        let hooks = HookName.allCases.map { name in
            YAMLValue.mapping([
                ("id", .string("cairn-\(name.rawValue)")), ("name", .string("cairn \(name.rawValue)")),
                ("entry", .string("cairn git-hook \(name.rawValue)")), ("language", "system"),
                ("always_run", true), ("pass_filenames", false),
                ("stages", .sequence([.string(name.rawValue)])),
            ])
        }
        return .mapping([("repo", "local"), ("hooks", .sequence(hooks))])
    }

    /// Adds our hooks to what `pre-commit` runs.
    func addToPreCommitTool(_ git: GitRepository, _ report: inout InstallReport) throws {
        guard let top = git.workDirectory else { return }
        let path = top.appending(Self.preCommitFile)
        let old = try path.readIfPresent(limit: 16 << 20) ?? []
        let document = try YAMLDocument(parsing: old, file: Self.preCommitFile)
        let repositories = document.value["repos"]?.items ?? []
        guard !repositories.contains(preCommitEntry) else { return }
        let wanted = YAMLValue.sequence(repositories + [preCommitEntry])
        // Behind the last line nothing else has to be written anew, which keeps comments where they are.
        let lines = YAMLEmitter.document(.sequence([preCommitEntry]))
        var appended = old
        if let last = old.last, last != UInt8(ascii: "\n") { appended.append(UInt8(ascii: "\n")) }
        for indent in [0, 2] where !repositories.isEmpty {
            let margin = [UInt8](repeating: UInt8(ascii: " "), count: indent)
            let text =
                appended
                + lines.split(separator: UInt8(ascii: "\n")).flatMap { margin + $0 + [UInt8(ascii: "\n")] }
            guard let read = try? YAMLDocument(parsing: text, file: Self.preCommitFile),
                read.value["repos"] == wanted
            else { continue }
            try AtomicFile.write(text, to: path)
            report.changedFiles.append(Self.preCommitFile)
            return
        }
        var edited = document
        try edited.set(["repos"], to: wanted)
        try AtomicFile.write(edited.bytes, to: path)
        report.changedFiles.append(Self.preCommitFile)
    }

    /// Takes our hooks out of what `pre-commit` runs.
    ///
    /// - Returns: true if the file changed.
    func removeFromPreCommitTool(_ git: GitRepository) throws -> Bool {
        guard let path = git.workDirectory?.appending(Self.preCommitFile),
            let old = try path.readIfPresent(limit: 16 << 20),
            var document = try? YAMLDocument(parsing: old, file: Self.preCommitFile),
            let repositories = document.value["repos"]?.items, repositories.contains(preCommitEntry)
        else { return false }
        let lines = Array(
            YAMLEmitter.document(.sequence([preCommitEntry])).split(separator: UInt8(ascii: "\n")))
        let rest = YAMLValue.sequence(repositories.filter { $0 != preCommitEntry })
        for indent in [0, 2] {
            let margin = [UInt8](repeating: UInt8(ascii: " "), count: indent)
            let text = lines.flatMap { margin + $0 + [UInt8(ascii: "\n")] }
            guard let range = old.firstRange(of: text) else { continue }
            let kept = Array(old[..<range.lowerBound] + old[range.upperBound...])
            guard (try? YAMLDocument(parsing: kept, file: Self.preCommitFile))?.value["repos"] == rest else {
                continue
            }
            try AtomicFile.write(kept, to: path)
            return true
        }
        try document.set(["repos"], to: rest)
        try AtomicFile.write(document.bytes, to: path)
        return true
    }
}
