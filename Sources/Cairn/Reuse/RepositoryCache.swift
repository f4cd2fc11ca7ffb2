import CairnCore
import CairnGit
import CairnSystem
import Synchronization

/// Copies of repositories from elsewhere, kept in a folder of the user's own between commands (`$XDG_CACHE_HOME/cairn/repositories`, or
/// below `~/.cache`). Deleting it costs time and nothing else.
struct RepositoryCache {
    /// One repository: its git objects, and a folder for what is learned of its remotes.
    struct Entry {
        /// A bare git repository.
        let git: FilePath
        /// A folder that stands for the workspace.
        let workspace: FilePath
    }

    private static let seconds = 600
    /// Addresses that this process has fetched from: once is enough for one command.
    private static let fetched = Mutex<Set<[UInt8]>>([])

    private let folder: FilePath
    private let environment: [String: String]
    private let reporter: any Reporter

    /// - Throws: `CairnError` of kind `config` for a user without a home.
    init(_ surroundings: Surroundings, reporter: any Reporter) throws {
        folder = try surroundings.userCache().appending("repositories")
        // A hook that calls us is told by git which repository it works in, which this one is not.
        environment = surroundings.environment.filter {
            !$0.key.utf8.starts(with: "GIT_".utf8) || Self.kept.contains($0.key)
        }
        self.reporter = reporter
    }

    private static let kept: Set<String> = [
        "GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_TERMINAL_PROMPT",
        "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSL_NO_VERIFY",
        "GIT_SSL_CAINFO",
        "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "GIT_HTTP_LOW_SPEED_LIMIT", "GIT_HTTP_LOW_SPEED_TIME",
    ]

    /// The folder that stands for the workspace of a repository that is not copied.
    func workspace(of path: FilePath) throws -> FilePath {
        let place = folder.appending(Self.name(of: path.bytes)).appending("workspace")
        try place.makeFolders()
        return place
    }

