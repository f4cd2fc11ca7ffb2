import CairnCore
import CairnGit
import CairnSystem

/// What a name stands for in another repository.
enum SourceKind: Hashable {
    case file(isExecutable: Bool)
    case folder, link
    /// A repository inside of it.
    case submodule
}

/// The files of another repository that are no tracked data: those that git keeps, or that lie there.
protocol SourceFiles {
    /// What is at a path; `nil` for nothing, and for what `.dvcignore` leaves out.
    func kind(at path: RepoPath?) throws -> SourceKind?
    /// What is in a folder, in the order of names.
    func names(in folder: RepoPath?) throws -> [(name: [UInt8], kind: SourceKind)]
    /// Where a symbolic link leads.
    func target(of link: RepoPath) throws -> [UInt8]
    /// Copies a file.
    func copy(_ path: RepoPath, to file: borrowing OpenFile) throws
}

/// Files of a commit.
struct CommitSourceFiles: SourceFiles {
    private let files: RevisionFiles
    private let git: GitRepository
    private let environment: [String: String]

    init(_ files: RevisionFiles, _ git: GitRepository, _ environment: [String: String]) {
        self.files = files
        self.git = git
        self.environment = environment
    }

    private static func kind(_ mode: GitFileMode) -> SourceKind {
        switch mode {
        case .file: .file(isExecutable: false)
        case .executable: .file(isExecutable: true)
        case .link: .link
        case .folder: .folder
        case .submodule: .submodule
        }
    }

    func kind(at path: RepoPath?) throws -> SourceKind? {
        try files.entry(at: path).map { Self.kind($0.mode) }
    }

    func names(in folder: RepoPath?) throws -> [(name: [UInt8], kind: SourceKind)] {
        try files.entries(in: folder).map { ($0.name, Self.kind($0.entry.mode)) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    func target(of link: RepoPath) throws -> [UInt8] { try blob(link) }

    func copy(_ path: RepoPath, to file: borrowing OpenFile) throws {
        let bytes = try blob(path)
        try bytes.withUnsafeBytes { try file.write($0) }
    }

    private func blob(_ path: RepoPath) throws -> [UInt8] {
        guard let entry = try files.entry(at: path) else {
            throw CairnError(.notFound, "'\(path)' is not in \(files.commit.id.hex.prefix(7))")
        }
        do {
            return try git.blob(entry.id)
        } catch {
            // In a partial clone git knows where the rest is.
            guard case .missingObject = error.reason else { throw error }
            let output = try ChildProcess.output(
                of: "git", ["--git-dir", git.gitDirectory.string, "cat-file", "blob", entry.id.hex],
                environment: environment.filter { !$0.key.utf8.starts(with: "GIT_".utf8) }, limit: 1 << 30,
                seconds: 600)
            guard output.exitCode == 0 else { throw error }
            return output.bytes
        }
    }
}

/// Files as they lie in the folder of a workspace.
struct FolderSourceFiles: SourceFiles {
    private let workspace: Workspace
    private let files: WorkspaceFiles
    private let folder: Folder

    init(_ session: Session) {
        workspace = session.workspace
        files = WorkspaceFiles(session)
        folder = session.folder
    }

    private func kind(_ path: RepoPath, _ file: ListedFile) throws -> SourceKind {
        if file.isFolder { return .folder }
        let isLink = try folder.status(of: path.bytes)?.kind == .symbolicLink
        return isLink ? .link : .file(isExecutable: file.isExecutable)
    }

    func kind(at path: RepoPath?) throws -> SourceKind? {
        guard let path else { return .folder }
        return try files.file(at: path).map { try kind(path, $0) }
    }

    func names(in folder: RepoPath?) throws -> [(name: [UInt8], kind: SourceKind)] {
        try files.files(in: folder).map { name, file in
            let own = try RepoPath(validating: name)
            return (name, try kind(folder?.appending(own) ?? own, file))
        }
        .filter { !$0.0.elementsEqual(".git".utf8) }
        .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    func target(of link: RepoPath) throws -> [UInt8] { try folder.linkTarget(link.bytes)?.bytes ?? [] }

    func copy(_ path: RepoPath, to file: borrowing OpenFile) throws {
        let parent = try folder.folder(path.parent?.components ?? [])
        let source = try OpenFile(reading: path.name, in: parent, followingLinks: false)
        _ = try file.append(source)
    }
}
