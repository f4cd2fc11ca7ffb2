import CairnSystem

/// What git takes from outside of a repository: configuration files, the user, and limits of the search.
///
/// A value, so that tests need not change the environment of their own process.
public struct GitSurroundings: Hashable, Sendable {
    /// The configuration of the machine, usually `/etc/gitconfig`; `nil` to read none.
    public var systemConfiguration: FilePath?
    /// The configuration files of the user; later ones win.
    public var globalConfigurations: [FilePath]
    /// The user's list of ignored files where `core.excludesFile` names no other.
    public var defaultExcludesFile: FilePath?
    /// Values of `safe.directory` given by the environment's `GIT_CONFIG_COUNT` variables.
    public var safeDirectories: [String] = []
    /// An index file in place of the repository's own, as git names it to the hooks of a partial commit.
    public var indexFile: FilePath?
    /// The folder that holds the repository, as `GIT_DIR` names it; it counts for paths in its work tree only.
    public var gitDirectory: FilePath?
    /// The top of that repository's work tree, as `GIT_WORK_TREE` names it.
    public var workTree: FilePath?
    /// Folders above which no repository is looked for.
    public var ceilings: [FilePath] = []
    /// The user that the process acts as.
    public var userID: UInt32
    /// For root by way of sudo: the user before, whose repositories git accepts too.
    public var sudoUserID: UInt32?

    /// Names everything; nothing is read.
    public init(systemConfiguration: FilePath?, globalConfigurations: [FilePath], userID: UInt32) {
        self.systemConfiguration = systemConfiguration
        self.globalConfigurations = globalConfigurations
        self.userID = userID
    }

    /// Follows git's own environment variables; `environment` answers with a variable's value.
    public init(userID: UInt32, environment: (String) -> String?) {
        func path(_ name: String) -> FilePath? {
            environment(name).flatMap { $0.isEmpty ? nil : FilePath($0) }
        }
        let noSystem = environment("GIT_CONFIG_NOSYSTEM")?.lowercased()
        let readsSystem = [nil, "", "0", "false", "no", "off"].contains(noSystem)
        systemConfiguration = readsSystem ? path("GIT_CONFIG_SYSTEM") ?? "/etc/gitconfig" : nil
        let home = path("HOME")
        let folder = (path("XDG_CONFIG_HOME") ?? home?.appending(".config"))?.appending("git")
        defaultExcludesFile = folder?.appending("ignore")
        if let only = path("GIT_CONFIG_GLOBAL") {
            globalConfigurations = [only]
        } else {
            globalConfigurations = [folder?.appending("config"), home?.appending(".gitconfig")].compactMap {
                $0
            }
        }
        for index in 0..<min(environment("GIT_CONFIG_COUNT").flatMap(Int.init) ?? 0, 10_000)
        where environment("GIT_CONFIG_KEY_\(index)")?.lowercased() == "safe.directory" {
            safeDirectories.append(environment("GIT_CONFIG_VALUE_\(index)") ?? "")
        }
        indexFile = path("GIT_INDEX_FILE")
        gitDirectory = path("GIT_DIR")
        workTree = path("GIT_WORK_TREE")
        ceilings = (environment("GIT_CEILING_DIRECTORIES") ?? "").utf8.split(separator: UInt8(ascii: ":"))
            .map { FilePath(bytes: $0) }
        self.userID = userID
        sudoUserID = userID == 0 ? environment("SUDO_UID").flatMap(UInt32.init) : nil
    }

    /// The surroundings of this process.
    public static func ofProcess() -> GitSurroundings {
        GitSurroundings(userID: Surroundings.effectiveUser, environment: Surroundings.variable)
    }
}