    /// The name of a copy: digits for the address, then what the repository is called, by which forks find each other.
    private static func name(of address: [UInt8]) -> String {
        let last =
            address.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }).last ?? []
        let stem = last.suffix(4).elementsEqual(".git".utf8) ? last.dropLast(4) : last
        let plain = stem.prefix(64).map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
            return isPlain ? byte : UInt8(ascii: "_")
        }
        return MD5.digest(of: address).hex + "-" + String(decoding: plain, as: UTF8.self)
    }

    /// A copy of a repository, up to date unless it has the commit that is asked for.
    ///
    /// - Parameter commit: the full name of a commit that is enough; `nil` to bring the copy up to date.
    /// - Throws: `CairnError` of kind `network` if git could not fetch; it said why on standard error. A copy that was there stays.
    func entry(for address: String, having commit: String?, shown: String) throws -> Entry {
        let bytes = Array(address.utf8)
        let name = Self.name(of: bytes)
        try folder.makeFolders()
        let top = try Folder(folder)
        try top.setPermissions(Array(".".utf8), 0o700)
        let own = try top.makeFolder([Array(name.utf8)[...]], permissions: 0o700)
        guard
            let lock = try FileLock.wait(for: .alone, of: "lock".utf8, in: own, patience: Self.seconds * 1000)
        else {
            throw CairnError(
                .locked, "another command has been fetching '\(shown)' for more than ten minutes",
                hint: "wait until it is done")
        }
        return try withExtendedLifetime(lock) {
            let entry = Entry(git: own.path.appending("git"), workspace: own.path.appending("workspace"))
            try entry.workspace.makeFolders()
            if try entry.git.status() == nil {
                try make(address, name, in: own, shown)
            } else if try !has(commit, entry.git), Self.fetched.withLock({ !$0.contains(bytes) }) {
                reporter.begin("fetching from \(shown)", items: nil, bytes: nil)
                do {
                    try fetch(address, into: entry.git, shown)
                } catch let error as CairnError {
                    // One that borrows objects is broken when the lender is gone.
                    guard try Self.alternates(of: entry.git.appending("objects")).status() != nil else {
                        throw error
                    }
                    try make(address, nil, in: own, shown)
                }
            }
            Self.fetched.withLock { _ = $0.insert(bytes) }
            return entry
        }
    }

    private func has(_ commit: String?, _ git: FilePath) throws -> Bool {
        guard let commit else { return false }
        return try (GitRepository.discover(from: git).map { (try? $0.resolve(commit)) != nil }) ?? false
    }

    /// Makes a copy aside and gives it its name when it is whole, in the place of one that may be there.
    ///
    /// - Parameter name: that of the copy, if it may borrow from others.
    private func make(_ address: String, _ name: String?, in own: Folder, _ shown: String) throws {
        reporter.begin("cloning \(shown)", items: nil, bytes: nil)
        let scratch = try ScratchFolder(in: own, "making")
        let git = scratch.folder.path(of: "git".utf8)
        try run(["init", "--quiet", "--bare", git.string], shown)
        if let name { try borrow(for: git, name) }
        try fetch(address, into: git, shown)
        if try own.status(of: "git".utf8) != nil {
            try own.rename("git".utf8, to: scratch.folder, "old".utf8)
        }
        try scratch.folder.rename("git".utf8, to: own, "git".utf8)
    }

    private func fetch(_ address: String, into git: FilePath, _ shown: String) throws {
        // Nothing of the address is written down: it may hold a password.
        let common = [
            "--git-dir", git.string, "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c",
            "gc.auto=0", "-c", "maintenance.auto=false",
        ]
        let fetch = [
            "fetch", "--quiet", "--force", "--no-recurse-submodules", "--no-tags", "--no-write-fetch-head",
        ]
        let refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        try run(common + fetch + ["--prune", "--", address] + refs, shown)
        // Which branch is the usual one; a repository without a commit has none.
        _ = try? ChildProcess.run(
            "git", common + ["symbolic-ref", "HEAD", "refs/heads/\(defaultBranch(address, common))"],
            environment: environment)
    }

    private func defaultBranch(_ address: String, _ common: [String]) throws -> String {
        let output = try ChildProcess.output(
            of: "git", common + ["ls-remote", "--symref", "--", address, "HEAD"], environment: environment,
            limit: 1 << 16, seconds: Self.seconds)
        let prefix = Array("ref: refs/heads/".utf8)
        guard output.exitCode == 0, output.bytes.starts(with: prefix) else { return "main" }
        return String(
            decoding: output.bytes.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "\t") }, as: UTF8.self)
    }

    /// Lets a new copy use the git objects of those of the same name, forks for instance. None of them ever throws objects away.
    private func borrow(for git: FilePath, _ name: String) throws {
        let own = Array(name.utf8)
        let suffix = own.drop { $0 != UInt8(ascii: "-") }
        var lines: [UInt8] = []
        for other in try Folder(folder).names()
        where other != own && other.drop(while: { $0 != UInt8(ascii: "-") }) == suffix {
            let objects = FilePath(bytes: folder.bytes + [UInt8(ascii: "/")] + other).appending("git")
                .appending("objects")
            // A copy that borrows itself is left out: chains break more easily.
            guard try objects.status()?.kind == .folder, try Self.alternates(of: objects).status() == nil
            else { continue }
            lines += objects.bytes + [UInt8(ascii: "\n")]
        }
        guard !lines.isEmpty else { return }
        try AtomicFile.write(lines, to: Self.alternates(of: git.appending("objects")))
    }

    private static func alternates(of objects: FilePath) -> FilePath {
        objects.appending("info").appending("alternates")
    }

    private func run(_ arguments: [String], _ shown: String) throws {
        let code: Int32
        do throws(SystemError) {
            code = try ChildProcess.run("git", arguments, environment: environment)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            throw CairnError(.notFound, "there is no program `git`, which fetches other repositories")
        }
        guard code == 0 else {
            throw CairnError(
                .network, "git could not fetch from '\(shown)'; it says why above",
                hint: shown.utf8.contains(UInt8(ascii: "*"))
                    ? nil : "see whether git can reach it: `git ls-remote \(Shell.quoted(shown))`",
                dvc: "Failed to clone repo '\(shown)'")
        }
    }
}

extension Surroundings {
    /// The folder of ours for what can be had again.
    ///
    /// - Throws: `CairnError` of kind `config` for a user without a home.
    func userCache() throws -> FilePath {
        if let cache = environment["XDG_CACHE_HOME"], FilePath(cache).isAbsolute {
            return FilePath(cache).appending("cairn")
        }
        guard let home else {
            throw CairnError(
                .config, "there is no home folder to keep copies of repositories in",
                hint: "set `HOME` or `XDG_CACHE_HOME`")
        }
        return home.appending(".cache").appending("cairn")
    }
}
