import CairnCore
import CairnFormats
import CairnSystem

/// How imports are brought up to date.
public struct UpdateOptions: Sendable {
    /// How targets are understood.
    public var targets = TargetOptions()
    /// The revision that imports from repositories follow from now on; `nil` for the one that they follow.
    public var revision: String?
    /// Pins what is there now without bringing the data.
    public var skipsDownload = false
    /// Sends new data of URLs to a remote instead of bringing it here.
    public var goesToRemote = false
    /// That remote; `nil` for the default one.
    public var remote: String?
    /// How many transfers at a time; `nil` for what the configuration says.
    public var jobs: Int?

    /// What is there now.
    public init() {}

    func check() throws {
        if goesToRemote, skipsDownload {
            throw CairnError(.usage, "--to-remote can't be used with --no-download")
        }
        if !goesToRemote, remote != nil {
            throw CairnError(.usage, "--remote can't be used without --to-remote")
        }
        if let jobs, jobs < 1 {
            throw CairnError(.usage, "\(jobs) transfers at a time cannot be: 1 is the least")
        }
    }
}

/// What became of imports that were to be brought up to date.
public struct UpdateReport: Sendable {
    /// The imports that are up to date now.
    public internal(set) var done = ImportReport()
    /// Those that are not, with the reason; they are as they were.
    public internal(set) var failures: [(pointer: RepoPath, error: CairnError)] = []
    /// Targets that are no imports.
    public internal(set) var others: [RepoPath] = []
}

