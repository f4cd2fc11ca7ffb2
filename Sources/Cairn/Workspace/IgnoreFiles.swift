import CairnCore
import CairnSystem

/// The `.dvcignore` files that concern a part of the workspace.
struct IgnoreFiles: Sendable {
    static let name = Array(".dvcignore".utf8)

    private(set) var rules = IgnoreRules()

    /// The rules of the folders from the workspace down to the one that `path` is in; of the workspace alone for `nil`.
    init(above path: RepoPath?, session: Session) throws {
        try read(in: nil, session)
        guard let path else { return }
        var folder: RepoPath?
        for component in path.components {
            let next = try RepoPath(validating: component)
            let inner = folder?.appending(next) ?? next
            folder = inner
            if try Self.isWorkspace(inner, session) { rules.add(repositoryIn: inner) }
            if inner != path { try read(in: inner, session) }
        }
    }

    private static func isWorkspace(_ folder: RepoPath, _ session: Session) throws -> Bool {
        let control = folder.bytes + Array("/.dvc".utf8)
        return try session.workspace.absolute(RepoPath(validating: control)).status(following: true)?.kind
            == .folder
    }

    /// No rules but the built-in ones.
    init() {}

    /// Rules that were read elsewhere than in the workspace.
    init(_ rules: IgnoreRules) { self.rules = rules }

    /// Adds the rules of one folder, if it has any.
    mutating func read(in folder: RepoPath?, _ session: Session) throws {
        let file = folder.map { $0.bytes + [UInt8(ascii: "/")] + Self.name } ?? Self.name
        // A file that is itself left out has no say.
        if rules.isIgnored(file, isDirectory: false) { return }
        guard
            let text = try session.workspace.absolute(RepoPath(validating: file)).readIfPresent(
                limit: 16 << 20)
        else { return }
        rules.add(file: text, in: folder?.bytes ?? [], source: file.printable)
    }

    /// What to leave out when a folder of the workspace is walked; `nil` for the workspace itself.
    func filter(in path: RepoPath?) -> TreeWalker.Filter {
        let prefix = path.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
        return { [rules] relative, isFolder in
            // The built-in rules look at the last name only.
            if rules.hasOnlyBuiltIns { return rules.isIgnored(relative, isDirectory: isFolder) }
            var whole = prefix
            whole.append(contentsOf: relative)
            return whole.withUnsafeBufferPointer { rules.isIgnored($0, isDirectory: isFolder) }
        }
    }

    /// True if the path or a folder above it is left out.
    func isIgnored(_ path: RepoPath, isFolder: Bool) -> Bool {
        var end = 0
        let bytes = path.bytes
        while end < bytes.count {
            end = bytes[(end + 1)...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
            let isWhole = end == bytes.count
            let isHit = bytes[..<end].withUnsafeBufferPointer {
                rules.isIgnored($0, isDirectory: !isWhole || isFolder)
            }
            if isHit { return true }
        }
        return false
    }
}
