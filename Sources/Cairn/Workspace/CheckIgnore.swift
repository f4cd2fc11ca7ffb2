public import CairnCore
import CairnSystem

/// What `.dvcignore` says of a path.
public struct IgnoreFinding: Sendable {
    /// The rules that decide, the last one last; one with `!` takes the path back.
    public let rules: [IgnoreRules.Match]

    /// No rule decides.
    public static let nothing = IgnoreFinding(rules: [])

    /// True if some rule decides about the path.
    public var isMatched: Bool { !rules.isEmpty }
    /// True if the path is left out.
    public var isIgnored: Bool { rules.last.map { !$0.isNegated } ?? false }
}

/// Answers which paths of a workspace `.dvcignore` files leave out.
public struct IgnoreChecker {
    private let session: Session

    fileprivate init(_ session: Session) { self.session = session }

    /// Looks at one path; it need not exist.
    ///
    /// - Parameter path: as the user typed it; need not be UTF-8.
    /// - Throws: `CairnError` of kind `usage` for a path outside of the workspace.
    public func check(_ path: [UInt8]) throws -> IgnoreFinding {
        guard let target = try session.workspace.pathOrRoot(of: path) else { return .nothing }
        let isFolder = try session.workspace.absolute(target).status(following: true)?.kind == .folder
        let files = try IgnoreFiles(above: target, session: session)
        return IgnoreFinding(rules: files.rules.matches(target.bytes, isDirectory: isFolder))
    }
}

extension Workspace {
    /// Prepares to answer which paths are left out.
    ///
    /// - Throws: `CairnError` if the workspace cannot be read.
    public func ignoreChecker() throws -> IgnoreChecker {
        IgnoreChecker(try Session(self, reporter: SilentReporter(), writes: false))
    }
}
