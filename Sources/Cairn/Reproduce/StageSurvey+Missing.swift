import CairnCore
import CairnPipeline
import CairnSystem

extension StageSurvey {
    /// What to do about a dependency of a stage that is not there; `nil` if nothing is known of it.
    func hint(forMissing text: String, of node: StageNode) -> String? {
        let workspace = session.workspace
        guard !text.isURL else { return "check the URL" }
        guard let place = RecordedDependency.Place(text, in: node.folder, of: workspace),
            case .inside(let path) = place
        else { return nil }
        let command = workspace.personality.command
        if let output = index.output(at: path) ?? index.output(above: path) {
            if index.stage(of: output.owner) != nil {
                let maker = index.address(of: output.owner, in: workspace)
                return "'\(maker)' makes it: `\(command) repro \(Shell.quoted(maker))`"
            }
            let shown = Shell.quoted(workspace.display(path))
            return
                "bring it: `\(command) pull \(shown)`; which remotes have it: `\(command) whereis \(shown)`"
        }
        let names = (try? session.folder.folder(path.parent?.components ?? []).names()) ?? []
        let own = String(decoding: path.name, as: UTF8.self)
        let near = EditDistance.closest(
            to: own, among: names.compactMap { String(validating: $0, as: UTF8.self) }.sorted())
        guard let near, let found = try? RepoPath(validating: Array(near.utf8)) else { return nil }
        return "did you mean '\(workspace.display(path.parent?.appending(found) ?? found))'?"
    }
}
