import CairnCore
import CairnFormats

/// What can be wrong with declarations as a commit has them, whatever data there is.
struct DeclarationChecks {
    let workspace: Workspace
    let index: OutputIndex
    /// Locks by pipeline file.
    let locks: [RepoPath: PipelineLock]

    /// Files of git that lie where a declaration has data.
    ///
    /// - Parameter paths: files that git has, or is about to get.
    /// - Returns: the outputs with the files in them, both in order.
    func dataInGit(_ paths: some Sequence<RepoPath>) -> [(output: TrackedOutput, files: [RepoPath])] {
        var found: [RepoPath: [RepoPath]] = [:]
        for path in paths {
            guard let output = index.output(at: path) ?? index.output(above: path), output.record.isCached,
                output.owner.file != path
            else { continue }
            found[output.path, default: []].append(path)
        }
        return found.keys.sorted().compactMap { path in
            index.output(at: path).map { ($0, (found[path] ?? []).sorted()) }
        }
    }

    /// The sentence for data that git has.
    ///
    /// - Parameter isStaged: whether it is about to be committed; else it was.
    func error(dataInGit output: TrackedOutput, _ files: [RepoPath], isStaged: Bool) -> CairnError {
        let names = files.map { "'\(workspace.display($0))'" }
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        let shown = names.prefix(3).joined(separator: ", ") + more
        let verb = names.count == 1 ? "is" : "are"
        let owner = workspace.display(output.owner.file)
        let quoted = Shell.quoted(workspace.display(output.path))
        return CairnError(
            .conflict,
            "\(shown) \(verb) data that '\(owner)' tracks, and \(verb) \(isStaged ? "about to be committed to" : "in") git too",
            hint: "take it out of git, the file stays: `git rm -r -q --cached -f -- \(quoted)`")
    }

    /// One sentence for each path of which two declarations say different things.
    ///
    /// - Parameter changed: the files whose fault it may be.
    func contradictions(in changed: Set<RepoPath>) -> [CairnError] {
        struct Claim {
            let file: RepoPath
            let name: String
            let id: ObjectID?
        }
        var claims: [RepoPath: [Claim]] = [:]
        for output in index.outputs {
            claims[output.path, default: []].append(
                Claim(
                    file: output.owner.file, name: index.address(of: output.owner, in: workspace),
                    id: output.record.id))
        }
        // What the lock still has of stages that are declared no more.
        for (file, lock) in locks {
            for stage in lock.stages where index.pipelines[file]?.stage(stage.name) == nil {
                for output in stage.outputs {
                    guard let path = try? OutputIndex.path(output.path, in: file.parent, shownAs: "") else {
                        continue
                    }
                    let name = workspace.display(file.sibling("dvc.lock")) + ":" + stage.name
                    claims[path, default: []].append(Claim(file: file, name: name, id: output.id))
                }
            }
        }
        var errors: [CairnError] = []
        for (path, claims) in claims.sorted(by: { $0.key < $1.key }) {
            let known = claims.filter { $0.id != nil }
            guard let first = known.first, let other = known.first(where: { $0.id != first.id }),
                changed.contains(first.file) || changed.contains(other.file)
            else { continue }
            errors.append(
                CairnError(
                    .conflict,
                    "'\(workspace.display(path))' is \(first.id?.text ?? "") in '\(first.name)' and \(other.id?.text ?? "") in '\(other.name)'",
                    hint:
                        "remove one of them: `\(workspace.personality.command) remove \(Shell.quoted(other.name))`"
                ))
        }
        guard errors.isEmpty else { return errors }
        do {
            try index.refuseOverlaps(in: workspace)
        } catch {
            errors.append(CairnError(error))
        }
        return errors
    }
}
