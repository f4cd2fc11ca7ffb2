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

    /// Dependencies that are files: of stages, and of imports from this machine.
    ///
    /// - Parameter root: the workspace; without it, what lies beside it is left out.
    func recordedDependencies(of owner: TrackedOutput.Owner, below root: FilePath? = nil) throws
        -> [RecordedDependency]
    {
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
            // URLs, other repositories and data sets cannot be looked at without asking somebody else.
            guard let text = record.path, record.repository == nil, record.dataset == nil,
                !text.isURL
            else { return nil }
            if text.utf8.first == UInt8(ascii: "/") {
                return RecordedDependency(
                    place: .outside(FilePath(bytes: Array(text.utf8))), shown: text, id: record.id)
            }
            if let path = try? Self.path(text, in: folder, shownAs: "") {
                return RecordedDependency(place: .inside(path), shown: path.description, id: record.id)
            }
            // What is imported may lie beside the workspace; nothing else may.
            guard case .pointer = owner, let root else { return nil }
            let start = folder.map { FilePath(bytes: root.bytes + [UInt8(ascii: "/")] + $0.bytes) } ?? root
            let place = start.pushing(FilePath(bytes: Array(text.utf8))).lexicallyNormalized()
            return RecordedDependency(place: .outside(place), shown: text, id: record.id)
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
