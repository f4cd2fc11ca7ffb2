import CairnCore
import CairnFormats
import CairnStore
import CairnSystem
import CairnRemote

/// How data from a URL is imported.
public struct ImportURLOptions: Sendable {
    /// Where it goes; `nil` for its own name where the user stands.
    public var out: String?
    /// Replaces what is in the way.
    public var isForced = false
    /// How much of it is done.
    public var extent = ImportExtent.everything
    /// Sends the data to a remote instead of bringing it here.
    public var goesToRemote = false
    /// That remote; `nil` for the default one.
    public var remote: String?
    /// Settings for the place that the URL names.
    public var fileSystemOptions: [(name: String, value: String)] = []
    /// How many transfers at a time; `nil` for what the configuration says.
    public var jobs: Int?

    /// All of it, by its own name.
    public init() {}

    func check() throws {
        if goesToRemote, extent != .everything {
            throw CairnError(.usage, "--no-exec and --no-download cannot be combined with --to-remote")
        }
        if !goesToRemote, remote != nil {
            throw CairnError(.usage, "--remote can't be used without --to-remote")
        }
        if let jobs, jobs < 1 {
            throw CairnError(.usage, "\(jobs) transfers at a time cannot be: 1 is the least")
        }
    }
}

extension Workspace {
    /// Brings a file or directory from a path or a URL into this workspace, and pins it: its pointer file says where it comes from, and
    /// what it was there.
    ///
    /// - Throws: `CairnError`; then no pointer was written.
    public func importURL(
        _ url: String, _ options: ImportURLOptions = ImportURLOptions(),
        reporter: any Reporter = SilentReporter()
    ) throws -> ImportReport {
        try options.check()
        try refuseSecrets(in: options.fileSystemOptions, inURL: url, reporter)
        let session = try Session(self, reporter: reporter, writes: true)
        let index = try WorkspaceScan.run(session)
        let source = try URLSource(
            url, from: surroundings.workingDirectory, options: options.fileSystemOptions, isTrusted: true,
            self)
        let addition = try importPlace(options.out, for: url, options.isForced, index, session)
        if let origin = source.local {
            guard try origin.status(following: true) != nil || options.extent == .pointer else {
                throw source.missing
            }
            let place = absolute(addition.path)
            guard !place.starts(with: origin), !origin.starts(with: place) else {
                throw CairnError(
                    .conflict,
                    "'\(display(addition.path))' and '\(source.shown)', which it is to be imported from, overlap"
                )
            }
        }
        var dependency = DependencyRecord(
            path: try dependencyPath(source, addition), content: importedContent)
        if !options.fileSystemOptions.isEmpty {
            dependency.fileSystemConfig = .mapping(
                options.fileSystemOptions.map { ($0.name, .string($0.value)) })
        }
        var record = OutputRecord(path: try addition.relativeName(session), content: importedContent)
        if options.extent == .pointer {
            return try finish(addition, dependency, record, source.shown, isExecuted: false, session)
        }
        let came = try bring(
            source,
            to: options.goesToRemote ? .remote(options.remote) : options.extent == .pin ? .nowhere : .cache,
            as: addition.path, jobs: options.jobs, session)
        dependency.content = came.dependency
        if let content = came.output { record.content = content }
        if !options.goesToRemote, came.output != nil {
            try settle(record, of: addition.path, declaredBy: addition.pointerPath, isForced: true, session)
        }
        return try finish(addition, dependency, record, source.shown, isExecuted: true, session)
    }

    /// How a pointer file names a source: what lies in the workspace, from the pointer's folder on; else as it was typed.
    private func dependencyPath(_ source: URLSource, _ addition: Addition) throws -> String {
        guard let origin = source.local, RemoteLocation.scheme(of: Array(source.text.utf8)) == nil else {
            return source.text
        }
        let folder = addition.pointerPath.parent.map(absolute) ?? root
        let typed = FilePath(bytes: Array(source.text.utf8))
        let isInside = (try? path(of: source.text)) != nil
        if !isInside, try typed.isAbsolute || folder == surroundings.workingDirectory.resolved() {
            return source.text
        }
        let bytes = try standing(at: folder).surroundings.relativePath(of: origin.resolved())
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CairnError(.usage, "'\(bytes.printable)' is not UTF-8, so no pointer file can hold it")
        }
        return text
    }

    /// Where imported data goes.
    enum ImportedPlace {
        case cache
        case remote(String?)
        /// Only the source is looked at.
        case nowhere
    }

    /// Brings data from a URL.
    ///
    /// - Returns: what the pointer is to say of the source, and of the data; `nil` for data that was not brought.
    func bring(
        _ source: URLSource, to place: ImportedPlace, as path: RepoPath, jobs: Int?, _ session: Session
    ) throws -> (dependency: ContentRecord, output: ContentRecord?) {
        if let origin = source.local {
            let content = try content(of: origin, to: place, as: path, jobs, source, session)
            if case .nowhere = place { return (content, nil) }
            return (content, content)
        }
        for _ in 0..<3 {
            let before = try source.pinned()
            if case .nowhere = place { return (before, nil) }
            try stateFolder.makeFolders()
            let scratch = try ScratchFolder(in: Folder(stateFolder), "reuse")
            let name = scratch.newName()
            try source.copy(to: name, in: scratch.folder, session.reporter)
            // What is recorded has to be the content that came.
            guard try source.pinned() == before else { continue }
            let content = try content(
                of: scratch.folder.path(of: name), to: place, as: path, jobs, source, session)
            return (before, content)
        }
        throw CairnError(
            .conflict, "'\(source.shown)' changes while it is read", hint: "run the same command again later")
    }

    private func content(
        of origin: FilePath, to place: ImportedPlace, as path: RepoPath, _ jobs: Int?, _ source: URLSource,
        _ session: Session
    ) throws -> ContentRecord {
        guard
            let tree = try DataTree.external(origin, as: path, algorithm, following: .none, session: session)
        else { throw source.missing }
        var isStored = false
        if case .cache = place { isStored = true }
        let recorder = try OutputRecorder(session, expecting: tree.snapshot.count, stores: isStored)
        let recorded = try recorder.record(tree, algorithm)
        try recorder.commit()
        if case .remote(let name) = place {
            connections.want(jobs: jobs)
            let remote = try remoteStore(name, for: "import-url")
            try remote.checkWritable()
            var options = AddOptions()
            options.jobs = jobs
            try send(recorded.id, recorded.tree, to: remote, options, session)
        }
        return ContentRecord(
            id: recorded.id, size: recorded.size, fileCount: recorded.fileCount.map(Int64.init),
            isExecutable: recorded.isExecutable)
    }
}
