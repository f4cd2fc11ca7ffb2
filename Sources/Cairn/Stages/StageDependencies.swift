import CairnCore
import CairnFormats
import CairnSystem

/// What stages depend on, as it lies here now.
enum StageDependencies {
    /// The content of a dependency.
    ///
    /// - Returns: `nil` if there is nothing.
    static func current(_ dependency: RecordedDependency, _ session: Session) throws -> ContentRecord? {
        let algorithm = dependency.id?.algorithm ?? session.workspace.algorithm
        guard var tree = try tree(at: dependency.place, algorithm, recorded: dependency.id, session) else {
            return nil
        }
        let id = try tree.currentID(algorithm, session)
        return ContentRecord(
            id: id, size: tree.snapshot.size, fileCount: tree.isFolder ? Int64(tree.snapshot.count) : nil,
            isExecutable: !tree.isFolder && tree.snapshot.files[0].isExecutable)
    }

    /// The files of a dependency or of an output as they lie there now; `nil` for nothing, or what is ignored.
    ///
    /// - Parameter id: what is recorded of it, which decides which symbolic links are followed.
    static func tree(
        at place: RecordedDependency.Place, _ algorithm: HashAlgorithm, recorded id: ObjectID?,
        _ session: Session
    ) throws -> DataTree? {
        switch place {
        case .inside(let path):
            let rules = try IgnoreFiles(above: path, session: session)
            let isFolder = try session.folder.status(of: path.bytes, following: true)?.kind == .folder
            return rules.isIgnored(path, isFolder: isFolder)
                ? nil
                : try DataTree.load(
                    path, as: algorithm, following: .recorded(id), rules: rules, session: session)
        case .outside(let path):
            guard let name = path.lastComponentBytes, let own = try? RepoPath(validating: name) else {
                return nil
            }
            return try DataTree.external(
                path, as: own, algorithm, following: .recorded(id), session: session)
        }
    }

    /// The dependencies of a stage with the content that they have now, as its lock is to record them.
    ///
    /// - Throws: `CairnError` for a dependency that is not there, or cannot be asked for.
    static func recorded(
        of owner: TrackedOutput.Owner, _ index: OutputIndex, _ session: Session
    ) throws -> [DependencyRecord] {
        guard let stage = index.stage(of: owner) else { return [] }
        let externals = ExternalDependencies(session, index)
        var known: [String: RecordedDependency] = [:]
        let files = try index.recordedDependencies(of: owner, in: session.workspace)
        for file in files { known[file.shown] = file }
        let folder = try OutputIndex.folder(
            of: owner.file, workingDirectory: stage.workingDirectory, shownAs: owner.file.description)
        return try stage.dependencies.map { record in
            guard let text = record.path else { return record }
            let inside = try? OutputIndex.path(text, in: folder, shownAs: "")
            let absent = CairnError(.notFound, "dependency '\(SourceAddress.shown(text))' does not exist")
            guard let file = known[inside?.description ?? text] else {
                guard let now = try externals.current(record, in: folder) else { throw absent }
                return now
            }
            guard let content = try current(file, session) else { throw absent }
            var renewed = record
            renewed.content = content
            return renewed
        }.sorted { ($0.path ?? "").utf8.lexicographicallyPrecedes(($1.path ?? "").utf8) }
    }
}
