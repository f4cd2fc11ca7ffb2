import CairnCore
import CairnFormats
import CairnSystem

/// What a user means by the name of a file that declares something, or of a stage.
struct StageTarget {
    /// The pipeline file or pointer.
    let file: RepoPath
    /// The stage or group in it; `nil` for the file as a whole.
    let name: String?
    /// The pointer, if it is one.
    let pointer: RepoPath?
    private let text: String

    /// Takes a target apart: a pointer, a pipeline file, `file:stage`, or a stage of the `dvc.yaml` where the user stands.
    ///
    /// - Throws: `CairnError` of kind `notFound` if there is no such file.
    init(_ text: String, _ index: OutputIndex, _ workspace: Workspace) throws {
        self.text = text
        let whole = (try? workspace.pathOrRoot(of: text)) ?? nil
        if let whole, index.pointers[whole] != nil {
            (file, name, pointer) = (whole, nil, whole)
            return
        }
        pointer = nil
        if let whole, whole.hasDeclarationName {
            (file, name) = (whole, nil)
        } else {
            let colon = text.utf8.lastIndex(of: UInt8(ascii: ":"))
            let path = colon.map { String(text[..<$0]) } ?? ""
            file = try workspace.path(of: path.isEmpty ? "dvc.yaml" : path)
            name = colon.map { String(text[text.utf8.index(after: $0)...]) } ?? text
        }
        if let problem = index.problems.first(where: { $0.file == file }) { throw problem.error }
        guard index.pipelines[file] != nil else {
            let shown = workspace.display(file)
            throw CairnError(
                .notFound,
                name == nil
                    ? "'\(shown)' does not exist"
                    : "'\(Array(text.utf8).printable)' is neither a pointer nor a stage: there is no '\(shown)'",
                hint: Self.nearest(to: text, index, workspace)
                    ?? "list all stages of the workspace: `\(workspace.personality.command) stage list --all`",
                dvc: "'\(workspace.absolute(file).bytes.printable)' does not exist")
        }
    }

    /// The error for a stage that the file does not have.
    func notFound(_ index: OutputIndex, _ workspace: Workspace) -> CairnError {
        let name = Array((name ?? "").utf8).printable
        let shown = workspace.display(file)
        return CairnError(
            .notFound, "'\(shown)' has no stage '\(name)'", hint: Self.nearest(to: text, index, workspace),
            dvc: "Stage '\(name)' not found inside '\(shown)' file")
    }

    private static func nearest(to text: String, _ index: OutputIndex, _ workspace: Workspace) -> String? {
        let known =
            index.pointers.keys.map { workspace.display($0) }
            + index.pipelines.flatMap { file, pipeline in
                pipeline.file.stages.map {
                    index.address(of: .stage(file: file, name: $0.name), in: workspace)
                }
            }
        return EditDistance.closest(to: text, among: known.sorted()).map { "did you mean '\($0)'?" }
    }
}

extension RepoPath {
    /// True for the names of files that declare data.
    fileprivate var hasDeclarationName: Bool {
        name.elementsEqual("dvc.yaml".utf8) || (name.count > 4 && name.suffix(4).elementsEqual(".dvc".utf8))
    }
}
