import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem

/// Finds out the state of stages: looks at what they read and wrote, each path and each file of parameters once.
final class StageSurvey {
    // A class: it remembers what it has read until it is told that files may have changed.

    let session: Session
    let index: OutputIndex
    /// What lies elsewhere.
    let externals: ExternalDependencies
    private var data: StatusSurvey
    private var files: [RecordedDependency.Place: ParameterFile?] = [:]

    init(_ session: Session, _ index: OutputIndex, expecting expected: Int = 0) throws {
        self.session = session
        self.index = index
        externals = ExternalDependencies(session, index)
        data = try StatusSurvey(session, expecting: expected)
    }

    /// Forgets what files were like: a command ran, and may have written anything.
    func forgetFiles() throws {
        files.removeAll(keepingCapacity: true)
        data = try StatusSurvey(session, expecting: 0)
    }

    /// The state of a stage.
    ///
    /// - Throws: `CairnError` for a file of parameters that cannot be read.
    func state(of node: StageNode, _ stage: ResolvedStage) throws -> StageState {
        let definition = stage.definition
        var state = StageState(command: definition.command, recordedCommand: stage.locked?.command)
        state.isDefinitionChanged = stage.isDefinitionChanged
        if !definition.isFrozen {
            state.isAlwaysChanged = definition.isAlwaysChanged
            state.isCallback = definition.isCallback
            for dependency in try index.recordedDependencies(of: node.owner, in: session.workspace) {
                let change = try data.dependency(dependency).map {
                    dependency.id == nil && $0.state == .modified ? DataChange.new : $0.change
                }
                state.dependencies.append(StageState.Dependency(path: dependency.shown, change: change))
            }
            let elsewhere = try index.externalDependencies(of: node.owner, in: session.workspace)
            for record in elsewhere.records {
                state.dependencies.append(
                    StageState.Dependency(
                        path: SourceAddress.shown(record.path ?? ""),
                        change: try externals.change(of: record, in: elsewhere.folder)))
            }
            state.parameters = try parameters(of: node, stage)
        }
        for output in node.outputs {
            let change = try data.output(TargetedOutput(output: output, part: nil)).map {
                output.record.id == nil && $0.state == .modified ? DataChange.new : $0.change
            }
            state.outputs.append(
                StageState.Output(path: session.workspace.display(output.path), change: change))
        }
        return state
    }

    /// The parameters of a stage, as recorded and as they are.
    func parameters(of node: StageNode, _ stage: ResolvedStage) throws -> [StageState.Parameter] {
        var result: [StageState.Parameter] = []
        for request in stage.definition.parameters {
            let place = try place(of: request.file, of: node)
            let file = try parameterFile(at: place)
            let recorded = stage.locked?.parameters.first {
                $0.key.text?.hasSameBytes(as: request.file) == true
            }
            let shown = shown(place)
            let keys = request.keys ?? Self.topKeys(file?.value, recorded?.value)
            for key in keys {
                let current = request.keys == nil ? file?.value[key] : file?.value(at: key)
                result.append(
                    StageState.Parameter(
                        file: shown, key: key, recorded: recorded?.value[key], current: current,
                        isFileMissing: file == nil))
            }
        }
        return result
    }

    /// The parameters of a stage as its lock is to have them: the default file first, then in the order of paths, keys sorted.
    ///
    /// - Throws: `CairnError` that names what a file lacks.
    func lockedParameters(of node: StageNode, _ stage: ResolvedStage) throws -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        for request in stage.definition.parameters.sorted(by: Self.isBefore) {
            let place = try place(of: request.file, of: node)
            let shown = Array(shown(place).utf8).printable
            guard let file = try parameterFile(at: place) else {
                throw CairnError(
                    .notFound, "'\(shown)', whose parameters stage '\(node.address)' reads, does not exist")
            }
            let keys = request.keys ?? Self.topKeys(file.value, nil)
            var values: [YAMLEntry] = []
            var missing: [String] = []
            var near: String?
            for key in Set(keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                guard let value = request.keys == nil ? file.value[key] : file.value(at: key) else {
                    missing.append("'\(Array(key.utf8).printable)'")
                    near = near ?? Self.nearest(to: key, in: file)
                    continue
                }
                values.append(YAMLEntry(.string(key), value))
            }
            guard missing.isEmpty else {
                throw CairnError(
                    .notFound,
                    "'\(shown)' has no parameter\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", ")), which stage '\(node.address)' reads",
                    hint: near.map { "did you mean '\($0)'?" },
                    dvc:
                        "Parameters \(missing.joined(separator: ", ")) are missing from '\(shown)'.")
            }
            if !values.isEmpty { entries.append(YAMLEntry(.string(request.file), .mapping(values))) }
        }
        return entries
    }

    /// The dotted key that was meant, in the mapping that the wrong one looks into.
    private static func nearest(to key: String, in file: ParameterFile) -> String? {
        let dot = key.utf8.lastIndex(of: UInt8(ascii: "."))
        let parent = dot.map { String(key[..<$0]) }
        let own = dot.map { String(key[key.utf8.index(after: $0)...]) } ?? key
        let around = parent.map { file.value(at: $0) } ?? file.value
        let near = EditDistance.closest(to: own, among: (around?.entries ?? []).compactMap(\.key.text))
        return near.map { name in parent.map { "\($0).\(name)" } ?? name }
    }

    private static func isBefore(_ left: ParameterRequest, _ right: ParameterRequest) -> Bool {
        let isDefault = (left.file == "params.yaml", right.file == "params.yaml")
        if isDefault.0 != isDefault.1 { return isDefault.0 }
        return left.file.utf8.lexicographicallyPrecedes(right.file.utf8)
    }

    private static func topKeys(_ current: YAMLValue?, _ recorded: YAMLValue?) -> [String] {
        var keys = (current?.entries ?? []).compactMap(\.key.text)
        for key in (recorded?.entries ?? []).compactMap(\.key.text)
        where !keys.contains(where: { $0.hasSameBytes(as: key) }) {
            keys.append(key)
        }
        return keys
    }

    private func place(of file: String, of node: StageNode) throws -> RecordedDependency.Place {
        if file.utf8.first == UInt8(ascii: "/") { return .outside(FilePath(bytes: Array(file.utf8))) }
        return .inside(
            try OutputIndex.path(file, in: node.folder, shownAs: session.workspace.display(node.owner.file)))
    }

    private func shown(_ place: RecordedDependency.Place) -> String {
        switch place {
        case .inside(let path): session.workspace.display(path)
        case .outside(let path): path.bytes.printable
        }
    }

    private func parameterFile(at place: RecordedDependency.Place) throws -> ParameterFile? {
        if let known = files[place] { return known }
        let absolute =
            switch place {
            case .inside(let path): session.workspace.absolute(path)
            case .outside(let path): path
            }
        var file: ParameterFile?
        if try absolute.status(following: true)?.kind == .regular,
            let bytes = try absolute.readIfPresent(limit: 256 << 20)
        {
            file = try ParameterFile(parsing: bytes, file: shown(place))
        }
        files[place] = .some(file)
        return file
    }
}

extension StatusReport.Item {
    /// The same as a part of a stage's state.
    var change: DataChange {
        switch state {
        case .notInCache: .notInCache
        case .deleted: .deleted
        case .new: .new
        case .notInSync: .notInSync
        case .modified, .updateAvailable:
            .modified(
                files.map {
                    DataChange.FileCounts(added: $0.added, modified: $0.modified, deleted: $0.deleted)
                })
        }
    }
}
