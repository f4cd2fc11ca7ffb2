import CairnCore
import CairnFormats
import CairnGit
import CairnPipeline
import CairnSystem

/// Reads metrics or parameters of the workspace and of revisions.
struct ValueReader {
    /// What is read.
    enum Subject {
        /// Files of metrics.
        case metrics
        /// Files of parameters; only what stages depend on if `onlyDependencies`.
        case parameters(onlyDependencies: Bool)
    }

    private let subject: Subject
    private let targets: [RepoPath]
    private let session: Session

    /// - Parameter targets: files and folders to look at instead of those that are declared.
    init(_ subject: Subject, _ targets: [String], _ session: Session) throws {
        self.subject = subject
        self.targets = try targets.map { try session.workspace.path(of: $0) }
        self.session = session
    }

    /// The workspace as it is.
    func workspace(named name: String) throws -> RecordedValues {
        try values(in: DataView(workspace: session), named: name)
    }

    /// Revisions, without those that have no such workspace.
    func revisions(_ commits: [(commit: GitCommit, name: String)]) throws -> [RecordedValues] {
        guard !commits.isEmpty else { return [] }
        var reader = try RevisionReader(session)
        guard let git = try session.git() else { return [] }
        return try commits.compactMap { commit, name in
            try DataView(NamedCommit(commit: commit, name: name), &reader, git, session)
                .map { try values(in: $0, named: name) }
        }
    }

    private func values(in view: DataView, named name: String) throws -> RecordedValues {
        var result = RecordedValues(name)
        do {
            // What is named is read whatever else is declared.
            if targets.isEmpty, let problem = view.index.problems.first { throw problem.error }
            for (path, keys) in try files(in: view) {
                result.files.append(RecordedValues.File(path: path, value: try read(path, keys, view)))
            }
            if targets.isEmpty, case .parameters = subject { try addUsed(in: view, to: &result) }
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            result.files = []
            result.error = error
        }
        return result
    }

    private func read(_ path: RepoPath, _ keys: [String], _ view: DataView) throws -> Result<
        YAMLValue, CairnError
    > {
        let shown = session.workspace.display(path)
        do {
            guard let bytes = try view.bytes(of: path) else {
                throw CairnError(
                    .notFound, "'\(shown)' does not exist",
                    dvc: "[Errno 2] No such file or directory: '\(shown)'")
            }
            let value = try ParameterFile(parsing: bytes, file: shown).value
            switch subject {
            case .metrics: return .success(value.metrics ?? .mapping([YAMLEntry]()))
            case .parameters: return .success(keys.isEmpty ? value : value.part(keys))
            }
        } catch {
            let error = CairnError(error)
            guard error.kind != .interrupted else { throw error }
            return .failure(error)
        }
    }

    /// The files to read, each once, with the keys of it that count; none for all of it.
    private func files(in view: DataView) throws -> [(RepoPath, [String])] {
        var requests: [(path: RepoPath, keys: [String])] = []
        func add(_ path: RepoPath, _ keys: [String] = []) {
            guard let index = requests.firstIndex(where: { $0.path == path }) else {
                return requests.append((path, keys))
            }
            let isWhole = keys.isEmpty || requests[index].keys.isEmpty
            requests[index].keys = isWhole ? [] : requests[index].keys + keys
        }
        for target in targets { add(target) }
        if targets.isEmpty {
            switch subject {
            case .metrics:
                for path in view.metricOutputs { add(path) }
                for path in try view.topLevel(\.metrics) { add(path) }
            case .parameters(let onlyDependencies):
                for (path, keys) in try view.declaredParameters() { add(path, keys) }
                if !onlyDependencies {
                    for path in try view.topLevel(\.parameters) { add(path) }
                    let standard = try RepoPath(validating: "params.yaml")
                    if try view.bytes(of: standard) != nil { add(standard) }
                }
            }
        }
        var result: [(RepoPath, [String])] = []
        var seen: Set<RepoPath> = []
        for (path, keys) in requests {
            for file in try view.files(at: path) where seen.insert(file).inserted {
                result.append((file, keys))
            }
        }
        return result
    }

    /// Adds the values that templates were filled in from, of files that are not there already.
    private func addUsed(in view: DataView, to values: inout RecordedValues) throws {
        let known = Set(values.files.map(\.path))
        var found: [RepoPath: [YAMLEntry]] = [:]
        for (file, pipeline) in view.pipelines {
            for request in pipeline.used {
                guard let path = try? OutputIndex.path(request.file, in: file.parent, shownAs: ""),
                    !known.contains(path), let bytes = try view.bytes(of: path)
                else { continue }
                let parameters = try ParameterFile(parsing: bytes, file: session.workspace.display(path))
                for key in request.keys ?? []
                where found[path]?.contains(where: { $0.key == .string(key) }) != true {
                    guard let value = parameters.value(at: key) else { continue }
                    found[path, default: []].append(YAMLEntry(.string(key), value))
                }
            }
        }
        for (path, entries) in found.sorted(by: { $0.key < $1.key }) {
            values.files.append(RecordedValues.File(path: path, value: .success(.mapping(entries))))
        }
    }
}
