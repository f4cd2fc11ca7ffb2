import CairnGit

/// The git repository of a workspace that is read from its commits: a copy without a work tree, or somebody's bare repository.
struct ForeignRepository: Sendable {
    /// The repository.
    let git: GitRepository
    /// Where the workspace is below the top of the tree; empty for the top.
    let top: [UInt8]
    /// What the user says about its settings.
    var overrides = SourceOverrides()
}

extension Session {
    /// Where the workspace is below the top of the work tree; empty for the top.
    func top(in git: GitRepository) -> [UInt8] {
        workspace.foreign?.top ?? git.relativePath(of: workspace.root) ?? []
    }
}
