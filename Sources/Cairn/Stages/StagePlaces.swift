import CairnCore
import CairnFormats
import CairnSystem

/// Where the paths of a stage lead.
struct StagePlaces {
    private let folder: RepoPath?
    private let workspace: Workspace

    /// - Parameter folder: the stage's working directory; `nil` for the top of the workspace.
    init(_ folder: RepoPath?, _ workspace: Workspace) {
        self.folder = folder
        self.workspace = workspace
    }

    /// The place of an output.
    ///
    /// - Throws: `CairnError` of kind `usage` if it can be none.
    func output(_ output: StageDraft.Output) throws -> RepoPath {
        let shown = Array(output.path.utf8).printable
        try refuseDeclaration(output.path, "an output")
        do {
            return try OutputIndex.path(output.path, in: folder, shownAs: "dvc.yaml")
        } catch let error as CairnError {
            if isOutside(output.path) {
                let whole = absolute(output.path).printable
                throw CairnError(
                    .usage, "the output '\(shown)' is outside of the workspace, where cairn keeps nothing",
                    hint: "let the stage write into the workspace, or leave the output out of its definition",
                    dvc: output.isCached
                        ? "Cached output(s) outside of DVC project: \(whole). See <https://dvc.org/doc/user-guide/pipelines/external-dependencies-and-outputs> for more info."
                        : nil)
            }
            throw CairnError(.usage, error.message, hint: error.hint)
        }
    }

    /// Refuses a path that the stage names twice, of whatever kind.
    func refuseRepetitions(_ draft: StageDraft) throws {
        let inputs = draft.dependencies + draft.mergedParameters.map(\.file)
        for input in draft.dependencies { try refuseDeclaration(input, "a dependency") }
        let written = Set(draft.outputs.map { absolute($0.path) })
        if let both = inputs.first(where: { written.contains(absolute($0)) }) {
            throw CairnError(
                .usage, "'\(Array(both.utf8).printable)' is both an output and a dependency of the stage",
                dvc: "'\(absolute(both).printable)' is specified as an output and as a dependency.")
        }
        var seen: Set<[UInt8]> = []
        for path in inputs + draft.outputs.map(\.path) where !seen.insert(absolute(path)).inserted {
            let shown = Array(path.utf8).printable
            let isParameters = draft.mergedParameters.contains { $0.file.hasSameBytes(as: path) }
            throw CairnError(
                .usage, "'\(shown)' is named twice",
                hint: isParameters ? "a file whose parameters are read is no dependency besides" : nil,
                dvc: "file '\(absolute(path).printable)' is specified more than once.")
        }
    }

    /// What describes data is kept in git, and is no data itself.
    private func refuseDeclaration(_ path: String, _ role: String) throws {
        let bytes = Array(path.utf8)
        let name = bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
        guard name.suffix(4).elementsEqual(".dvc".utf8) || name.elementsEqual("dvc.yaml".utf8) else { return }
        let data =
            name.elementsEqual("dvc.yaml".utf8) ? nil : String(decoding: bytes.dropLast(4), as: UTF8.self)
        throw CairnError(
            .usage, "'\(bytes.printable)' describes data, so it cannot be \(role) itself",
            hint: data.map { "name the data: '\(Array($0.utf8).printable)'" },
            dvc: "DVC file '\(bytes.printable)' cannot be \(role).")
    }

    /// The whole path, so that different spellings of one are the same; URLs stay as they are.
    private func absolute(_ path: String) -> [UInt8] {
        let bytes = Array(path.utf8)
        if bytes.firstRange(of: Array("://".utf8)) != nil { return bytes }
        let base = folder.map { workspace.absolute($0) } ?? workspace.root
        return base.pushing(FilePath(bytes: bytes)).lexicallyNormalized().bytes
    }

    private func isOutside(_ path: String) -> Bool {
        let whole = absolute(path)
        return whole != workspace.root.bytes
            && !whole.starts(with: workspace.root.bytes + [UInt8(ascii: "/")])
    }
}