extension Workspace {
    /// Looks where imports come from, and brings what is there now.
    ///
    /// One that cannot be brought does not stop the others; it stays as it was.
    /// - Throws: `CairnError` for targets that mean nothing.
    public func update(
        _ targets: [String], _ options: UpdateOptions = UpdateOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> UpdateReport {
        try options.check()
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        var files: [RepoPath] = []
        for target in try index.outputs(for: targets, options.targets, in: self) {
            let file = target.output.owner.file
            if !files.contains(file) { files.append(file) }
        }
        var report = UpdateReport()
        report.done.gitFiles = try GitFiles(session)
        for file in files {
            guard let pointer = index.pointers[file], pointer.isImport else {
                report.others.append(file)
                continue
            }
            do {
                let item = try update(pointer, at: file, options, index, session, &report.done.gitFiles)
                report.done.items.append(item)
            } catch {
                let error = CairnError(error)
                guard error.kind != .interrupted else { throw error }
                report.failures.append((file, error))
            }
        }
        try report.done.gitFiles.stageIfWanted(session)
        return report
    }

    /// Brings one import up to date.
    func update(
        _ pointer: PointerFile, at file: RepoPath, _ options: UpdateOptions, _ index: OutputIndex,
        _ session: Session,
        _ git: inout GitFiles
    ) throws -> ImportReport.Item {
        guard pointer.dependencies.count == 1, pointer.outputs.count == 1,
            let dependency = pointer.dependencies.first,
            let output = index.outputs.first(where: { $0.owner == .pointer(file) })
        else {
            throw CairnError(
                .config, "'\(display(file))' does not say one source and one output, as an import does")
        }
        var new = pointer
        let shown: String
        if dependency.repository != nil {
            shown = try update(&new, dependency, output, options, session)
        } else if dependency.path != nil, dependency.database == nil {
            shown = try update(&new, dependency, output, file, options, session)
        } else {
            throw CairnError(.usage, "'\(display(file))' is imported from a database, which is not supported")
        }
        new.md5 = new.stageDigest.hex
        let text = try new.text()
        let path = absolute(file)
        let isChanged = try path.readIfPresent() != text
        if isChanged {
            try git.ignore(output.path, session)
            try AtomicFile.write(text, to: path)
            git.changed(file)
        }
        let record = new.outputs[0]
        // Only a memory; nothing depends on it.
        if let id = record.id { try? session.index?.rememberOutput(output.path, id) }
        return ImportReport.Item(
            path: output.path, pointer: file, source: shown, id: record.id, size: record.size,
            fileCount: record.fileCount.map(Int.init), commit: new.dependencies[0].repository?.lockedRevision,
            isChanged: isChanged)
    }

    /// An import from a repository.
    private func update(
        _ pointer: inout PointerFile, _ dependency: DependencyRecord, _ output: TrackedOutput,
        _ options: UpdateOptions, _ session: Session
    ) throws -> String {
        guard !options.goesToRemote else {
            throw CairnError(
                .usage,
                "data that is imported from a repository stays on the remote of that one: --to-remote is for URLs"
            )
        }
        var reader = sourceReader(session.reporter, jobs: options.jobs)
        reader.folders = [root, absolute(output.path).removingLastComponent()]
        let source = try ImportSource(dependency, in: self, reader)
        let revision = options.revision ?? source.repository.revision
        let repository = try source.open(revision)
        let commit = try repository.commit(revision)
        let isSame = commit.id.hex.hasSameBytes(as: source.repository.lockedRevision ?? "")
        if let revision = options.revision { pointer.dependencies[0].repository?.revision = revision }
        pointer.dependencies[0].repository?.lockedRevision = commit.id.hex
        let view = try repository.view(at: commit, around: SourcePath.parse(source.path))
        let selection = try view.selection()
        if options.skipsDownload {
            if !isSame { pointer.outputs[0].content = importedContent }
        } else {
            var content = try bring(selection, of: view, session)
            // As it was imported.
            if !isNative { content.isExecutable = output.record.isExecutable }
            pointer.outputs[0].content = content
            try settle(
                pointer.outputs[0], of: output.path, declaredBy: output.owner.file, isForced: false, session)
        }
        return "\(Array(source.path.utf8).printable) (\(repository.address.shown))"
    }

    /// An import from a URL.
    private func update(
        _ pointer: inout PointerFile, _ dependency: DependencyRecord, _ output: TrackedOutput,
        _ file: RepoPath,
        _ options: UpdateOptions, _ session: Session
    ) throws -> String {
        guard options.revision == nil else {
            throw CairnError(.usage, "'\(display(file))' is imported from a URL, which has no revisions")
        }
        let folder = try OutputIndex.folder(
            of: file, workingDirectory: pointer.workingDirectory, shownAs: display(file))
        let settings = (dependency.fileSystemConfig?.entries ?? []).compactMap { entry in
            entry.key.text.flatMap { name in entry.value.text.map { (name, $0) } }
        }
        guard !dependency.content.hasCloudVersions, dependency.content.versionID == nil else {
            throw CairnError(
                .usage,
                "'\(display(file))' is pinned by versions that the bucket keeps (version_aware), which is not supported",
                hint:
                    "import it again, pinned by its content: `\(personality.command) import-url --force URL`")
        }
        let source = try URLSource(
            dependency.path ?? "", from: folder.map(absolute) ?? root, options: settings, isTrusted: false,
            self)
        if source.local == nil, !options.skipsDownload, let id = output.record.id,
            try source.pinned() == dependency.content, try session.store().contains(id)
        {
            try settle(output.record, of: output.path, declaredBy: file, isForced: false, session)
            return source.shown
        }
        let came = try bring(
            source,
            to: options.goesToRemote ? .remote(options.remote) : options.skipsDownload ? .nowhere : .cache,
            as: output.path, jobs: options.jobs, session)
        let isSame = came.dependency == dependency.content
        pointer.dependencies[0].content = came.dependency
        if let content = came.output {
            pointer.outputs[0].content = content
        } else if !isSame {
            pointer.outputs[0].content = importedContent
        }
        if !options.goesToRemote, came.output != nil {
            try settle(pointer.outputs[0], of: output.path, declaredBy: file, isForced: false, session)
        }
        return source.shown
    }
}
