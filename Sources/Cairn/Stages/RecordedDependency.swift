import CairnCore
import CairnFormats
import CairnSystem

/// What a stage or an import depends on, as far as it can be looked at here.
struct RecordedDependency {
    enum Place: Hashable {
        case inside(RepoPath)
        case outside(FilePath)
    }

    let place: Place
    /// The path as the user knows it.
    let shown: String
    /// What it was; `nil` if that was never recorded.
    let id: ObjectID?
}

extension OutputIndex {
    /// Stages and imports that declare no output of their own.
    func ownersWithoutOutputs() -> [TrackedOutput.Owner] {
        pipelines.keys.sorted().flatMap { file in
            (pipelines[file]?.stages ?? []).filter { $0.outputs.isEmpty }.map {
                TrackedOutput.Owner.stage(file: file, name: $0.name)
            }
        }
            + pointers.keys.sorted().filter {
                pointers[$0]?.outputs.isEmpty == true && stage(of: .pointer($0)) != nil
            }.map { TrackedOutput.Owner.pointer($0) }
    }

    func isFrozen(_ owner: TrackedOutput.Owner) -> Bool {
        switch owner {
        // A frozen import is not downloaded again; that its source changed is known only by asking there.
        case .pointer(let file): pointers[file]?.isFrozen ?? false
        case .stage: stage(of: owner)?.isFrozen ?? false
        }
    }

    /// Dependencies that are files on this machine, of stages and of imports.
    ///
    /// What has to be asked for elsewhere is left to `externalDependencies`.
    func recordedDependencies(
        of owner: TrackedOutput.Owner, in workspace: Workspace
    ) throws -> [RecordedDependency] {
        let records: [DependencyRecord]
        let folder: RepoPath?
        switch owner {
        case .pointer(let file):
            records = pointers[file]?.dependencies ?? []
            folder = try Self.folder(
                of: file, workingDirectory: pointers[file]?.workingDirectory, shownAs: file.description)
        case .stage(let file, _):
            let stage = stage(of: owner)
            records = stage?.dependencies ?? []
            folder = try Self.folder(
                of: file, workingDirectory: stage?.workingDirectory, shownAs: file.description)
        }
        return records.compactMap { record in
            guard let text = record.path, record.repository == nil,
                let place = RecordedDependency.Place(text, in: folder, of: workspace)
            else { return nil }
            guard case .inside(let path) = place else {
                return RecordedDependency(place: place, shown: text, id: record.id)
            }
            return RecordedDependency(place: place, shown: path.description, id: record.id)
        }
    }
}

extension String {
    /// True for what names something by a scheme, as `s3://bucket/key`.
    var isURL: Bool {
        var rest = utf8[...]
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[rest.index(after: colon)...]
            if rest.starts(with: "//".utf8) { return true }
        }
        return false
    }
}
