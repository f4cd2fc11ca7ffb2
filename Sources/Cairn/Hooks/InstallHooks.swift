import CairnCore
import CairnGit
import CairnSystem

/// How hooks are installed.
public struct InstallOptions: Sendable {
    /// Whether to let the program `pre-commit` run them, by its configuration file.
    public var usesPreCommitTool = false
    /// Whether to write to a folder of hooks that other repositories may use too.
    public var allowsShared = false

    /// Into the repository's own folder of hooks.
    public init() {}
}

/// What an installation, or its opposite, changed.
public struct InstallReport: Sendable {
    /// The folder of hooks, as the user sees it.
    public internal(set) var folder = ""
    /// Hooks that were written, or taken away.
    public internal(set) var hooks: [HookName] = []
    /// Hooks of others that were there: they run first now; or they are back in their places.
    public internal(set) var kept: [HookName] = []
    /// Hooks of DVC's among them, which ours replace.
    public internal(set) var replaced: [HookName] = []
    /// Hooks of others that were left alone although ours should be there, with the reason.
    public internal(set) var warnings: [CairnError] = []
    /// True if the configuration of git changed.
    public internal(set) var changedConfiguration = false
    /// Files of the workspace that changed, as the user sees them: they belong into the next commit.
    public internal(set) var changedFiles: [String] = []

    /// True if there was something to do.
    public var isChanged: Bool { !hooks.isEmpty || changedConfiguration || !changedFiles.isEmpty }
}

extension Workspace {
    /// Makes git call this program: before commits and pushes, after it has moved, and when it merges pointers and locks.
    ///
    /// Hooks that are there are kept and run first.
    /// - Throws: `CairnError` of kind `usage` without a git repository, `conflict` for a folder of hooks that is shared.
    public func installHooks(
        _ options: InstallOptions = InstallOptions(), reporter: any Reporter = SilentReporter()
    ) throws -> InstallReport {
        let git = try hookRepository()
        var report = InstallReport()
        if options.usesPreCommitTool {
            try addToPreCommitTool(git, &report)
        } else {
            try installFiles(git, options, &report)
        }
        report.changedConfiguration = try MergeDriver.register(in: git, personality)
        // DVC registers its driver and says nowhere what it is for.
        if personality == .cairn, try MergeAttributes.add(in: self) {
            report.changedFiles.append(display(MergeAttributes.file))
        }
        return report
    }

    /// Takes away what `installHooks` has made, and puts back what was there before.
    ///
    /// - Throws: `CairnError` of kind `usage` without a git repository.
    public func uninstallHooks(reporter: any Reporter = SilentReporter()) throws -> InstallReport {
        let git = try hookRepository()
        var report = InstallReport()
        let folder = try git.hooksDirectory()
        report.folder = surroundings.relativePath(of: folder).printable
        for name in HookName.allCases { try remove(name, from: folder, &report) }
        if try removeFromPreCommitTool(git) { report.changedFiles.append(Self.preCommitFile) }
        report.changedConfiguration = try MergeDriver.unregister(in: git)
        if try MergeAttributes.remove(in: self) { report.changedFiles.append(display(MergeAttributes.file)) }
        return report
    }

    /// The repository whose hooks are meant.
    func hookRepository() throws -> GitRepository {
        guard usesGit, let git = try GitRepository.discover(from: root), !git.isBare else {
            throw CairnError(
                .usage, "'\(root.bytes.printable)' is not in a git repository, so there are no hooks",
                hint: "make one: `git init`")
        }
        return git
    }

    private func installFiles(
        _ git: GitRepository, _ options: InstallOptions, _ report: inout InstallReport
    ) throws {
        let folder = try git.hooksDirectory()
        report.folder = surroundings.relativePath(of: folder).printable
        if try git.sharesHooks(), !options.allowsShared {
            throw CairnError(
                .conflict,
                "git's core.hooksPath is '\(folder.bytes.printable)', where hooks of other repositories may be too: nothing was installed",
                hint:
                    "write there all the same: `\(personality.command) install --shared`; or let hooks of your own call `\(personality.command) git-hook NAME \"$@\"`"
            )
        }
        if personality == .dvc { return try installAsDVC(in: folder, &report) }
        try folder.makeFolders()
        let program = try? FilePath("/proc/self/exe").resolved()
        for name in HookName.allCases { try install(name, in: folder, program, &report) }
    }

