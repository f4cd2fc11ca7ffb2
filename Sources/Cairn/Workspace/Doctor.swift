import CairnCore
public import CairnFormats
import CairnGit
import CairnRemote
public import CairnStore
public import CairnSystem

/// What cairn finds around it, for people who look for a fault.
public struct DoctorReport: Sendable {
    /// The operating system with its release.
    public let system: String
    /// The configuration files that a user of this machine has, weakest first; the workspace's own among them.
    public let configurationFiles: [(level: Configuration.Level, path: FilePath, isThere: Bool)]
    /// What is known of the workspace; `nil` outside of one.
    public let workspace: WorkspaceFacts?

    /// Facts of one workspace.
    public struct WorkspaceFacts: Sendable {
        /// Its folder.
        public let root: FilePath
        /// The file system that it is on.
        public let fileSystem: FileSystemFacts?
        /// True for a native workspace, false for one in DVC's format.
        public let isNative: Bool
        /// The cache folder.
        public let cache: FilePath
        /// The file system of the cache; `nil` if the folder is not there yet.
        public let cacheFileSystem: FileSystemFacts?
        /// Ways of sharing bytes between cache and workspace that were tried and work here, the best first.
        public let linkTypes: [LinkType]
        /// Why they could not be tried; `nil` if they were.
        public let linkProblem: String?
        /// How the workspace stands to git.
        public let git: GitFacts
        /// The remotes.
        public let remotes: [RemoteFacts]
        /// Options whose values are secret and stand in a file that git keeps.
        public let trackedSecrets: [ConfigKey]
        /// What holds the lock: a process, or whatever its holder wrote; `nil` if it is free.
        public let lockHolder: String?
    }

    /// How a workspace stands to git.
    public enum GitFacts: Sendable {
        /// Made with `init --no-scm`.
        case unused
        /// No repository around it.
        case none
        /// In a repository with this top.
        case repository(top: FilePath, isNested: Bool)
        /// The repository cannot be used; the reason.
        case broken(String)
    }

    /// A remote, and whether it can be used.
    public struct RemoteFacts: Sendable {
        /// Its name.
        public let name: String
        /// The scheme of its URL; `local` for a folder, as DVC calls it.
        public let scheme: String
        /// Why it cannot be used; `nil` if it can.
        public let problem: String?
    }
}

extension Workspace {
    /// Looks around. Where links are probed, small files are made and removed again.
    ///
    /// - Throws: `CairnError` only if the workspace's own configuration is broken.
    public static func doctor(from surroundings: Surroundings, as personality: Personality) throws
        -> DoctorReport
    {
        let files = try ConfigurationFiles.around(surroundings)
        let list = try files.levels.map { level in
            let path = try files.path(of: level)
            return (level, path, (try? path.status(following: true))?.kind == .regular)
        }
        var facts: DoctorReport.WorkspaceFacts?
        if let root = files.root {
            let workspace = Workspace(
                root: root, configuration: try files.load(), own: try files.loadOwn(),
                surroundings: surroundings, personality: personality)
            facts = try workspace.facts()
        }
        return DoctorReport(system: Surroundings.systemName, configurationFiles: list, workspace: facts)
    }

    private func facts() throws -> DoctorReport.WorkspaceFacts {
        let mounts = MountTable.current()
        let hasCache = (try? cacheFolder.status(following: true))?.kind == .folder
        var types: [LinkType] = []
        var problem: String?
        do {
            types = try LinkProbe(from: cacheFolder, to: root).run()
        } catch {
            problem = CairnError(error).message
        }
        return DoctorReport.WorkspaceFacts(
            root: root, fileSystem: mounts.entry(for: root), isNative: isNative, cache: cacheFolder,
            cacheFileSystem: hasCache ? mounts.entry(for: (try? cacheFolder.resolved()) ?? cacheFolder) : nil,
            linkTypes: types, linkProblem: problem, git: gitFacts(), remotes: remoteFacts(),
            trackedSecrets: trackedSecrets(), lockHolder: lockHolder())
    }

