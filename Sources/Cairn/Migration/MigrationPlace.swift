import CairnCore
import CairnFormats
import CairnSystem

/// An entry of a pointer file or a lock that names data by an id of another format.
struct MigrationPlace {
    /// Which data it is: what was recorded of it, and where it lies.
    struct Key: Hashable {
        let id: ObjectID
        let location: RecordedDependency.Place?

        /// The path in the workspace, if it is there.
        var path: RepoPath? { if case .inside(let path) = location { path } else { nil } }
    }

    /// Where in its file the entry is.
    enum Slot {
        case output(Int)
        case lockedOutput(stage: String, Int)
        case lockedDependency(stage: String, Int)
    }

    /// The pointer or pipeline file.
    let file: RepoPath
    let slot: Slot
    let content: ContentRecord
    let key: Key
    /// The path as the file has it, for messages.
    let written: String
    /// True for data that the store keeps, so that it has to be there; false for dependencies, and outputs that git keeps.
    let isStored: Bool
    /// True if it lies at or in an output that the store keeps.
    let isOfOutput: Bool

    /// Where the data belongs in the workspace, if it is there.
    var path: RepoPath? { key.path }

    /// The path for messages.
    func shown(in workspace: Workspace) -> String {
        path.map { workspace.display($0) } ?? Array(written.utf8).printable
    }
}

extension OutputIndex {
    /// Entries whose ids are not those of a format, in order of files.
    ///
    /// - Parameter others: takes in outputs that keep their ids in any format, because nobody could fetch them by another one: imports from
    ///   other repositories, and what is recorded file by file for a versioned remote.
    func places(notIn format: RepositoryFormat, others: inout [RepoPath]) throws -> [MigrationPlace] {
        var places: [MigrationPlace] = []
        func isOther(_ content: ContentRecord) -> Bool {
            content.id.map { $0.algorithm != format.algorithm } ?? false
        }
        for file in pointers.keys.sorted() {
            for (index, output) in outputs.filter({ $0.owner == .pointer(file) }).enumerated() {
                guard let id = output.record.id, isOther(output.record.content) else { continue }
                if output.record.content.hasCloudVersions || (output.isRepositoryImport && format == .native)
                {
                    others.append(output.path)
                    continue
                }
                places.append(
                    MigrationPlace(
                        file: file, slot: .output(index), content: output.record.content,
                        key: MigrationPlace.Key(id: id, location: .inside(output.path)),
                        written: output.record.path, isStored: output.record.isCached,
                        isOfOutput: output.record.isCached))
            }
        }
        for file in pipelines.keys.sorted() {
            guard let pipeline = pipelines[file], let lock = pipeline.lock else { continue }
            let folders = try folders(of: pipeline, at: file)
            for stage in lock.stages {
                let folder = folders[stage.name] ?? file.parent
                for (index, record) in stage.dependencies.enumerated() where record.dataset == nil {
                    guard let id = record.id, isOther(record.content) else { continue }
                    let key = MigrationPlace.Key(
                        id: id, location: Self.location(record.path ?? "", in: folder))
                    places.append(
                        MigrationPlace(
                            file: file, slot: .lockedDependency(stage: stage.name, index),
                            content: record.content, key: key, written: record.path ?? "", isStored: false,
                            isOfOutput: storedOutput(around: key.path) != nil))
                }
                for (index, record) in stage.outputs.enumerated() {
                    guard let id = record.id, isOther(record.content) else { continue }
                    let key = MigrationPlace.Key(id: id, location: Self.location(record.path, in: folder))
                    let output = storedOutput(around: key.path)
                    if record.content.hasCloudVersions {
                        if let output { others.append(output.path) }
                        continue
                    }
                    // A stage that is not declared any more has a record, but nobody needs its data.
                    let isOwn = output.map { $0.owner.file == file && $0.path == key.path } ?? false
                    places.append(
                        MigrationPlace(
                            file: file, slot: .lockedOutput(stage: stage.name, index),
                            content: record.content, key: key, written: record.path, isStored: isOwn,
                            isOfOutput: isOwn))
                }
            }
        }
        return places
    }

    /// The output that a path is, or lies in, if the store keeps it.
    private func storedOutput(around path: RepoPath?) -> TrackedOutput? {
        path.flatMap { output(at: $0) ?? output(above: $0) }.flatMap { $0.record.isCached ? $0 : nil }
    }

    /// The folders that paths of stages start from.
    private func folders(of pipeline: Pipeline, at file: RepoPath) throws -> [String: RepoPath?] {
        var folders: [String: RepoPath?] = [:]
        for stage in pipeline.stages {
            folders[stage.name] = .some(
                try Self.folder(of: file, workingDirectory: stage.workingDirectory, shownAs: file.description)
            )
        }
        return folders
    }

    private static func location(_ text: String, in folder: RepoPath?) -> RecordedDependency.Place? {
        if text.utf8.first == UInt8(ascii: "/") { return .outside(FilePath(bytes: Array(text.utf8))) }
        return (try? path(text, in: folder, shownAs: "")).map { .inside($0) }
    }
}
