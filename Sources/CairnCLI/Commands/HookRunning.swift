import Cairn
import CairnSystem

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
        return
            "\(hint.map { "\($0); or " } ?? "")go on without this check: `\(HookContext.skipVariable)=1 \(command)`"
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
