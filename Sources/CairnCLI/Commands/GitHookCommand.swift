import ArgumentParser
import Cairn

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
