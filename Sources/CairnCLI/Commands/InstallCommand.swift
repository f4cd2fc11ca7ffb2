import ArgumentParser
import Cairn

/// `cairn install`.
struct InstallCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Make git check data, bring it along, and merge pointers.",
        discussion: """
            Writes hooks of git (pre-commit, pre-push, post-checkout, post-merge, post-rewrite, post-commit), registers a merge driver for \
            pointers, locks and .gitignore, and names it in .gitattributes. Hooks that are there are kept and run first. A folder of hooks outside of the \
            repository (core.hooksPath) is written to only with --shared.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Let the program pre-commit run the hooks: adds them to .pre-commit-config.yaml.")
    var usePreCommitTool = false

    @Flag(help: "Write hooks to a folder that other repositories may use too.")
    var shared = false

    func run(in context: Context) throws -> Outcome {
        var options = InstallOptions()
        options.usesPreCommitTool = usePreCommitTool
        options.allowsShared = shared
        let report = try context.workspace().installHooks(options, reporter: context.reporter)
        let output = context.output
        for warning in report.warnings { output.warn(warning.message, hint: warning.hint) }
        guard context.personality == .cairn else { return .done }
        if !report.hooks.isEmpty {
            try output.note("installed \(Words.count(report.hooks.count, "hook")) in '\(report.folder)'")
        }
        if let names = Words.joined(report.kept.map(\.rawValue)) {
            try output.note("kept what was there, which runs first: \(names)")
        }
        if let names = Words.joined(report.replaced.map(\.rawValue)) {
            try output.note("replaced hooks of DVC: \(names)")
        }
        try report.writeChanges(to: output, nothing: "everything is installed")
        return report.warnings.isEmpty ? .done : .no
    }
}

/// `cairn uninstall`.
struct UninstallCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Take away what `install` made, and put back what was there before.")

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) throws -> Outcome {
        let report = try context.workspace().uninstallHooks(reporter: context.reporter)
        let output = context.output
        for warning in report.warnings { output.warn(warning.message, hint: warning.hint) }
        if !report.hooks.isEmpty {
            try output.note("removed \(Words.count(report.hooks.count, "hook")) from '\(report.folder)'")
        }
        if let names = Words.joined(report.kept.map(\.rawValue)) {
            try output.note("put back what was there before: \(names)")
        }
        try report.writeChanges(to: output, nothing: "nothing is installed")
        return report.warnings.isEmpty ? .done : .no
    }
}

extension InstallReport {
    /// What changed besides hooks.
    fileprivate func writeChanges(to output: Output, nothing: String) throws {
        if changedConfiguration { try output.note("changed git's configuration: merge drivers") }
        if let files = Words.joined(changedFiles.map { "'\($0)'" }) {
            try output.note("changed \(files): add it to the next commit")
        }
        if !isChanged { try output.note(nothing) }
    }
}