    /// DVC refuses where there are hooks already, and writes only its three.
    private func installAsDVC(in folder: FilePath, _ report: inout InstallReport) throws {
        for name in HookName.ofDVC where try folder.appending(name.rawValue).status() != nil {
            throw CairnError(
                .conflict, "the hook '\(name.rawValue)' is there already",
                dvc:
                    "failed to install DVC Git hooks - Hook '\(name.rawValue)' already exists. Please refer to <https://man.dvc.org/install> for more info."
            )
        }
        try folder.makeFolders()
        for name in HookName.ofDVC {
            try AtomicFile.write(
                HookFile.textOfDVC(name), to: folder.appending(name.rawValue), permissions: 0o777)
            report.hooks.append(name)
        }
    }

    private func install(
        _ name: HookName, in folder: FilePath, _ program: FilePath?, _ report: inout InstallReport
    ) throws {
        let file = folder.appending(name.rawValue)
        let aside = folder.appending(name.rawValue + HookFile.suffix)
        let old = try file.status() == nil ? nil : (try file.readIfPresent(limit: 16 << 20) ?? [])
        let maker = old.map(HookFile.maker)
        if let maker, maker != .cairn {
            guard try aside.status() == nil else {
                report.warnings.append(
                    CairnError(
                        .conflict,
                        "the hook '\(name.rawValue)' was left alone: it is another's, and so is '\(name.rawValue)\(HookFile.suffix)' beside it",
                        hint: "make one of the two, and run `cairn install` again"))
                return
            }
            // A crash behind this line leaves the old hook aside, where the next installation or removal finds it.
            let parent = try Folder(folder)
            try parent.rename(
                Array(name.rawValue.utf8), to: parent, Array((name.rawValue + HookFile.suffix).utf8))
            if maker == .dvc { report.replaced.append(name) } else { report.kept.append(name) }
        }
        // What DVC's hooks do, ours do too: once is enough.
        let before = try aside.status() == nil ? nil : (try aside.readIfPresent(limit: 16 << 20) ?? [])
        let text = HookFile.text(
            name, program: program, chains: before.map { HookFile.maker(of: $0) != .dvc } ?? false)
        guard text != old else { return }
        try AtomicFile.write(text, to: file, permissions: 0o777 & (Surroundings.newFilePermissions | 0o111))
        report.hooks.append(name)
    }

    private func remove(_ name: HookName, from folder: FilePath, _ report: inout InstallReport) throws {
        let file = folder.appending(name.rawValue)
        let aside = folder.appending(name.rawValue + HookFile.suffix)
        let isThere = try file.status() != nil
        let hasOther = try aside.status() != nil
        guard isThere || hasOther else { return }
        let maker = HookFile.maker(of: try file.readIfPresent(limit: 16 << 20) ?? [])
        let parent = try Folder(folder)
        let own = Array(name.rawValue.utf8)
        if isThere, maker != .cairn {
            // As dvc, its own hooks are ours.
            guard !hasOther else {
                report.warnings.append(
                    CairnError(
                        .conflict,
                        "the hook '\(name.rawValue)' is not cairn's any more, so '\(name.rawValue)\(HookFile.suffix)' was left beside it"
                    ))
                return
            }
            guard maker == .dvc, personality == .dvc else { return }
        }
        if hasOther {
            // Takes the place of ours in one step.
            try parent.rename(Array((name.rawValue + HookFile.suffix).utf8), to: parent, own)
            report.kept.append(name)
        } else {
            try parent.remove(own)
        }
        report.hooks.append(name)
    }
}
