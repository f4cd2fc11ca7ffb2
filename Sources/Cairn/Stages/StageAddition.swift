import CairnCore
import CairnFormats
import CairnSystem

/// A stage that is to be added, checked: where it goes, what its file will say.
struct StageAddition {
    /// The stage as it is written: paths relative to its working directory.
    let draft: StageDraft
    /// The pipeline file.
    let file: RepoPath
    /// The text that the file will have.
    let text: [UInt8]
    /// All that is declared, with the stage.
    let index: OutputIndex
    /// The outputs with their places.
    let outputs: [(path: RepoPath, isCached: Bool)]
    /// True if the file has a stage of the name.
    let isReplacement: Bool

    /// Looks at everything that speaks against the stage.
    ///
    /// - Throws: `CairnError` that says what does.
    init(_ wanted: StageDraft, isForced: Bool, _ session: Session) throws {
        let workspace = session.workspace
        try Self.refuseBadWords(wanted, workspace)
        let here = try workspace.pathOrRoot(of: ".")
        let name = try RepoPath(validating: "dvc.yaml")
        file = here?.appending(name) ?? name
        let shown = workspace.display(file)
        try Self.refuseHidden(file, session)

        let folder = try Self.workingDirectory(wanted.workingDirectory, workspace)
        var draft = wanted
        draft.workingDirectory = folder == here ? nil : folder.written(from: here)
        draft.dependencies = wanted.dependencies.map { Self.written($0, from: folder, workspace) }
        for index in draft.outputs.indices {
            draft.outputs[index].path = Self.written(draft.outputs[index].path, from: folder, workspace)
        }
        self.draft = draft
        let places = StagePlaces(folder, workspace)
        let outputs = try draft.outputs.map { output in
            (path: try places.output(output), isCached: output.isCached)
        }
        self.outputs = outputs
        try places.refuseRepetitions(draft)
        for output in outputs { try Addition.refuseIgnored(output.path, session) }

        let known = try WorkspaceScan.run(session)
        let pipeline = known.pipelines[file]
        isReplacement = pipeline?.file.stage(draft.name) != nil
        guard !isReplacement || isForced else {
            throw CairnError(
                .conflict, "'\(shown)' has a stage '\(draft.name)' already",
                hint: "replace it with `--force`",
                dvc: "Stage '\(draft.name)' already exists in '\(shown)'. Use '--force' to overwrite.")
        }
        let declared = try pipeline?.file ?? PipelineFile(parsing: [], file: shown)
        text = try declared.settingText(stage: draft)
        let source = TemplateFiles(folder: file.parent, name: shown) { path in
            try workspace.absolute(path).readIfPresent(limit: 256 << 20)
        }
        let changed = try OutputIndex.Pipeline(
            PipelineFile(parsing: text, file: shown), pipeline?.lock, source,
            workspace.configuration.templateSettings)
        index = try known.replacing(file, with: changed, in: workspace)
        let owner = TrackedOutput.Owner.stage(file: file, name: draft.name)
        try index.refuseOverlaps(of: owner, with: outputs.map(\.path), in: workspace)
        _ = try DeclaredGraph(index, workspace)
        for output in outputs where output.isCached { try GitFiles.refuseTracked(output.path, session) }
    }

    /// A command is needed, and a name without punctuation: addresses, groups and files are told apart by it.
    private static func refuseBadWords(_ draft: StageDraft, _ workspace: Workspace) throws {
        guard !draft.command.isEmpty else {
            throw CairnError(
                .usage, "the command of the stage is missing", hint: "write it behind the options",
                dvc: "command is not specified")
        }
        guard !draft.name.isEmpty else {
            throw CairnError(.usage, "a stage needs a name", dvc: "`-n|--name` is required")
        }
        let punctuation = Set("!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~".utf8)
        guard !draft.name.utf8.contains(where: punctuation.contains) else {
            throw CairnError(
                .usage,
                "'\(Array(draft.name.utf8).printable)' cannot be the name of a stage: '-' and '_' are the only punctuation in it",
                dvc: "Stage name cannot contain punctuation characters.")
        }
    }

    /// A pipeline file that git or `.dvcignore` leaves out would not be found again.
    private static func refuseHidden(_ file: RepoPath, _ session: Session) throws {
        let name = session.workspace.display(file)
        if try session.isIgnoredByGit(file, isFolder: false) {
            throw CairnError(
                .conflict, "'\(name)' is ignored by git, so it could not be committed",
                hint: "see which rule it is: `git check-ignore -v \(Shell.quoted(name))`",
                dvc: "bad DVC file name '\(name)' is git-ignored.")
        }
        try Addition.refuseIgnored(file, session)
    }

    private static func workingDirectory(_ text: String?, _ workspace: Workspace) throws -> RepoPath? {
        guard let text, !text.isEmpty else { return try workspace.pathOrRoot(of: ".") }
        let typed = FilePath(bytes: Array(text.utf8))
        let absolute = workspace.surroundings.workingDirectory.pushing(typed).lexicallyNormalized()
        let shown = Array(text.utf8).printable
        func refusal(_ kind: CairnError.Kind, _ words: String, _ wordsOfDVC: String) -> CairnError {
            CairnError(
                kind, "the working directory '\(shown)' \(words)",
                dvc: "stage working dir '\(absolute.bytes.printable)' \(wordsOfDVC)")
        }
        guard let status = try absolute.status(following: true) else {
            throw refusal(.notFound, "does not exist", "does not exist")
        }
        guard status.kind == .folder else { throw refusal(.usage, "is no folder", "is not directory") }
        do {
            return try workspace.pathOrRoot(of: text)
        } catch let error as CairnError where error.kind == .usage {
            throw refusal(.usage, "is outside of the workspace", "is outside of DVC repo")
        }
    }

    /// A path as the file has it: one that was typed absolutely and lies in the workspace becomes relative.
    private static func written(_ path: String, from folder: RepoPath?, _ workspace: Workspace) -> String {
        let prefix = workspace.root.bytes + [UInt8(ascii: "/")]
        let bytes = FilePath(bytes: Array(path.utf8)).lexicallyNormalized().bytes
        guard path.utf8.first == UInt8(ascii: "/"), bytes.starts(with: prefix),
            let inside = try? RepoPath(validating: bytes.dropFirst(prefix.count))
        else { return path }
        return Optional(inside).written(from: folder)
    }
}

extension RepoPath? {
    /// The way to a place of the workspace (`nil` for its top) from a folder of it, as files write it.
    func written(from folder: RepoPath?) -> String {
        let from = folder?.components ?? []
        let to = self?.components ?? []
        var common = 0
        while common < min(from.count, to.count), from[common] == to[common] { common += 1 }
        let parts = Array(repeating: ArraySlice("..".utf8), count: from.count - common) + to[common...]
        let bytes = Array(parts.joined(separator: [UInt8(ascii: "/")]))
        return bytes.isEmpty ? "." : String(decoding: bytes, as: UTF8.self)
    }
}
