import Glibc

/// A small world for one test: a scratch folder, a home, git with a fixed identity, and both programs, none of which sees
/// this user's settings or shares state with another test.
public final class Sandbox: Sendable {
    /// The folder in which everything lies.
    public let scratch: ScratchDirectory
    /// All that programs see of an environment.
    public let environment: [String: String]

    /// Makes a world.
    ///
    /// - Throws: `SupportError` when the folder cannot be made.
    public init(environment extra: [String: String] = [:]) throws {
        umask(0o022)  // what the samples were made with; the whole test process means the same
        scratch = try ScratchDirectory()
        for name in ["home/.config", "bin", "site"] { try Files.makeFolder(scratch(name)) }
        try Files.link(scratch("bin/cairn"), to: Cairn.path)
        try Files.link(scratch("bin/dvc"), to: Cairn.path)
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        var values = [
            "PATH": "\(scratch("bin")):\(path)",
            "HOME": scratch("home"),
            "XDG_CONFIG_HOME": scratch("home/.config"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "NO_COLOR": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": scratch("home/gitconfig"),
            "GIT_TERMINAL_PROMPT": "0",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": scratch("site"),
            "DVC_GLOBAL_CONFIG_DIR": scratch("home/dvc-global"),
            "DVC_SYSTEM_CONFIG_DIR": scratch("home/dvc-system"),
        ]
        if let library = getenv("LD_LIBRARY_PATH") { values["LD_LIBRARY_PATH"] = String(cString: library) }
        environment = values.merging(extra) { $1 }
        try Files.write(
            """
            [user]
            \tname = Test
            \temail = test@example.org
            [init]
            \tdefaultBranch = main
            [advice]
            \tdetachedHead = false
            [safe]
            \tdirectory = *
            [protocol "file"]
            \tallow = always
            [commit]
            \tgpgsign = false

            """, to: scratch("home/gitconfig"))
    }

    /// The absolute path of something in this world.
    public func callAsFunction(_ relative: String) -> String { scratch(relative) }

    /// Runs the program under test as `cairn`.
    ///
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    public func cairn(
        _ arguments: String..., in folder: String, input: String = "", seconds: Double = 120
    ) throws -> Program.Result {
        try Program.run(
            scratch("bin/cairn"), arguments, in: scratch(folder), environment: environment,
            input: Array(input.utf8),
            seconds: seconds)
    }

    /// Runs the program under test through a link named `dvc`.
    ///
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    public func cairnAsDVC(
        _ arguments: String..., in folder: String, input: String = "", seconds: Double = 120
    ) throws -> Program.Result {
        try Program.run(
            scratch("bin/dvc"), arguments, in: scratch(folder), environment: environment,
            input: Array(input.utf8),
            seconds: seconds)
    }

    /// Starts the program under test as `cairn` and comes back at once.
    ///
    /// - Throws: `SupportError` when it cannot be started.
    public func start(_ arguments: [String], in folder: String) throws -> RunningProgram {
        try Program.start(scratch("bin/cairn"), arguments, in: scratch(folder), environment: environment)
    }

    /// Runs git, which must succeed.
    ///
    /// - Throws: `SupportError` when it does not.
    @discardableResult
    public func git(_ arguments: String..., in folder: String) throws -> String {
        // A fixed date makes the same commits in every run.
        let dates = ["GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"]
        return try Program.run(
            "/usr/bin/env", ["git"] + arguments, in: scratch(folder),
            environment: environment.merging(dates) { $1 }
        ).succeeded().stdout
    }

    /// Runs a shell command in which `cairn` and `dvc` are the program under test; both streams come in one.
    ///
    /// - Throws: `SupportError` when it cannot be started, or takes too long.
    public func shell(_ command: String, in folder: String, seconds: Double = 120) throws -> Program.Result {
        try Program.run(
            "/bin/sh", ["-c", command], in: scratch(folder), environment: environment, merged: true,
            seconds: seconds)
    }

    /// Makes a git repository in a folder, with what `cairn init --dvc` makes already committed.
    ///
    /// The files are written here and not by the program, so that a test of one command depends on that command alone.
    ///
    /// - Parameter settings: the text of `.dvc/config`.
    /// - Throws: `SupportError` when it cannot be made.
    public func makeProject(_ folder: String, settings: String = "") throws {
        try Files.makeFolder(scratch(folder))
        try git("init", "-q", in: folder)
        try Files.write(settings, to: scratch("\(folder)/.dvc/config"))
        try Files.write("/config.local\n/tmp\n/cache\n", to: scratch("\(folder)/.dvc/.gitignore"))
        try Files.write("# nothing is ignored\n", to: scratch("\(folder)/.dvcignore"))
        try commit(folder, "start")
    }

    /// The settings that make a workspace a native one, always of the same id.
    public static let nativeSettings =
        "[cairn]\n    format = native\n    id = 11111111-1111-4111-8111-111111111111\n"

    /// As `makeProject`, with a native workspace, as `cairn init` makes it.
    ///
    /// - Parameter settings: what is in `.dvc/config` besides.
    /// - Throws: `SupportError` when it cannot be made.
    public func makeNativeProject(_ folder: String, settings: String = "") throws {
        try makeProject(folder, settings: settings + Self.nativeSettings)
    }

    /// Makes `remote` (relative to this world) the default remote of a project, by its absolute path.
    ///
    /// - Throws: `SupportError` when the configuration cannot be written.
    public func setRemote(_ folder: String, to remote: String = "remote") throws {
        try Files.write(
            "[core]\n    remote = store\n['remote \"store\"']\n    url = \(scratch(remote))\n",
            to: scratch("\(folder)/.dvc/config"))
        try commit(folder, "remote")
    }

    /// Commits everything that git does not ignore; nothing to commit is fine.
    ///
    /// - Throws: `SupportError` when git does not succeed.
    public func commit(_ folder: String, _ message: String) throws {
        try git("add", "-A", in: folder)
        try git("commit", "-q", "--allow-empty", "-m", message, in: folder)
    }
}
