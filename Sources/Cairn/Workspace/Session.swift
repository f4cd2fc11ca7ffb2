import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// What one command holds open while it works in a workspace.
///
/// A class: it owns descriptors, the stat index and, for commands that write, the repository's lock.
final class Session {
    let workspace: Workspace
    let reporter: any Reporter
    let workers: Workers
    /// The open root of the workspace.
    let folder: Folder
    private var lock: FileLock?
    private var openedIndex: StatIndex??
    private var openedChecks: CheckLog??
    private var openedStore: ObjectStore?
    /// True when the store was opened for writing.
    private var isMade = false
    private var openedGit: GitRepository??
    private var gitRules: GitIgnoreRules?
    /// What the paths of the workspace begin with in the git repository; `nil` if they are not in it.
    private var placeInGit: [UInt8]?
    private var knowsPlaceInGit = false

    /// Opens a workspace for a command.
    ///
    /// - Parameter writes: whether the command changes the workspace or the cache: it waits for the lock then.
    init(_ workspace: Workspace, reporter: any Reporter, writes: Bool) throws {
        self.workspace = workspace
        self.reporter = reporter
        workers =
            workspace.configuration.integer("core.checksum_jobs").map { Workers(count: $0) } ?? .perProcessor
        folder = try Folder(workspace.root)
        lock = writes ? try RepositoryLock.acquire(in: workspace, reporter: reporter) : nil
        if writes { try FinishedStages.settle(in: workspace) }
    }

    /// True while no other command can write to the workspace or the cache.
    var isLocked: Bool { lock != nil }

    /// Lets other commands work.
    func unlock() { lock = nil }

    /// Takes the lock again after `unlock`, however long another command needs.
    func lockAgain() throws {
        var patient = workspace
        patient.waitsForLock = true
        lock = try RepositoryLock.acquire(in: patient, reporter: reporter)
    }

    /// The stat index; `nil` where it cannot be opened, in a read-only workspace for instance.
    var index: StatIndex? {
        if let openedIndex { return openedIndex }
        var index: StatIndex?
        do {
            try workspace.stateFolder.makeFolders()
            index = try StatIndex(at: workspace.stateFolder.appending("index.sqlite"))
        } catch {
            // Work goes on without: every file is read then.
            index = nil
        }
        openedIndex = index
        return index
    }

    /// What was checked when; `nil` where it cannot be opened, in a read-only workspace for instance.
    var checks: CheckLog? {
        if let openedChecks { return openedChecks }
        var log: CheckLog?
        do {
            try workspace.stateFolder.makeFolders()
            log = try CheckLog(at: workspace.stateFolder.appending("checks.sqlite"))
        } catch {
            // Work goes on without: everything counts as never checked then.
            log = nil
        }
        openedChecks = log
        return log
    }

    /// The local store.
    func store(creating: Bool = false) throws -> ObjectStore {
        if let openedStore, !creating || isMade { return openedStore }
        let isGroupShared = workspace.configuration.isGroupShared(ConfigSectionName("cache"))
        var store = try ObjectStore(
            at: workspace.cacheFolder, creating: creating, isGroupShared: isGroupShared)
        if creating, store.packed == nil, try packsObjects(of: workspace.algorithm, in: store) {
            store = try ObjectStore(
                at: workspace.cacheFolder, creating: true, isPacked: true, isGroupShared: isGroupShared)
        }
        isMade = creating
        openedStore = store
        return store
    }

    /// Tells whether new objects go into packs: native ones do, unless links of the workspace have to lead to files of the store.
    func packsObjects(of algorithm: HashAlgorithm, in store: ObjectStore) throws -> Bool {
        guard algorithm == .blake3, let folder = store.folder else { return false }
        let isNear = try folder.status("")?.device == self.folder.status("")?.device
        for type in try workspace.linkTypes() {
            switch type {
            case .copy: return true
            case .symlink: return false
            case .hardlink where isNear: return false
            case .reflink where isNear && store.loose.probeReflink(): return false
            case .hardlink, .reflink: break
            }
        }
        return true
    }

