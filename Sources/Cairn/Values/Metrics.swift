import CairnCore
import CairnFormats
import CairnGit

extension Workspace {
    /// Reads the metrics of the workspace and, if wanted, of revisions.
    ///
    /// A workspace that says the same as the branch on which it is is left out beside revisions.
    /// - Parameters:
    ///   - targets: files and folders to read instead of those that pipelines declare.
    ///   - revisions: branches, tags and commits besides the workspace.
    /// - Returns: the workspace first, under an empty name if there are no revisions.
    /// - Throws: `CairnError` if there is no git repository to take revisions from.
    public func metrics(
        _ targets: [String] = [], in revisions: RevisionScope = RevisionScope(),
        reporter: any Reporter = SilentReporter()
    ) throws -> [RecordedValues] {
        let session = try Session(self, reporter: reporter, writes: false)
        let reader = try ValueReader(.metrics, targets, session)
        guard !revisions.isEmpty else { return [try reader.workspace(named: "")] }
        let here = try reader.workspace(named: RecordedValues.workspaceName)
        let commits = try Self.namedCommits(revisions, session)
        let others = try reader.revisions(commits)
        let branch = try session.git()?.activeBranch()
        let isSame = others.contains { other in
            guard let branch, other.name.hasSameBytes(as: branch) else { return false }
            return other.says(theSameAs: here)
        }
        return (isSame ? [] : [here]) + others
    }

    /// The commits of a scope, each once, with all names that were asked for.
    private static func namedCommits(
        _ scope: RevisionScope, _ session: Session
    ) throws -> [(commit: GitCommit, name: String)] {
        guard let git = try session.git() else {
            throw CairnError(
                .usage,
                "'\(session.workspace.root.bytes.printable)' is not in a git repository, so it has no revisions"
            )
        }
        if scope.allCommits { return try git.allCommits().map { ($0, $0.id.hex) } }
        var order: [GitObjectID] = []
        var names: [GitObjectID: [String]] = [:]
        let references = (scope.allBranches ? try git.branches() : []) + (scope.allTags ? try git.tags() : [])
        for reference in references {
            if names[reference.commit] == nil { order.append(reference.commit) }
            names[reference.commit, default: []].append(reference.name)
        }
        return try order.map { (try git.commit($0), (names[$0] ?? []).joined(separator: ",")) }
    }

    /// Compares metrics of two revisions, or of one and the workspace.
    ///
    /// - Parameters:
    ///   - old: a revision, or `workspace`.
    ///   - new: a revision, or `workspace`.
    ///   - targets: files and folders to read instead of those that pipelines declare.
    /// - Throws: `CairnError` of kind `notFound` for an unknown revision.
    public func metricsDifference(
        from old: String = "HEAD", to new: String = RecordedValues.workspaceName, _ targets: [String] = [],
        keepingEqual: Bool = false, reporter: any Reporter = SilentReporter()
    ) throws -> ValueDifference {
        try difference(.metrics, old, new, targets, keepingEqual, reporter)
    }

    /// Compares parameters of two revisions, or of one and the workspace.
    ///
    /// - Parameters:
    ///   - targets: files and folders to read instead of those that pipelines declare.
    ///   - onlyDependencies: whether to leave out what no stage reads.
    /// - Throws: as `metricsDifference`.
    public func parametersDifference(
        from old: String = "HEAD", to new: String = RecordedValues.workspaceName, _ targets: [String] = [],
        onlyDependencies: Bool = false, keepingEqual: Bool = false, reporter: any Reporter = SilentReporter()
    ) throws -> ValueDifference {
        try difference(
            .parameters(onlyDependencies: onlyDependencies), old, new, targets, keepingEqual, reporter)
    }

    private func difference(
        _ subject: ValueReader.Subject, _ old: String, _ new: String, _ targets: [String], _ keepsEqual: Bool,
        _ reporter: any Reporter
    ) throws -> ValueDifference {
        let session = try Session(self, reporter: reporter, writes: false)
        // Before the first commit there is nothing to compare with, which is no failure.
        if let git = try session.git(), try git.head() == nil, try git.branches().isEmpty {
            return ValueDifference(old: RecordedValues(old), new: RecordedValues(new), keepingEqual: false)
        }
        let reader = try ValueReader(subject, targets, session)
        let sides = try [old, new].map { try reader.revision($0, session) }
        return ValueDifference(old: sides[0], new: sides[1], keepingEqual: keepsEqual)
    }
}

extension ValueReader {
    /// A revision by name, or the workspace.
    ///
    /// - Throws: `CairnError` of kind `notFound` if git does not know the name.
    func revision(_ name: String, _ session: Session) throws -> RecordedValues {
        if name == RecordedValues.workspaceName { return try workspace(named: name) }
        guard let git = try session.git() else {
            throw CairnError(
                .usage,
                "'\(session.workspace.root.bytes.printable)' is not in a git repository, so it has no revisions"
            )
        }
        let commit = try git.resolve(name)
        return try revisions([(commit, name)]).first ?? RecordedValues(name)
    }
}

extension RecordedValues {
    fileprivate func says(theSameAs other: RecordedValues) -> Bool {
        guard isComplete, other.isComplete, files.count == other.files.count else { return false }
        let values = Dictionary(
            other.files.map { ($0.path, $0.value) }, uniquingKeysWith: { first, _ in first })
        return files.allSatisfy { file in
            guard case .success(let value) = file.value, case .success(let own)? = values[file.path] else {
                return false
            }
            return value.equalsInPython(own)
        }
    }
}
