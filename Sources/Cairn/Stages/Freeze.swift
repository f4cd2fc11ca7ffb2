public import CairnCore
import CairnFormats
import CairnSystem

/// What freezing or unfreezing did.
public struct FreezeReport: Sendable {
    /// A stage or pointer that is as it was wanted.
    public struct Item: Sendable {
        /// The name by which the user can call it.
        public let address: String
        /// The file that declares it.
        public let file: RepoPath
        /// The stage's name; `nil` for a pointer.
        public let stage: String?
        /// False if it was so before.
        public let isChanged: Bool
    }

    /// What is as it was wanted, in the order of the targets.
    public internal(set) var items: [Item] = []
    /// Targets that could not be changed, each with the reason.
    public internal(set) var failures: [(target: String, error: CairnError)] = []
    /// Files that belong into git, changed by the command.
    public internal(set) var gitFiles = GitFiles()
}

extension Workspace {
    /// Has stages and imports stay as they are whatever happens to what they depend on, or no longer.
    ///
    /// A target that cannot be changed does not hinder the others. In a file only the key `frozen` changes.
    /// - Parameter targets: stages and pointer files.
    /// - Throws: `CairnError` if the workspace cannot be read or written.
    public func setFrozen(
        _ targets: [String], to isFrozen: Bool, reporter: any Reporter = SilentReporter()
    ) throws -> FreezeReport {
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session, keepsGoing: true)
        var report = FreezeReport()
        var texts: [(file: RepoPath, text: [UInt8])] = []
        for target in targets {
            do {
                let found = try StageTarget(target, index, self)
                let old = texts.last { $0.file == found.file }?.text
                let (item, text) = try Self.change(found, to: isFrozen, from: old, index, self)
                report.items.append(item)
                if let text { texts.append((found.file, text)) }
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                report.failures.append((target, error))
            }
        }
        var git = try GitFiles(session)
        for (file, text) in texts {
            try AtomicFile.write(text, to: absolute(file))
            git.changed(file)
        }
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }

    /// - Parameter text: the file's text after an earlier change.
    /// - Returns: the text with the change; `nil` if it says so already.
    private static func change(
        _ target: StageTarget, to isFrozen: Bool, from text: [UInt8]?, _ index: OutputIndex,
        _ workspace: Workspace
    ) throws -> (FreezeReport.Item, [UInt8]?) {
        let shown = workspace.display(target.file)
        if let file = target.pointer {
            guard
                var pointer = try text.map({ try PointerFile(parsing: $0, file: shown) })
                    ?? index.pointers[file]
            else { preconditionFailure("a target that is a pointer is in the index") }
            let isChanged = pointer.isFrozen != isFrozen
            pointer.isFrozen = isFrozen
            let item = FreezeReport.Item(address: shown, file: file, stage: nil, isChanged: isChanged)
            return (item, isChanged ? try pointer.text() : nil)
        }
        guard let name = target.name else {
            throw CairnError(
                .usage, "'\(shown)' is a whole file: which of its stages is meant?",
                hint: "name one: '\(shown):STAGE'",
                dvc: "Stage name not provided.Please specify the name as: `\(shown):stage_name`")
        }
        guard
            let pipeline = try text.map({ try PipelineFile(parsing: $0, file: shown) })
                ?? index.pipelines[target.file]?.file
        else { preconditionFailure("the file of a target is in the index") }
        let declared = pipeline.stage(name) ?? pipeline.stage(ofGenerated: name)
        guard let declared else { throw target.notFound(index, workspace) }
        guard !declared.isTemplated else { throw templated(declared, name, shown) }
        let item = FreezeReport.Item(
            address: index.address(of: .stage(file: target.file, name: name), in: workspace),
            file: target.file,
            stage: name, isChanged: declared.isFrozen != isFrozen)
        guard item.isChanged else { return (item, nil) }
        let key: [YAMLValue] = ["stages", .string(name), "frozen"]
        return (item, try pipeline.settingText(key, to: isFrozen ? true : nil))
    }

    private static func templated(_ stage: PipelineStage, _ name: String, _ file: String) -> CairnError {
        let name = Array(name.utf8).printable
        let isGroup = stage.generation != nil && stage.name.hasSameBytes(as: name)
        return CairnError(
            .usage,
            isGroup
                ? "'\(name)' stands for several stages that a template makes"
                : "the stage '\(name)' is made from a template",
            hint:
                "set or remove `frozen: true` in '\(file)' by hand, at line \(stage.location.line) and below",
            dvc: isGroup
                ? "Stage '\(name)' not found inside '\(file)' file"
                : "cannot dump a parametrized stage: '\(name)'")
    }
}

extension PipelineFile {
    /// The definition that a stage named `group@key` comes from.
    fileprivate func stage(ofGenerated name: String) -> PipelineStage? {
        guard let mark = name.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        return stage(String(name[..<mark])).flatMap { $0.generation == nil ? nil : $0 }
    }
}
