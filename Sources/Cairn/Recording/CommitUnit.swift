import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// A pointer or a stage whose data is to be recorded, wholly or in part.
struct CommitUnit {
    /// What differs from the record.
    struct Changes {
        var dependencies: [String] = []
        var outputs: [String] = []
        var isStageChanged: String?

        var isEmpty: Bool { dependencies.isEmpty && outputs.isEmpty && isStageChanged == nil }

        /// DVC's question.
        func question(stage: String) -> String {
            func list(_ names: [String]) -> String { "[\(names.map { "'\($0)'" }.joined(separator: ", "))]" }
            var parts: [String] = []
            if !dependencies.isEmpty { parts.append("dependencies \(list(dependencies))") }
            if !outputs.isEmpty { parts.append("outputs \(list(outputs))") }
            let what =
                parts.isEmpty
                ? isStageChanged ?? "" : "\(parts.joined(separator: " and ")) of stage: '\(stage)' changed."
            return "\(what) Are you sure you want to commit it?"
        }
    }

    /// What is to be written of a unit.
    struct Result {
        /// An output with its new record.
        struct Output {
            let path: RepoPath
            let record: OutputRecord
            let isChanged: Bool
        }

        let owner: TrackedOutput.Owner
        var outputs: [Output] = []
        /// The dependencies of a stage as they are now; `nil` to leave the record alone.
        var dependencies: [DependencyRecord]?
        /// The parameters of a stage as they are now.
        var parameters: [YAMLEntry] = []
        /// Whether the record is to be renewed even where its content is the same.
        var isRenewed = false
        /// Files that were recorded, to be linked with the store.
        var trees: [(tree: DataTree, algorithm: HashAlgorithm, isExecutable: Bool)] = []
    }

    let owner: TrackedOutput.Owner
    /// The outputs that are taken in, in the order of the file.
    private(set) var outputs: [TrackedOutput] = []
    /// Parts of the one output that only is meant; empty for everything.
    private(set) var parts: [RepoPath] = []
    /// True once the user agreed to record what changed.
    var isAccepted = false
    /// The files by output or part; `nil` where there is nothing.
    private var trees: [RepoPath: DataTree?] = [:]

    /// The units that targets stand for, in the order of the index.
    static func all(
        of index: OutputIndex, _ targets: [String], _ options: TargetOptions, _ session: Session
    ) throws -> [CommitUnit] {
        var units: [CommitUnit] = []
        var places: [TrackedOutput.Owner: Int] = [:]
        for target in try index.outputs(for: targets, options, in: session.workspace) {
            let owner = target.output.owner
            let place = places[owner] ?? units.count
            if place == units.count {
                places[owner] = place
                units.append(CommitUnit(owner: owner))
            }
            units[place].take(target, index)
        }
        return units
    }

    private init(owner: TrackedOutput.Owner) { self.owner = owner }

    private mutating func take(_ target: TargetedOutput, _ index: OutputIndex) {
        guard let part = target.part else {
            // DVC records a pointer or a stage as a whole, whichever output of it is named.
            outputs = index.outputs.filter { $0.owner == owner }
            parts = []
            return
        }
        guard outputs.isEmpty || !parts.isEmpty else { return }
        if !outputs.contains(where: { $0.path == target.output.path }) { outputs.append(target.output) }
        parts.removeAll { $0.isBelow(part) }
        if !parts.contains(where: { part == $0 || part.isBelow($0) }) { parts.append(part) }
    }

    /// How many files were found.
    var fileCount: Int { trees.values.reduce(0) { $0 + ($1?.snapshot.count ?? 0) } }

    private func parts(of output: TrackedOutput) -> [RepoPath] {
        parts.filter { $0.isBelow(output.path) }.sorted()
    }

    /// Looks at the files, without reading them.
    mutating func look(_ session: Session) throws {
        for output in outputs {
            let rules = try IgnoreFiles(above: output.path, session: session)
            for path in parts.isEmpty ? [output.path] : parts(of: output) {
                let isFolder = try session.folder.status(of: path.bytes, following: true)?.kind == .folder
                // What is ignored does not exist for us.
                let tree =
                    rules.isIgnored(path, isFolder: isFolder)
                    ? nil
                    : try DataTree.load(
                        path, as: output.record.id?.algorithm ?? session.workspace.algorithm,
                        following: .recorded(output, part: path), rules: rules, session: session)
                trees[path] = .some(tree)
            }
        }
    }

    /// What differs from the record. Files that changed are read.
    func changes(_ index: OutputIndex, _ session: Session) throws -> Changes {
        var changes = Changes()
        let workspace = session.workspace
        for output in outputs where try isChanged(output, session) {
            changes.outputs.append(workspace.display(output.path))
        }
        guard parts.isEmpty else { return changes }
        if case .pointer(let file) = owner, let pointer = index.pointers[file], pointer.hasStageDigest,
            // An import that was never carried out has no checksum.
            pointer.md5 != nil || pointer.command != nil, pointer.md5 != pointer.stageDigest.hex
        {
            changes.isStageChanged = "'md5' of stage: '\(workspace.display(file))' changed."
        }
        if index.stage(of: owner) != nil {
            for dependency in try index.recordedDependencies(of: owner, in: workspace)
            where try StageDependencies.current(dependency, session)?.id != dependency.id
                || dependency.id == nil
            {
                changes.dependencies.append(dependency.shown)
            }
            let externals = try index.externalDependencies(of: owner, in: workspace)
            let asking = ExternalDependencies(session, index)
            for record in externals.records where try asking.change(of: record, in: externals.folder) != nil {
                changes.dependencies.append(SourceAddress.shown(record.path ?? ""))
            }
            if let node = try index.stageNode(of: owner, in: workspace), let stage = node.stage {
                for parameter in try StageSurvey(session, index).parameters(of: node, stage)
                where parameter.isChanged && !changes.dependencies.contains(parameter.file) {
                    changes.dependencies.append(parameter.file)
                }
            }
            if index.stage(of: owner)?.isCommandChanged == true {
                changes.isStageChanged =
                    "'cmd' of stage: '\(index.address(of: owner, in: workspace))' has changed."
            }
        }
        return changes
    }

