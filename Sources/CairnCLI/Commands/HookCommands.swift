import ArgumentParser
import Cairn
import CairnCore
import CairnSystem

/// `cairn install`.
struct InstallCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Make git check data, bring it along, and merge pointers.",
        discussion: """
            Writes hooks of git (pre-commit, pre-push, post-checkout, post-merge, post-rewrite, post-commit), registers a merge driver for \
            pointers and locks, and names it in .gitattributes. Hooks that are there are kept and run first. A folder of hooks outside of the \
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
        commandName: "uninstall", abstract: "Take away what `install` made, and put back what was there before.")

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

/// `cairn git-hook`: what hooks and the merge driver call.
struct GitHookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-hook", abstract: "What git's hooks and its merge driver call.",
        discussion: """
            `cairn install` makes git call these. With CAIRN_SKIP_HOOKS set to anything but 0, hooks do nothing.
            """,
        subcommands: [
            PreCommitHook.self, PrePushHook.self, PostCheckoutHook.self, PostMergeHook.self,
            PostRewriteHook.self, PostCommitHook.self, MergeDriverHook.self,
        ])
}

extension Context {
    /// What the library needs to run a hook.
    var hook: HookContext {
        HookContext(
            surroundings: surroundings, personality: personality, waitsForLock: waitsForLock,
            reporter: reporter)
    }

    /// Runs a hook and says what it found.
    ///
    /// - Returns: what git is told.
    /// - Throws: what the hook throws.
    func run(_ name: HookName, _ body: (HookContext) throws -> HookReport) throws -> Outcome {
        let hook = hook
        if hook.isSkipped { return .done }
        let report: HookReport
        do {
            report = try body(hook)
        } catch {
            let error = CairnError(error)
            guard name.mayStop, error.kind != .interrupted else { throw error }
            output.fail(CairnError(error.kind, error.message, hint: Self.skipping(error.hint, name)))
            return .no
        }
        for warning in report.warnings { output.warn(warning.message, hint: warning.hint) }
        for (workspace, pushed) in report.pushes {
            pushed.writeFailures(to: output, workspace, toRemote: true)
            if let text = pushed.summary("pushed") { try output.note(text) }
        }
        for (workspace, checkout) in report.checkouts { try checkout.writeChanges(to: output, workspace) }
        for failure in report.failures { output.fail(failure) }
        return report.isFine ? .done : .no
    }

    private static func skipping(_ hint: String?, _ name: HookName) -> String {
        let command = name == .preCommit ? "git commit" : "git push"
        return "\(hint.map { "\($0); or " } ?? "")go on without this check: `\(HookContext.skipVariable)=1 \(command)`"
    }

    /// What git writes to a hook; nothing where somebody types the command.
    func hookInput() throws -> [UInt8] {
        guard !Surroundings.isTerminal(0) else { return [] }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 64 << 20 {
            let count = try piece.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    /// As dvc, a hook outside of a workspace does nothing.
    func hasWorkspace() throws -> Bool {
        do {
            _ = try workspace()
            return true
        } catch let error as FailureBeforeWork where error.error.kind == .notRepository {
            return false
        }
    }
}

/// `git-hook pre-commit`.
struct PreCommitHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pre-commit", abstract: "Check what is staged; as dvc, show the status.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: .hidden) var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        if context.personality == .dvc {
            return try context.hasWorkspace() ? StatusCommand.parse([]).run(in: context) : .done
        }
        return try context.run(.preCommit) { try $0.preCommit() }
    }
}

/// `git-hook pre-push`.
struct PrePushHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pre-push",
        abstract: "Check that the data of the commits is on its remote; as dvc, push it.",
        discussion: "Reads the references from standard input, as git writes them.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The name of the other repository, and its URL.") var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        if context.personality == .dvc {
            return try context.hasWorkspace() ? PushCommand.parse([]).run(in: context) : .done
        }
        return try context.run(.prePush) { hook in
            let environment = context.surroundings.environment
            if let tip = environment["PRE_COMMIT_TO_REF"],
                let reference = PushedReference(local: tip, remote: environment["PRE_COMMIT_FROM_REF"])
            {
                return try hook.prePush(
                    [reference], to: environment["PRE_COMMIT_REMOTE_NAME"] ?? arguments.first ?? "")
            }
            return try hook.prePush(
                PushedReference.parse(context.hookInput()), to: arguments.first ?? "")
        }
    }
}

/// `git-hook post-checkout`.
struct PostCheckoutHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "post-checkout", abstract: "Check out the data of the commit that git has checked out.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The commit before, the commit now, and 1 unless only files were checked out.")
    var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        let environment = context.surroundings.environment
        let flag = environment["PRE_COMMIT_CHECKOUT_TYPE"] ?? (arguments.count > 2 ? arguments[2] : "")
        guard flag == "1" else { return .done }
        if context.personality == .dvc {
            guard try context.hasWorkspace(), try !context.hook.isRebasing() else { return .done }
            return try CheckoutCommand.parse([]).run(in: context)
        }
        let ends =
            environment["PRE_COMMIT_FROM_REF"].flatMap { from in
                environment["PRE_COMMIT_TO_REF"].map { (from, $0) }
            } ?? (arguments.count > 1 ? (arguments[0], arguments[1]) : nil)
        guard let ends else {
            throw CairnError(.usage, "the two commits are missing", hint: "let git call it: `cairn install`")
        }
        return try context.run(.postCheckout) { try $0.postCheckout(from: ends.0, to: ends.1) }
    }
}

/// `git-hook post-merge`.
struct PostMergeHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "post-merge", abstract: "Check out the data of a merge.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "1 if the merge is not committed.") var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        let flag = context.surroundings.environment["PRE_COMMIT_IS_SQUASH_MERGE"] ?? arguments.first
        return try context.run(.postMerge) { try $0.postMerge(isSquash: flag == "1") }
    }
}

/// `git-hook post-rewrite`.
struct PostRewriteHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "post-rewrite", abstract: "Check out the data after a rebase.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "What rewrote commits: amend or rebase.") var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        let command = context.surroundings.environment["PRE_COMMIT_REWRITE_COMMAND"] ?? arguments.first
        // An amended commit has what the workspace had before.
        guard command == "rebase" else { return .done }
        return try context.run(.postRewrite) { try $0.postRewrite() }
    }
}

/// `git-hook post-commit`.
struct PostCommitHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "post-commit", abstract: "Check out the data of a cherry-pick or a revert.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: .hidden) var arguments: [String] = []

    func run(in context: Context) throws -> Outcome {
        try context.run(.postCommit) { try $0.postCommit() }
    }
}

/// `git-hook merge-driver`.
struct MergeDriverHook: Verb {
    static let configuration = CommandConfiguration(
        commandName: "merge-driver", abstract: "Merge two versions of a pointer or of a lock by what they say.",
        discussion: """
            The result replaces the file of --our. Exit code 1 means that both sides changed the same path or stage in different ways; what, is \
            said line by line.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("The version from which both began.", valueName: "file"))
    var ancestor: String

    @Option(help: ArgumentHelp("Our version.", valueName: "file"))
    var our: String

    @Option(help: ArgumentHelp("Their version.", valueName: "file"))
    var their: String

    @Option(help: ArgumentHelp("Where the file belongs, from the top of the work tree.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("How long the marks of a conflict are.", valueName: "number"))
    var marks: Int = 7

    func run(in context: Context) throws -> Outcome {
        let folder = context.surroundings.workingDirectory
        var request = MergeRequest(
            ancestor: folder.pushing(FilePath(ancestor)), ours: folder.pushing(FilePath(our)),
            theirs: folder.pushing(FilePath(their)), path: path)
        request.marks = marks
        let conflicts = try context.hook.merge(request)
        for conflict in conflicts { context.output.fail(conflict) }
        return conflicts.isEmpty ? .done : .no
    }
}
