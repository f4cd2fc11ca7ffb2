import CairnCore
import CairnFormats
import CairnSystem

/// The merge of one file.
struct FileMerge {
    /// What came of it.
    struct Outcome {
        let texts: Versions<[UInt8]>
        let conflicts: [CairnError]
        /// True for a text that says what was merged.
        let isSame: ([UInt8]) -> Bool
    }

    private let context: HookContext
    private let workspace: Workspace
    private let path: RepoPath?
    private let name: String

    /// - Parameter path: relative to the top of the work tree of git.
    init(_ context: HookContext, _ path: String?) throws {
        self.context = context
        guard let (git, top) = try context.repository() else {
            throw CairnError(.usage, "there is no git repository here")
        }
        var known: [[UInt8]: FilePath?] = [:]
        let bytes = Array((path ?? "").utf8)
        guard let root = context.root(of: bytes, below: top, &known) else {
            throw CairnError(.notRepository, "it is in no workspace")
        }
        workspace = try context.workspace(at: root)
        self.path = path == nil ? nil : WorkspaceInGit(workspace, git).path(bytes)
        name = self.path.map { [workspace] in workspace.display($0) } ?? "the file"
    }

    /// Merges three texts.
    ///
    /// - Throws: `FormatsError` for a text that is neither a pointer nor a lock; `CairnError` if a listing cannot be had.
    mutating func run(_ ancestor: [UInt8], _ ours: [UInt8], _ theirs: [UInt8]) throws -> Outcome {
        if try isLock(ours) { return try mergeLocks(ancestor, ours, theirs) }
        let file = name
        func read(_ bytes: [UInt8], _ side: String) throws -> PointerFile {
            try PointerFile(parsing: bytes, file: "\(file) (\(side))")
        }
        let mine = try read(ours, "ours")
        let listings = try StoredListings(workspace, context.reporter)
        let folder = try path.flatMap {
            try OutputIndex.folder(of: $0, workingDirectory: mine.workingDirectory, shownAs: name)
        }
        var merge = PointerMerge(listings, name: name) { [workspace] record in
            (try? OutputIndex.path(record.path, in: folder, shownAs: "")).map { workspace.display($0) }
                ?? Array(record.path.utf8).printable
        }
        let merged = try merge.run(
            ancestor: read(ancestor, "ancestor"), ours: mine, theirs: read(theirs, "theirs"))
        try listings.commit()
        let texts = Versions(ours: try merged.ours.text(), theirs: try merged.theirs.text())
        return Outcome(texts: texts, conflicts: merge.conflicts) { text in
            (try? PointerFile(parsing: text, file: "")).map(merged.ours.hasSameMeaning) ?? false
        }
    }

    private func isLock(_ text: [UInt8]) throws -> Bool {
        if let path { return path.name.elementsEqual("dvc.lock".utf8) }
        return try YAMLDocument(parsing: text, file: name).value["schema"] != nil
    }

    private func mergeLocks(_ ancestor: [UInt8], _ ours: [UInt8], _ theirs: [UInt8]) throws -> Outcome {
        func read(_ bytes: [UInt8], _ side: String) throws -> PipelineLock {
            try PipelineLock(parsing: bytes, file: "\(name) (\(side))")
        }
        let merge = try LockMerge(
            ancestor: read(ancestor, "ancestor"), ours: read(ours, "ours"), theirs: read(theirs, "theirs"),
            name: name, command: workspace.personality.command)
        let wanted = try PipelineLock(parsing: merge.texts.ours, file: name)
        return Outcome(texts: merge.texts, conflicts: merge.conflicts) { text in
            guard let lock = try? PipelineLock(parsing: text, file: ""),
                lock.stages.count == wanted.stages.count, lock.datasets == wanted.datasets
            else { return false }
            return wanted.stages.allSatisfy { lock.stage($0.name) == $0 }
        }
    }
}
