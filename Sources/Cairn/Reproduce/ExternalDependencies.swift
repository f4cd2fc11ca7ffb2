import CairnCore
import CairnFormats
import CairnPipeline
import CairnRemote
import CairnSystem

/// What stages depend on that does not lie on this machine: URLs, and data sets of the pipelines (`ds://name`).
///
/// Servers are asked for the tag of a file, as imports from URLs are pinned. Each is asked once, until told that things may have changed.
final class ExternalDependencies {
    // A class: it remembers answers.

    private struct Key: Hashable {
        let text: [UInt8]
        let folder: RepoPath?
    }

    private let session: Session
    private let index: OutputIndex
    private var answers: [Key: Result<ContentRecord?, CairnError>] = [:]

    init(_ session: Session, _ index: OutputIndex) {
        self.session = session
        self.index = index
    }

    /// Forgets what servers said.
    func forget() { answers.removeAll(keepingCapacity: true) }

    /// A dependency as it is now, to be recorded.
    ///
    /// - Parameter folder: where relative paths of its stage start.
    /// - Returns: `nil` if there is nothing at the URL.
    /// - Throws: `CairnError` for a server that cannot be asked or gives no tag, an unknown remote, and a data set that is unknown or not
    ///   pinned.
    func current(_ record: DependencyRecord, in folder: RepoPath?) throws -> DependencyRecord? {
        let text = record.path ?? ""
        var renewed = record
        if let name = text.dataSetName {
            let found = try dataSet(name)
            guard let lock = found.lock else {
                let shown = Array(name.utf8).printable
                throw CairnError(
                    .missing,
                    "the data set '\(shown)' of '\(found.file)' is not pinned in its lock as it is declared",
                    hint: "pin it: `dvc dataset update \(Shell.quoted(name))`",
                    dvc:
                        "Dataset information is not in sync. Run 'dvc ds update \(shown)' to sync.")
            }
            renewed.dataset = lock
            renewed.content = ContentRecord()
            return renewed
        }
        let key = Key(text: Array(text.utf8), folder: folder)
        let answer = answers[key] ?? ask(text, folder)
        answers[key] = answer
        guard let content = try answer.get() else { return nil }
        renewed.content = content
        return renewed
    }

    /// How a dependency differs from its record; `nil` for not at all.
    func change(of record: DependencyRecord, in folder: RepoPath?) throws -> DataChange? {
        if let name = record.path?.dataSetName {
            guard let lock = try dataSet(name).lock else { return .notInSync }
            guard let known = record.dataset else { return .new }
            return known.hasSameMeaning(as: lock) ? nil : .modified(nil)
        }
        guard let now = try current(record, in: folder)?.content else { return .deleted }
        let known = record.content
        if known.etag == nil, known.checksum == nil, known.id == nil { return .new }
        let isSame = known.etag == now.etag && known.checksum == now.checksum && known.id == now.id
        return isSame ? nil : .modified(nil)
    }

    private func ask(_ text: String, _ folder: RepoPath?) -> Result<ContentRecord?, CairnError> {
        let workspace = session.workspace
        do {
            let source = try URLSource(
                text, from: folder.map(workspace.absolute) ?? workspace.root, options: [], isTrusted: true,
                workspace)
            do {
                return .success(try source.pinned())
            } catch let error as CairnError where error.kind == .notFound {
                return .success(nil)
            }
        } catch {
            return .failure(CairnError(error))
        }
    }

    /// A data set as its lock has it; without a lock if that is of something else than what is declared.
    private func dataSet(_ name: String) throws -> (file: String, lock: YAMLValue?) {
        var names: [String] = []
        for file in index.pipelines.keys.sorted() {
            guard let pipeline = index.pipelines[file] else { continue }
            for declared in pipeline.resolved.datasets?.items ?? [] {
                guard let own = declared["name"]?.text else { continue }
                names.append(own)
                guard own.hasSameBytes(as: name) else { continue }
                let lock = (pipeline.lock?.datasets?.items ?? []).first {
                    $0["name"]?.text?.hasSameBytes(as: name) == true
                }
                return (session.workspace.display(file), lock.flatMap { $0.isLock(of: declared) ? $0 : nil })
            }
        }
        let shown = Array(name.utf8).printable
        let near = EditDistance.closest(to: name, among: names).map { ", did you mean '\($0)'?" } ?? ""
        throw CairnError(
            .notFound, "there is no data set '\(shown)' in any 'dvc.yaml'\(near)",
            hint: names.isEmpty ? "declare it under `datasets:` of the 'dvc.yaml', or name a path" : nil,
            dvc: "dataset not found: '\(shown)'")
    }
}

extension YAMLValue {
    /// True if a locked data set was pinned from this declaration.
    fileprivate func isLock(of declared: YAMLValue) -> Bool {
        let keys = declared["type"]?.text == "dvc" ? ["url", "type", "path", "rev"] : ["url", "type"]
        return keys.allSatisfy { (self[$0]?.text ?? "").hasSameBytes(as: declared[$0]?.text ?? "") }
    }
}

extension String {
    /// The name behind `ds://`; `nil` for anything else.
    var dataSetName: String? {
        let scheme = "ds://"
        // Cut at an ASCII byte.
        return utf8.starts(with: scheme.utf8) ? String(utf8.dropFirst(scheme.utf8.count)) : nil
    }
}

extension OutputIndex {
    /// Dependencies of a stage, or of an import, that somebody else has to be asked for, with the folder that paths start from.
    func externalDependencies(
        of owner: TrackedOutput.Owner, in workspace: Workspace
    ) throws -> (records: [DependencyRecord], folder: RepoPath?) {
        let stage = stage(of: owner)
        let records = stage?.dependencies ?? pointers[owner.file]?.dependencies ?? []
        let directory = stage?.workingDirectory ?? pointers[owner.file]?.workingDirectory
        let folder = try Self.folder(
            of: owner.file, workingDirectory: directory, shownAs: workspace.display(owner.file))
        let outside = records.filter { record in
            guard record.repository == nil, let text = record.path, text.isURL else { return false }
            return RecordedDependency.Place(text, in: folder, of: workspace) == nil
        }
        return (outside, folder)
    }
}

extension RecordedDependency.Place {
    /// Where a dependency leads: a path, or a URL that means a place on this machine; `nil` for what is elsewhere.
    init?(_ text: String, in folder: RepoPath?, of workspace: Workspace) {
        var start: FilePath { folder.map(workspace.absolute) ?? workspace.root }
        guard !text.isURL else {
            let scheme = RemoteLocation.scheme(of: Array(text.utf8))
            guard scheme == "file" || scheme == "remote",
                let source = try? URLSource(text, from: start, options: [], isTrusted: true, workspace),
                let path = source.local
            else { return nil }
            self = .outside(path)
            return
        }
        if text.utf8.first == UInt8(ascii: "/") {
            self = .outside(FilePath(bytes: Array(text.utf8)))
        } else if let path = try? OutputIndex.path(text, in: folder, shownAs: "") {
            self = .inside(path)
        } else {
            let path = start.pushing(FilePath(bytes: Array(text.utf8))).lexicallyNormalized()
            // What is inside of the workspace and no path of an output belongs to git or to the workspace itself.
            guard !path.starts(with: workspace.root) else { return nil }
            self = .outside(path)
        }
    }
}
