import Cairn
import CairnCore
import CairnSystem

/// The words of DVC.
extension CollectCommand {
    /// Says what went, or would go.
    func writeAsDVC(_ report: CollectReport, _ output: Output) throws {
        for place in report.plan.places {
            if dry {
                for object in place.objects {
                    try output.note("Removing \(LooseStorePath.of(object.id, in: place.folder))")
                }
            }
            for (algorithm, cache) in [(HashAlgorithm.md5, "repo"), (.md5DOS2Unix, "legacy")] {
                let count = place.objects.count { $0.id.algorithm == algorithm }
                if place.remote != nil {
                    try output.note(
                        count > 0
                            ? "Removed \(count) objects from remote."
                            : "No unused cache to remove from remote.")
                } else {
                    try output.note(
                        count > 0
                            ? "Removed \(count) objects from \(cache) cache."
                            : "No unused '\(cache)' cache to remove.")
                }
            }
        }
    }

    /// What is kept.
    func scopeOfDVC(_ context: Context) -> String {
        var text = "This will remove all cache except items used in the workspace"
        let branches = num.map { " and last \($0) commits from all git branches" } ?? " and all git branches"
        if revisions.allCommits {
            text += " and all git commits"
        } else {
            switch (revisions.allBranches, revisions.allTags) {
            case (true, true):
                text += num == nil ? " and all git branches and tags" : "\(branches) and all git tags"
            case (true, false): text += branches
            case (false, true): text += " and all git tags"
            case (false, false): break
            }
            if let date { text += " and all git commits before date \(date)" }
            if let rev { text += " and last \(num ?? 1) commits from \(rev)" }
        }
        if allExperiments { text += " and all experiments" }
        if notInRemote { text += " that are not present in the DVC remote" }
        guard !projects.isEmpty else { return text + " of the current repo." }
        let paths = projects.map {
            context.surroundings.workingDirectory.pushing(FilePath($0)).lexicallyNormalized()
        }
        return text + " of the current and the following repos:"
            + paths.map { "\n  - \($0.bytes.printable)" }.joined()
    }
}

/// Where DVC keeps an object.
private enum LooseStorePath {
    static func of(_ id: ObjectID, in folder: FilePath) -> String {
        let digits = id.text
        let top =
            switch id.algorithm {
            case .md5: "\(folder.bytes.printable)/files/md5"
            case .blake3: "\(folder.bytes.printable)/files/blake3"
            case .md5DOS2Unix: folder.bytes.printable
            }
        return "\(top)/\(digits.prefix(2))/\(digits.dropFirst(2))"
    }
}
