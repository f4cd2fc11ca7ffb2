import CairnCore
import CairnSystem

/// The hooks of git that work for data.
public enum HookName: String, CaseIterable, Sendable {
    /// Before git makes a commit.
    case preCommit = "pre-commit"
    /// Before git pushes commits.
    case prePush = "pre-push"
    /// After git has checked out another commit.
    case postCheckout = "post-checkout"
    /// After a merge.
    case postMerge = "post-merge"
    /// After a rebase.
    case postRewrite = "post-rewrite"
    /// After a commit, which may be a cherry-pick.
    case postCommit = "post-commit"

    /// Those that DVC installs.
    static let ofDVC: [HookName] = [.postCheckout, .preCommit, .prePush]

    /// True if git waits for the hook's word before it goes on.
    public var mayStop: Bool { self == .preCommit || self == .prePush }
    /// True if git tells the hook something on standard input.
    public var readsInput: Bool { self == .prePush || self == .postRewrite }
}

/// A file in the folder of git's hooks.
enum HookFile {
    /// Who made a hook.
    enum Maker {
        case cairn, dvc, somebody
    }

    /// What is put behind the name of a hook that was there before ours.
    static let suffix = ".before-cairn"

    private static let mark = "# cairn hook:"

    /// Who made the hook with this text.
    static func maker(of text: [UInt8]) -> Maker {
        let lines = text.split(separator: UInt8(ascii: "\n"))
        if lines.contains(where: { $0.starts(with: mark.utf8) }) { return .cairn }
        return lines.contains { $0.starts(with: "exec dvc git-hook ".utf8) } ? .dvc : .somebody
    }

    /// The text of a hook as DVC writes it.
    static func textOfDVC(_ name: HookName) -> [UInt8] {
        Array("#!/bin/sh\nexec dvc git-hook \(name.rawValue) $@\n".utf8)
    }

    /// The text of our hook.
    ///
    /// - Parameters:
    ///   - program: where the program was when the hook was installed, for when it is not in the `PATH`.
    ///   - chains: whether the hook that was there before is to run first.
    static func text(_ name: HookName, program: FilePath?, chains: Bool) -> [UInt8] {
        var lines = [
            "#!/bin/sh",
            "\(mark) `cairn install` made it, `cairn uninstall` takes it away.",
        ]
        let hasInput = name.readsInput
        let feed = hasInput ? "printf '%s' \"$input\" | " : ""
        if hasInput { lines += ["input=$(cat; echo x)", "input=${input%x}"] }
        if chains {
            lines += ["# The hook that was here before runs first, and its word counts."]
            let call = "\(feed)\"$before\" \"$@\""
            lines += ["before=\"$0\(suffix)\"", "earlier=0"]
            lines += ["if [ -x \"$before\" ]; then \(call) || earlier=$?; fi"]
            if name.mayStop { lines += ["[ \"$earlier\" -eq 0 ] || exit \"$earlier\""] }
        }
        let arguments = "git-hook \(name.rawValue) \"$@\""
        lines += ["if command -v cairn >/dev/null 2>&1; then", "    \(feed)cairn \(arguments)"]
        if let program, let text = String(validating: program.bytes, as: UTF8.self) {
            let quoted = Shell.quoted(text)
            lines += ["elif [ -x \(quoted) ]; then", "    \(feed)\(quoted) \(arguments)"]
        }
        let skip = name == .preCommit ? "git commit --no-verify" : "git push --no-verify"
        let message =
            name.mayStop
            ? "cairn is not installed, so data cannot be checked; to go on without: \(skip)"
            : "cairn is not installed, so the data in the workspace stays as it is"
        lines += ["else", "    echo \"\(name.rawValue): \(message)\" >&2"]
        lines += ["    \(name.mayStop ? "false" : "true")", "fi"]
        if chains, !name.mayStop {
            lines += ["status=$?", "[ \"$earlier\" -eq 0 ] || exit \"$earlier\"", "exit \"$status\""]
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}
