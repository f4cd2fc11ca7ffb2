public import CairnCore
import CairnRemote
public import CairnSystem

/// A clone of another git repository, for the time of one command.
public final class RepositoryClone {
    /// The folder of its work tree.
    public let root: FilePath
    private let scratch: ScratchFolder
    private static let name = Array("clone".utf8)

    /// Has git clone a repository into a folder of the user's own (`$XDG_CACHE_HOME/cairn`, or `~/.cache/cairn`).
    ///
    /// - Throws: `CairnError` of kind `network` if git could not; it said why on standard error.
    public init(
        of address: String, _ surroundings: Surroundings, reporter: any Reporter = SilentReporter()
    ) throws {
        scratch = try ScratchFolder(in: Self.base(surroundings), "clones")
        root = scratch.folder.path(of: Self.name)
        reporter.begin("cloning", items: nil, bytes: nil)
        try Self.clone(address, into: root, surroundings.environment)
    }

    private static func base(_ surroundings: Surroundings) throws -> Folder {
        let base: FilePath
        if let cache = surroundings.environment["XDG_CACHE_HOME"], FilePath(cache).isAbsolute {
            base = FilePath(cache).appending("cairn")
        } else if let home = surroundings.home {
            base = home.appending(".cache").appending("cairn")
        } else {
            throw CairnError(
                .config, "there is no home folder to clone into", hint: "set `HOME` or `XDG_CACHE_HOME`")
        }
        try base.makeFolders()
        return try Folder(base)
    }

    private static func clone(
        _ address: String, into folder: FilePath, _ environment: [String: String]
    ) throws {
        let code: Int32
        do throws(SystemError) {
            // Behind `--` nothing is an option of git.
            code = try ChildProcess.run(
                "git", ["clone", "--quiet", "--", address, folder.string], environment: environment)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            throw CairnError(.notFound, "there is no program `git`, which clones other repositories")
        }
        guard code == 0 else {
            let shown = RemoteLocation.shown(Array(address.utf8)).printable
            throw CairnError(
                .network, "git could not clone '\(shown)'",
                dvc: "SCM error: Failed to clone repo '\(shown)'")
        }
    }

    deinit {
        try? scratch.folder.removeTree(Self.name)  // what stays is cleared away by the next one
    }
}
