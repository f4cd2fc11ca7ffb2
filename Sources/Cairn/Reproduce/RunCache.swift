import CairnCore
import CairnFormats
import CairnPipeline
import CairnStore
import CairnSystem

/// Earlier runs of stages, by what they read: `runs/<2 digits of the key>/<key>/<value>` in the cache, as DVC has them.
struct RunCache {
    private let session: Session
    private let root: FilePath

    init(_ session: Session) {
        self.session = session
        root = session.workspace.cacheFolder.appending("runs")
    }

    /// True for a stage whose runs are worth keeping: its outputs follow from files and parameters alone, and all of them can be kept.
    static func keeps(_ stage: ResolvedStage, of node: StageNode, in workspace: Workspace) -> Bool {
        let definition = stage.definition
        guard !definition.dependencies.isEmpty || !definition.parameters.isEmpty, !definition.outputs.isEmpty,
            !definition.isAlwaysChanged,
            definition.dependencies.allSatisfy({
                RecordedDependency.Place($0, in: node.folder, of: workspace) != nil
            })
        else { return false }
        return definition.outputs.allSatisfy { output in
            !output.isPersistent && (output.isCached || output.kind != .output)
        }
    }

    /// Remembers a run.
    ///
    /// A cache of runs may lose what a power cut takes: what is damaged is removed when it is met.
    func save(_ locked: LockedStage) throws {
        let key = RunCacheKey(of: locked)
        let folder = folder(of: key)
        let file = folder.appending(key.value.hex)
        if try file.status() != nil { return }
        if try folder.status() == nil { try folder.makeFolders() }
        try AtomicFile.writeForNow(locked.entryText, to: file)
    }

    /// The newest run with what a stage would read now, of which the cache still has all that it made.
    ///
    /// - Parameter inputs: what the stage would read.
    func find(_ inputs: LockedStage, outputs: [TrackedOutput]) throws -> LockedStage? {
        for candidate in try runs(like: inputs, outputs: outputs) where try isWhole(candidate) {
            return candidate
        }
        return nil
    }

    /// Runs with what a stage would read now, the newest first, whether or not the cache has what they made.
    func runs(like inputs: LockedStage, outputs: [TrackedOutput]) throws -> [LockedStage] {
        let folder = folder(of: Self.key(of: inputs, outputs: outputs))
        guard try folder.status(following: true)?.kind == .folder else { return [] }
        var found: [(time: Int64, stage: LockedStage)] = []
        for name in try Folder(folder).names() {
            let file = FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + name)
            guard let status = try file.status(), status.kind == .regular,
                let bytes = try file.readIfPresent(limit: 64 << 20)
            else { continue }
            do {
                let stage = try LockedStage(
                    name: inputs.name, parsing: bytes, file: file.bytes.printable)
                found.append((status.mtime, stage))
            } catch {
                session.reporter.warn(
                    "the record of an earlier run of '\(inputs.name)' is damaged and was removed", hint: nil)
                try Folder(folder).remove(name)
            }
        }
        return found.sorted { $0.time > $1.time }.map(\.stage)
    }

    /// The key of runs with what a stage would read.
    static func key(of inputs: LockedStage, outputs: [TrackedOutput]) -> RunCacheKey {
        var wanted = inputs
        wanted.outputs = outputs.map { OutputRecord(path: $0.record.path, content: ContentRecord()) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return RunCacheKey(of: wanted)
    }

    /// The records that these stages may have left, with their paths below the cache: those with the same outputs.
    func records(of nodes: [StageNode]) throws -> [(path: String, node: StageNode, run: LockedStage)] {
        let byOutputs = Dictionary(
            nodes.map { node in (Set(node.outputs.map { Array($0.record.path.utf8) }), node) },
            uniquingKeysWith: { first, _ in first })
        guard try root.status(following: true)?.kind == .folder else { return [] }
        var found: [(path: String, node: StageNode, run: LockedStage)] = []
        func names(_ path: String) throws -> [String] {
            try Folder(FilePath(path)).names().compactMap { String(validating: $0, as: UTF8.self) }.sorted()
        }
        for prefix in try names(root.string) where prefix.utf8.count == 2 {
            for key in try names("\(root.string)/\(prefix)") where key.utf8.count == 64 {
                for value in try names("\(root.string)/\(prefix)/\(key)") where value.utf8.count == 64 {
                    let path = "\(prefix)/\(key)/\(value)"
                    guard let bytes = try FilePath("\(root.string)/\(path)").readIfPresent(limit: 16 << 20),
                        let stage = try? LockedStage(name: "", parsing: bytes, file: path),
                        let node = byOutputs[Set(stage.outputs.map { Array($0.path.utf8) })]
                    else { continue }
                    found.append(("runs/\(path)", node, stage))
                }
            }
        }
        return found
    }

    /// True if the cache has every output of a run.
    func isWhole(_ stage: LockedStage) throws -> Bool {
        let store = try session.store()
        return try stage.outputs.allSatisfy { output in
            guard let id = output.content.id, try store.contains(id) else { return false }
            guard id.isDirectory else { return true }
            guard let listing = try? store.listing(id) else { return false }
            for index in 0..<listing.count {
                if let member = listing.object(at: index, id.algorithm), try !store.contains(member) {
                    return false
                }
            }
            return true
        }
    }

    private func folder(of key: RunCacheKey) -> FilePath { FilePath(root.string + "/" + key.folder) }
}