    /// The git repository around the workspace; `nil` without one, or when the workspace does not use it.
    func git() throws -> GitRepository? {
        if let foreign = workspace.foreign { return foreign.git }
        if let openedGit { return openedGit }
        let git = workspace.usesGit ? try GitRepository.discover(from: workspace.root) : nil
        let usable = git?.isBare == true ? nil : git
        openedGit = usable
        return usable
    }

    /// Tells whether git ignores a path, by the rules as they were when the first path was asked about.
    func isIgnoredByGit(_ path: RepoPath, isFolder: Bool) throws -> Bool {
        guard let git = try git(), let own = git.relativePath(of: workspace.absolute(path)) else {
            return false
        }
        if gitRules == nil { gitRules = try git.ignoreRules() }
        return gitRules?.isIgnored(own, isDirectory: isFolder) ?? false
    }

    /// The same for a path of which no folder is a symbolic link: only the place of the workspace has to be looked up, and once.
    func isIgnoredByGit(inRealFolders path: RepoPath, isFolder: Bool) throws -> Bool {
        guard let git = try git() else { return false }
        if !knowsPlaceInGit {
            knowsPlaceInGit = true
            placeInGit = git.relativePath(of: workspace.root.appending("x"))?.dropLast()
        }
        guard let placeInGit else { return false }
        if gitRules == nil { gitRules = try git.ignoreRules() }
        return gitRules?.isIgnored(placeInGit + path.bytes, isDirectory: isFolder) ?? false
    }

    /// The file system's clock, for what the stat index may remember.
    ///
    /// Taken by touching a file: the clock of a network file system is not ours.
    func fileSystemTime() -> Int64 {
        let clock = workspace.stateFolder.appending("clock")
        if let time = try? clock.touch() { return time }
        // In a new clone the folder is not there yet. Where it cannot be made, nothing is remembered.
        try? workspace.stateFolder.makeFolders()
        return (try? clock.touch()) ?? 0
    }

    /// A folder for incomplete files of the workspace.
    func scratch() throws -> ScratchFolder {
        try workspace.stateFolder.makeFolders()
        return try ScratchFolder(in: Folder(workspace.stateFolder), "scratch")
    }
}

/// DVC's lock on a repository, so that the two programs wait for each other.
enum RepositoryLock {
    /// Waits for the lock on `.dvc/tmp/lock`: a minute as cairn, three seconds as dvc.
    ///
    /// - Throws: `CairnError` of kind `locked` that says who has it.
    static func acquire(in workspace: Workspace, reporter: any Reporter) throws -> FileLock {
        guard !workspace.configuration.bool("core.hardlink_lock") else {
            throw CairnError(
                .config,
                "core.hardlink_lock is set, and locks of that kind are not supported: two commands could work at once",
                hint:
                    "where the file system has flock(2): `\(workspace.personality.command) config --unset core.hardlink_lock`"
            )
        }
        try workspace.temporaryFolder.makeFolders()
        let path = workspace.temporaryFolder.appending("lock")
        let note = Array(" \(Surroundings.processID)\n".utf8)
        let patience = workspace.personality == .dvc ? 3000 : 60_000
        var waited = 0
        while true {
            switch try FileLock.attempt(path, note: note) {
            case .acquired(let lock): return lock
            case .held(let holder):
                let number = Int32(String(decoding: holder, as: UTF8.self).filter(\.isNumber))
                let name = number.map { "process \($0)" } ?? "another process"
                guard waited < patience || workspace.waitsForLock else {
                    throw CairnError(
                        .locked,
                        "unable to acquire lock: \(name) is working in '\(workspace.root.bytes.printable)'",
                        hint:
                            "wait until it is done, or see what it does: `ps \(number.map { "-p \($0)" } ?? "aux")`",
                        dvc:
                            "Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly: \(name) has it."
                    )
                }
                if waited == 1000 { reporter.warn("waiting for \(name), which holds the lock", hint: nil) }
                try Interruption.check()
                Surroundings.sleep(milliseconds: 50)
                waited += 50
            }
        }
    }
}