    private func gitFacts() -> DoctorReport.GitFacts {
        guard usesGit else { return .unused }
        do throws(GitError) {
            guard let git = try GitRepository.discover(from: root), let top = git.workDirectory else {
                return .none
            }
            let normal = top.lexicallyNormalized()
            return .repository(top: normal, isNested: !normal.bytes.elementsEqual(root.bytes))
        } catch {
            return .broken(CairnError(error).message)
        }
    }

    private func remoteFacts() -> [DoctorReport.RemoteFacts] {
        configuration.remoteNames.map { name in
            let url = configuration.path(ConfigKey(.remote(name), "url")) ?? []
            var problem: String?
            do { _ = try remote(name) } catch { problem = CairnError(error).message }
            return DoctorReport.RemoteFacts(
                name: name, scheme: RemoteLocation.scheme(of: url) ?? "local", problem: problem)
        }
    }

    private func trackedSecrets() -> [ConfigKey] {
        let tracked = configuration.only(.repository)
        return tracked.entries(of: .repository).filter { key in
            TrackedSecret(key, tracked.value(key)?.text ?? "", at: .repository) != nil
        }
    }

    private func lockHolder() -> String? {
        let found: [UInt8]?
        do throws(SystemError) {
            found = try FileLock.holder(of: temporaryFolder.appending("lock"))
        } catch {
            return CairnError(error).message
        }
        return found.map { text in
            let number = String(decoding: text.filter { (48...57).contains($0) }, as: UTF8.self)
            return number.isEmpty ? "another process" : "process \(number)"
        }
    }
}

/// Tries which links work between two folders.
struct LinkProbe {
    private let source: FilePath
    private let target: FilePath

    /// Prepares to try links from a cache, which need not be there yet, to a workspace.
    init(from source: FilePath, to target: FilePath) {
        self.source = source
        self.target = target
    }

    /// Makes a small file beside the objects and links to it from `.dvc/tmp` of the workspace.
    ///
    /// - Returns: what works, the best first; copies always do.
    /// - Throws: `SystemError` if the folders cannot be written.
    func run() throws -> [LinkType] {
        var existing = source
        while try existing.status(following: true) == nil { existing.removeLastComponent() }
        let objects = try Folder(existing)
        let aside = target.appending(".dvc/tmp/cairn")
        try aside.makeFolders()
        let files = try Folder(aside)
        let name = Array(".cairn-probe-\(Surroundings.processID)".utf8)
        let link = name + Array("-link".utf8)
        defer {
            try? objects.remove(name)  // a probe that stays does no harm
            try? files.remove(link)
        }
        try objects.remove(name)
        try write(name, in: objects)
        return try LinkType.allCases.filter { type in
            try files.remove(link)
            return works(type, name, objects, link, files)
        }
    }

    private func write(_ name: [UInt8], in folder: Folder) throws(SystemError) {
        let file = try OpenFile(creating: name, in: folder, permissions: 0o600)
        // One block: file systems share whole blocks.
        let bytes = [UInt8](repeating: 1, count: 4096)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(buffer))
        }
    }

    private func works(
        _ type: LinkType, _ name: [UInt8], _ objects: Folder, _ link: [UInt8], _ files: Folder
    ) -> Bool {
        do throws(SystemError) {
            switch type {
            case .copy: return true
            case .symlink:
                try files.makeSymbolicLink(link, to: objects.path(of: name))
                return try files.status(of: link, following: true)?.size == 4096
            case .hardlink:
                try objects.link(name, to: files, link)
                return try files.status(of: link)?.links == 2
            case .reflink:
                let copy = try OpenFile(creating: link, in: files, permissions: 0o600)
                return try copy.clone(from: try OpenFile(reading: name, in: objects, followingLinks: false))
            }
        } catch {
            return false
        }
    }
}
