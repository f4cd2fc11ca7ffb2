import ArgumentParser
import Cairn
import CairnCore

/// `cairn freeze`.
struct FreezeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Have stages and imports stay as they are, whatever they depend on.",
        discussion: "Sets `frozen: true` in dvc.yaml or in a pointer file; nothing else in the file changes.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Stages or pointer files.", completion: .file(extensions: ["dvc"]))
    var targets: [String]

    func run(in context: Context) throws -> Outcome {
        try context.setFrozen(targets, to: true)
    }
}

/// `cairn unfreeze`.
struct UnfreezeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unfreeze", abstract: "Have stages and imports follow again what they depend on.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Stages or pointer files.", completion: .file(extensions: ["dvc"]))
    var targets: [String]

    func run(in context: Context) throws -> Outcome {
        try context.setFrozen(targets, to: false)
    }
}

extension Context {
    fileprivate func setFrozen(_ targets: [String], to isFrozen: Bool) throws -> Outcome {
        let workspace = try workspace()
        let report = try workspace.setFrozen(targets, to: isFrozen, reporter: reporter)
        for item in report.items {
            switch personality {
            case .dvc:
                guard let stage = item.stage else { continue }
                try output.note("Modifying stage '\(stage)' in '\(workspace.display(item.file))'")
            case .cairn:
                let state = isFrozen ? "frozen" : "not frozen"
                let when = item.isChanged ? (isFrozen ? "" : " any more") : " already"
                try output.note(
                    isFrozen || item.isChanged
                        ? "'\(item.address)' is \(state)\(when)" : "'\(item.address)' is not frozen")
            }
        }
        for (target, error) in report.failures {
            let verb = isFrozen ? "freeze" : "unfreeze"
            let shown = Array(target.utf8).printable
            output.fail(
                CairnError(
                    error.kind, error.message, hint: error.hint,
                    dvc: "failed to \(verb) '\(shown)' - \(error.wordsOfDVC ?? error.message)"))
        }
        if personality == .cairn { try tellGit(report.gitFiles, workspace) }
        return report.failures.isEmpty ? .done : .no
    }
}