    private func isChanged(_ output: TrackedOutput, _ session: Session) throws -> Bool {
        if !parts.isEmpty {
            let asking = try OutputRecorder(session, expecting: 0, stores: false)
            return try recordParts(of: output, with: asking, session).record.id != output.record.id
        }
        guard let id = output.record.id, case .some(.some(var tree)) = trees[output.path] else { return true }
        return try tree.currentID(id.algorithm, session) != id
    }

    private func recordParts(
        of output: TrackedOutput, with recorder: OutputRecorder, _ session: Session
    ) throws -> (record: OutputRecord, trees: [DataTree]) {
        let wanted = parts(of: output)
        guard let first = wanted.first else {
            preconditionFailure("an output that is taken in part has a part")
        }
        let recording = try PartRecording(of: output, part: first, session)
        var list: [(inside: RepoPath, tree: DataTree?)] = []
        for part in wanted {
            guard let inside = part.relative(to: output.path) else {
                preconditionFailure("a part lies inside of its output")
            }
            let tree = trees[part] ?? nil
            guard tree != nil || recording.contains(inside) else {
                throw CairnError(.notFound, "output '\(session.workspace.display(part))' does not exist")
            }
            list.append((inside, tree))
        }
        return try recording.record(list, with: recorder, session)
    }

    /// Stores what the cache lacks, and says what is to be written.
    ///
    /// - Parameters:
    ///   - recorder: for outputs that are kept in the store.
    ///   - witness: for those that are not.
    ///   - isRenewed: whether the record is to become what lies in the workspace; without it nothing differs.
    /// - Throws: `CairnError` for an output or a dependency that is not there.
    func record(
        with recorder: OutputRecorder, witness: OutputRecorder, renewing isRenewed: Bool,
        _ index: OutputIndex, _ session: Session
    ) throws -> Result {
        var result = Result(owner: owner)
        result.isRenewed = isRenewed
        for output in outputs {
            if !parts.isEmpty {
                let found = try recordParts(of: output, with: recorder, session)
                let isChanged = found.record.id != output.record.id
                result.outputs.append(
                    Result.Output(path: output.path, record: found.record, isChanged: isChanged))
                result.trees += found.trees.map { ($0, found.record.id?.algorithm ?? .md5, false) }
                continue
            }
            guard case .some(.some(var tree)) = trees[output.path] else {
                throw CairnError(
                    .notFound, "output '\(session.workspace.display(output.path))' does not exist")
            }
            // Data that was recorded in another way stays under its old id until its content changes.
            let own = session.workspace.algorithm
            var algorithm = output.record.id?.algorithm ?? own
            if algorithm != own, try tree.currentID(algorithm, session) != output.record.id {
                algorithm = own
                if let reloaded = try tree.reloaded(as: own, session) { tree = reloaded }
            }
            let recorded = try (output.record.isCached ? recorder : witness).record(tree, algorithm)
            var record = output.record
            guard isRenewed || recorded.id == record.id else {
                // It changed after the user was asked.
                throw StoreError(.changing, session.workspace.absolute(output.path))
            }
            if isRenewed {
                record.content = ContentRecord(
                    id: recorded.id, size: recorded.size, fileCount: recorded.fileCount.map(Int64.init),
                    isExecutable: recorded.isExecutable)
            }
            result.outputs.append(
                Result.Output(path: output.path, record: record, isChanged: recorded.id != output.record.id))
            if record.isCached { result.trees.append((recorded.tree, algorithm, record.isExecutable)) }
        }
        if isRenewed, parts.isEmpty, index.stage(of: owner) != nil {
            result.dependencies = try StageDependencies.recorded(of: owner, index, session)
            if let node = try index.stageNode(of: owner, in: session.workspace), let stage = node.stage {
                result.parameters = try StageSurvey(session, index).lockedParameters(of: node, stage)
            }
        }
        return result
    }
}

extension DataTree {
    /// The id of the files as they are now; what is not known is read.
    mutating func currentID(_ algorithm: HashAlgorithm, _ session: Session) throws -> ObjectID {
        try readAll(algorithm, session)
        return try id(algorithm)
    }

    /// The tree as it is looked at for ids of another algorithm; `nil` if it is gone.
    func reloaded(as algorithm: HashAlgorithm, _ session: Session) throws -> DataTree? {
        guard DirListing.Form(of: algorithm) != form else { return self }
        let rules = try IgnoreFiles(above: path, session: session)
        return try DataTree.load(
            path, as: algorithm, following: links, rules: rules, session: session)
    }
}
