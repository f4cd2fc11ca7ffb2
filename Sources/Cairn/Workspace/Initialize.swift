import CairnCore
import CairnFormats
import CairnGit
import CairnStore
public import CairnSystem

/// How a workspace is made.
public struct InitializeOptions: Sendable {
    /// Makes it in a folder without git.
    public var isWithoutGit = false
    /// Makes it in a folder inside of a git repository, not at its top.
    public var isNested = false
    /// Keeps the formats of DVC, so that both programs can work in it.
    public var isDVC = false
    /// Replaces a workspace that is there, with its cache.
    public var replaces = false

    /// At the top of a git repository.
    public init() {}
}

/// What was made.
public struct InitializeReport: Sendable {
    /// The folder of the workspace.
    public let root: FilePath
    /// Whether git keeps its history.
    public let usesGit: Bool
    /// True if the new files are in git's index.
    public let isStaged: Bool
}

extension Workspace {
    /// Makes a workspace.
    ///
    /// Everything inside `.dvc` is written under another name first, so that a half-made workspace is never found.
    /// - Parameters:
    ///   - directory: the folder, relative to where the user stands; without git it is made if it is missing.
    ///   - surroundings: where the user stands.
    ///   - reporter: hears if the new files cannot be staged.
    /// - Throws: `CairnError` of kind `conflict` if one is there, `notFound` without a git repository, or `config` if git ignores `.dvc`.
    public static func initialize(
        _ directory: String, _ options: InitializeOptions, surroundings: Surroundings,
        as personality: Personality,
        reporter: any Reporter
    ) throws -> InitializeReport {
        let folder = surroundings.workingDirectory.pushing(FilePath(directory)).lexicallyNormalized()
        if options.isWithoutGit && options.isNested {
            throw FailureOfUsage.contradiction
        }
        let git = options.isWithoutGit ? nil : try repository(for: folder, isNested: options.isNested)
        if options.isWithoutGit { try folder.makeFolders() }
        let control = folder.appending(".dvc")
        if let git, let path = git.relativePath(of: control), try git.isIgnored(path, isDirectory: true) {
            throw CairnError(
                .config, "git ignores '\(control.bytes.printable)'", hint: "add a line `!.dvc` to .gitignore",
                dvc: "\(control.bytes.printable) is ignored by your SCM tool. \n"
                    + "Make sure that it's tracked, for example, by adding '!.dvc' to .gitignore.")
        }
        let open = try Folder(folder)
        if let status = try open.status(of: Array(".dvc".utf8)) {
            try makeRoom(in: open, control, status.kind, options, surroundings, personality, reporter)
        }
        try make(in: open, control, usesGit: git != nil, isDVC: options.isDVC || personality == .dvc)
        let ignoreFile = folder.appending(".dvcignore")
        if try ignoreFile.status() == nil { try AtomicFile.write(Array(ignoreFileText.utf8), to: ignoreFile) }
        let isStaged = git.map { stage(control, ignoreFile, $0, reporter) } ?? false
        return InitializeReport(root: folder, usesGit: git != nil, isStaged: isStaged)
    }

    private static let ignoreFileText = """
        # Add patterns of files dvc should ignore, which could improve
        # the performance. Learn more at
        # https://dvc.org/doc/user-guide/dvcignore

        """

    private enum FailureOfUsage {
        static let contradiction = CairnError(
            .usage, "--no-scm and --subdir contradict each other", hint: "give one of them",
            dvc: "Cannot initialize repo with `--no-scm` and `--subdir`")
    }

    /// The git repository of a new workspace.
    private static func repository(for folder: FilePath, isNested: Bool) throws -> GitRepository {
        let git = try folder.status(following: true) == nil ? nil : GitRepository.discover(from: folder)
        if let git, let top = git.workDirectory {
            let real = try folder.resolved()
            if isNested || real.bytes.elementsEqual(top.lexicallyNormalized().bytes) { return git }
        }
        let place = folder.bytes.printable
        let isInside = git?.workDirectory != nil
        throw CairnError(
            .notFound,
            isInside
                ? "'\(place)' is not the top of its git repository" : "'\(place)' is not in a git repository",
            hint: isInside
                ? "use `--subdir` to make a workspace of this folder only"
                : "run `git init` first, or use `--no-scm` to work without git",
            dvc:
                "\(place) is not tracked by any supported SCM tool (e.g. Git). Use `--no-scm` if you don't want to use "
                + "any SCM or `--subdir` if initializing inside a subdirectory of a parent SCM repository.")
    }

    /// Takes an earlier workspace away, if that is wanted.
    private static func makeRoom(
        in folder: Folder, _ control: FilePath, _ kind: FileStatus.Kind, _ options: InitializeOptions,
        _ surroundings: Surroundings, _ personality: Personality, _ reporter: any Reporter
    ) throws {
        guard kind == .folder || kind == .symbolicLink else {
            throw CairnError(.conflict, "'\(control.bytes.printable)' is there and is no folder")
        }
        guard options.replaces else {
            throw CairnError(
                .conflict, "there is a workspace already: '\(control.bytes.printable)' exists",
                hint: "`--force` deletes it with its settings and its cache, and makes a new one",
                dvc: "'.dvc' exists. Use `-f` to force.")
        }
        // Its configuration may be what is broken, so it is not read.
        let earlier = Workspace(
            root: control.removingLastComponent(), configuration: Configuration([], home: nil),
            surroundings: surroundings, personality: personality)
        let lock = kind == .folder ? try RepositoryLock.acquire(in: earlier, reporter: reporter) : nil
        try withExtendedLifetime(lock) { try folder.removeTree(Array(".dvc".utf8)) }
    }

    private static func make(in folder: Folder, _ control: FilePath, usesGit: Bool, isDVC: Bool) throws {
        let aside = Array(".dvc.cairn-\(Surroundings.processID)".utf8)
        try folder.removeTree(aside)  // left by a killed process whose number came round again
        let path = folder.path(of: aside)
        do {
            try path.appending("tmp").makeFolders()
            var settings = usesGit ? "" : "[core]\n    no_scm = True\n"
            if !isDVC {
                var random = SystemRandomNumberGenerator()
                settings += "[cairn]\n    format = native\n    id = \(UniqueID(using: &random).text)\n"
            }
            try AtomicFile.write(Array(settings.utf8), to: path.appending("config"))
            if usesGit {
                try AtomicFile.write(
                    Array("/config.local\n/tmp\n/cache\n".utf8), to: path.appending(".gitignore"))
            }
            _ = try path.appending("tmp/btime").touch()
            try folder.renameExclusively(aside, to: folder, Array(".dvc".utf8))
            try folder.sync()
        } catch {
            try? folder.removeTree(aside)  // the first failure is the one to report
            throw error
        }
    }

    /// Puts the new files into git's index. That it fails is no reason to take the workspace back.
    private static func stage(
        _ control: FilePath, _ ignoreFile: FilePath, _ git: GitRepository, _ reporter: any Reporter
    ) -> Bool {
        let files = [control.appending("config"), control.appending(".gitignore"), ignoreFile]
        do throws(GitError) {
            let ignored = try git.stage(files.compactMap { git.relativePath(of: $0) })
            for path in ignored {
                reporter.warn("git ignores '\(path.printable)', so it is not staged", hint: nil)
            }
            return true
        } catch {
            reporter.warn(CairnError(error).message, hint: "run `git add .dvc .dvcignore`")
            return false
        }
    }
}
