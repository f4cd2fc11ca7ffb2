import CairnCore
import CairnFormats
import CairnGit
import CairnSystem

/// What to type about a text file that is not of its format: to see what happened to it, and to have it again as it was committed.
struct MendingHint {
    /// What the commit has, on which the user stands.
    enum Committed {
        /// Nothing, or there is no git.
        case nothing
        /// A file of the format.
        case sound
        /// A file that is just as broken.
        case broken
    }

    /// The hint.
    let text: String

    /// - Parameter name: the file's path for a shell, from where the user stands.
    init(_ name: String, _ committed: Committed) {
        let name = Shell.quoted(name)
        let edit = "`${EDITOR:-vi} \(name)`"
        text =
            switch committed {
            case .nothing: "mend it in an editor: \(edit)"
            case .sound:
                "see what changed: `git diff HEAD -- \(name)`; take it back as it was committed: `git checkout HEAD -- \(name)`; or mend it: \(edit)"
            case .broken: "see how it came to this: `git log -p -- \(name)`; and mend it: \(edit)"
            }
    }

    /// The bytes of a file in the commit on which the user stands. A repository that cannot be read has nothing to propose.
    static func committed(_ file: FilePath, in git: GitRepository?) -> [UInt8]? {
        guard let git, let path = git.relativePath(of: file), let head = (try? git.head()) ?? nil else {
            return nil
        }
        return (try? git.file(at: path, in: head)) ?? nil
    }
}

extension Session {
    /// The words for a pointer file, or a pipeline file with its lock, that cannot be used; with what to type.
    func refusal(of error: any Error, in file: RepoPath) -> CairnError {
        let broken = CairnError(error)
        guard broken.kind == .config, broken.hint == nil else { return broken }
        let lock = file.sibling("dvc.lock")
        let isLock = (error as? FormatsError)?.file == workspace.display(lock)
        let culprit = isLock ? lock : file
        let bytes = MendingHint.committed(workspace.absolute(culprit), in: (try? git()) ?? nil)
        let committed: MendingHint.Committed =
            bytes.map { culprit.isReadable($0) ? .sound : .broken } ?? .nothing
        return CairnError(
            broken.kind, broken.message, hint: MendingHint(workspace.display(culprit), committed).text,
            dvc: broken.wordsOfDVC)
    }
}

extension RepoPath {
    /// Whether bytes are of the format of a file with this name that declares or records data.
    fileprivate func isReadable(_ bytes: [UInt8]) -> Bool {
        if name.elementsEqual("dvc.lock".utf8) { return (try? PipelineLock(parsing: bytes, file: "")) != nil }
        if name.elementsEqual("dvc.yaml".utf8) { return (try? PipelineFile(parsing: bytes, file: "")) != nil }
        return (try? PointerFile(parsing: bytes, file: "")) != nil
    }
}

extension ConfigurationFiles {
    /// What to type about the file of a level that cannot be used.
    func mendingHint(for level: Configuration.Level) -> String? {
        guard let path = try? path(of: level) else { return nil }
        let isOfWorkspace = level == .repository || level == .local
        let name = isOfWorkspace ? surroundings.relativePath(of: path).printable : path.bytes.printable
        return MendingHint(name, level == .repository ? committed(path) : .nothing).text
    }

    /// Whether the workspace uses git at all stands in the file that is broken; so what was committed of it is asked.
    private func committed(_ path: FilePath) -> MendingHint.Committed {
        let git = root.flatMap { (try? GitRepository.discover(from: $0)) ?? nil }
        guard let bytes = MendingHint.committed(path, in: git) else { return .nothing }
        guard let file = try? ConfigFile(parsing: bytes) else { return .broken }
        let source = Configuration.Source(.repository, path: path.bytes, file: file)
        let configuration = Configuration([source], home: nil)
        if configuration.bool("core.no_scm") { return .nothing }
        return (try? configuration.validate()) == nil ? .broken : .sound
    }
}

extension Surroundings {
    /// The names on the way to where the user stands, without symbolic links.
    var standpoint: [ArraySlice<UInt8>] {
        ((try? workingDirectory.resolved()) ?? workingDirectory).bytes.split(separator: UInt8(ascii: "/"))
    }

    /// The bytes of an absolute path without links, relative to where the user stands.
    func relativePath(of path: FilePath) -> [UInt8] { Self.relativePath(of: path, from: standpoint) }

    /// The bytes of an absolute path without links, relative to a folder that is given by the names on the way to it.
    static func relativePath(of path: FilePath, from start: [ArraySlice<UInt8>]) -> [UInt8] {
        let target = path.bytes.split(separator: UInt8(ascii: "/"))
        var common = 0
        while common < min(target.count, start.count), target[common] == start[common] { common += 1 }
        let parts = Array(repeating: ArraySlice("..".utf8), count: start.count - common) + target[common...]
        return parts.isEmpty ? Array(".".utf8) : Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }
}
