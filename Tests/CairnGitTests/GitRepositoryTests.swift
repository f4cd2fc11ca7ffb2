import CairnSystem
import Foundation
import Testing

@testable import CairnGit

@Suite("finding and opening repositories")
struct GitRepositoryTests {
    @Test("finds no repository where there is none, or nothing at all")
    func nothing() throws {
        let fixture = try GitFixture(nil)
        var surroundings = fixture.surroundings
        surroundings.ceilings = [fixture.scratch.removingLastComponent()]
        #expect(try GitRepository.discover(from: fixture.top, surroundings: surroundings) == nil)
        let missing = fixture.top.appending("missing")
        #expect(try GitRepository.discover(from: missing, surroundings: surroundings) == nil)
    }

    @Test("finds the repository from its top, a folder, a file and through a symbolic link")
    func discovers() throws {
        let fixture = try GitFixture()
        try fixture.write("a/b/file", "x")
        fixture.link("way", to: "a/b")
        for place in ["", "a", "a/b", "a/b/file", "way"] {
            let repository = try fixture.open(fixture.top.appending(bytes: bytes(place)))
            #expect(repository.workDirectory == fixture.top)
            #expect(repository.gitDirectory == fixture.top.appending(".git"))
            #expect(repository.commonDirectory == repository.gitDirectory)
            #expect(!repository.isBare)
        }
    }

    @Test("does not look above a ceiling")
    func ceiling() throws {
        let fixture = try GitFixture()
        let folder = fixture.top.appending(bytes: bytes("a/b"))
        try fixture.make(folder: folder)
        var surroundings = fixture.surroundings
        surroundings.ceilings = [fixture.top.appending("a")]
        #expect(try GitRepository.discover(from: folder, surroundings: surroundings) == nil)
        #expect(
            try GitRepository.discover(from: folder.removingLastComponent(), surroundings: surroundings)
                != nil)
    }

    @Test("goes past a .git folder that is no repository, as git does")
    func emptyGitFolder() throws {
        let fixture = try GitFixture()
        try fixture.make(folder: fixture.top.appending(bytes: bytes("sub/.git")))
        #expect(try fixture.open(fixture.top.appending("sub")).workDirectory == fixture.top)
    }

    @Test(
        "refuses a .git file that leads nowhere",
        arguments: ["gitdir: ../gone\n", "nonsense\n", "gitdir: \n"])
    func brokenLink(_ text: String) throws {
        let fixture = try GitFixture(nil)
        try fixture.write(".git", text)
        #expect(throws: GitError.self) { try fixture.open() }
    }

    @Test("opens a bare repository")
    func bare() throws {
        let fixture = try GitFixture(["--bare"])
        let repository = try fixture.open()
        #expect(repository.isBare)
        #expect(try repository.head() == nil)
        #expect(throws: GitError.self) { try repository.stage([bytes("x")]) }
        #expect(throws: GitError.self) { try repository.changes() }
    }

    @Test("tells the folders of a linked worktree apart")
    func linkedWorktree() throws {
        let fixture = try GitFixture()
        try fixture.write("tracked", "1")
        try fixture.commit("one")
        let linked = fixture.scratch.appending("linked")
        try fixture.git(["worktree", "add", "-q", "-b", "side", linked.string])
        let repository = try fixture.open(linked)
        #expect(repository.workDirectory == linked)
        #expect(repository.gitDirectory == fixture.top.appending(bytes: bytes(".git/worktrees/linked")))
        #expect(repository.commonDirectory == fixture.top.appending(".git"))
        #expect(try repository.activeBranch() == "side")

        try fixture.write("new", in: linked, "2")
        try repository.stage([bytes("new")])
        #expect(try fixture.text(["status", "--porcelain"], in: linked) == "A  new")
        #expect(try fixture.text(["status", "--porcelain"]) == "")
    }

    @Test("opens a submodule by its .git file, also with its work tree named in config.worktree")
    func submodule() throws {
        let fixture = try GitFixture()
        try fixture.commit("outer")
        let other = fixture.scratch.appending("other")
        try fixture.git(["init", "-q", other.string])
        try fixture.write("inner", in: other, "1")
        try fixture.commit("inner", in: other)
        try fixture.git(["submodule", "add", "-q", other.string, "sub"])
        let sub = fixture.top.appending("sub")
        #expect(try fixture.open(sub).workDirectory == sub)
        #expect(try fixture.open(sub).gitDirectory == fixture.top.appending(bytes: bytes(".git/modules/sub")))
        #expect(try fixture.open(sub).isTracked(bytes("inner")))
        #expect(try !fixture.open().isTracked(bytes("sub/inner")))
        #expect(throws: GitError.self) { try fixture.open().stage([bytes("sub/inner")]) }

        try fixture.git(["config", "extensions.worktreeConfig", "true"], in: sub)
        try fixture.git(["config", "--worktree", "core.worktree", "../../../sub"], in: sub)
        try fixture.git(
            ["config", "--file", "../.git/modules/sub/config", "--unset", "core.worktree"], in: sub)
        #expect(try fixture.open(sub).workDirectory == sub)
    }

    @Test("reads config.worktree, which libgit2 does not")
    func worktreeConfiguration() throws {
        let fixture = try GitFixture()
        try fixture.git(["config", "core.repositoryformatversion", "1"])
        try fixture.git(["config", "extensions.worktreeConfig", "true"])
        try fixture.git(["config", "--worktree", "core.hooksPath", "my hooks"])
        #expect(try fixture.open().hooksDirectory() == fixture.top.appending("my hooks"))
        try fixture.git(["config", "--worktree", "core.hooksPath", "~/hooks"])
        #expect(try fixture.open().hooksDirectory().lastComponent == "hooks")
    }

    @Test(
        "refuses formats that cannot be read, naming the extension",
        arguments: [
            (
                "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n",
                "objectformat = sha256"
            ),
            (
                "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n",
                "refstorage = reftable"
            ),
            ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tmarvel = yes\n", "marvel"),
            ("[core]\n\trepositoryformatversion = 7\n", "core.repositoryformatversion = 7"),
        ])
    func unsupported(_ configuration: String, _ name: String) throws {
        let fixture = try GitFixture()
        try fixture.write(".git/config", configuration)
        let error = #expect(throws: GitError.self) { try fixture.open() }
        #expect(error?.reason == .unsupported(name))
        #expect(error?.message.contains(name) == true)
    }

    @Test("refuses a repository that git made with SHA-256")
    func sha256() throws {
        let fixture = try GitFixture(["--object-format=sha256"])
        let error = #expect(throws: GitError.self) { try fixture.open() }
        #expect(error?.reason == .unsupported("objectformat = sha256"))
    }

    @Test("opens format 1 with extensions that change nothing here")
    func supportedExtensions() throws {
        let fixture = try GitFixture()
        let text =
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha1\n\trefStorage = files\n"
        try fixture.write(
            ".git/config", text + "\tpartialClone = origin\n\tnoop = 1\n\tpreciousObjects = 1\n")
        #expect(try fixture.open().workDirectory == fixture.top)
    }

    @Test(
        "names the command that declares another user's repository safe, and obeys it",
        .enabled(if: geteuid() == 0, "only root can give a folder to another user"))
    func foreignOwner() throws {
        let fixture = try GitFixture()
        #expect(chown(fixture.top.string, 12_345, 12_345) == 0)
        let error = #expect(throws: GitError.self) { try fixture.open() }
        #expect(error?.reason == .foreignOwner)
        let command = "git config --global --add safe.directory \(fixture.top)"
        #expect(error?.message == "it belongs to another user; if you trust it, run `\(command)`")

        var sudo = fixture.surroundings
        sudo.sudoUserID = 12_345
        #expect(try GitRepository.discover(from: fixture.top, surroundings: sudo) != nil)
        try fixture.git(
            Array(command.split(separator: " ").map(String.init).dropFirst()), in: fixture.scratch)
        #expect(try fixture.open().workDirectory == fixture.top)
        try fixture.git(["config", "--global", "--add", "safe.directory", ""], in: fixture.scratch)
        #expect(throws: GitError.self) { try fixture.open() }
        try fixture.git(["config", "--global", "--add", "safe.directory", "*"], in: fixture.scratch)
        #expect(try fixture.open().workDirectory == fixture.top)
    }

    @Test(
        "does not let a repository declare itself safe",
        .enabled(if: geteuid() == 0, "only root can give a folder to another user"))
    func selfDeclared() throws {
        let fixture = try GitFixture()
        try fixture.git(["config", "safe.directory", "*"])
        #expect(chown(fixture.top.string, 12_345, 12_345) == 0)
        #expect(throws: GitError.self) { try fixture.open() }
    }

    @Test("gives paths relative to the top, also through symbolic links and for what does not exist yet")
    func relativePaths() throws {
        let fixture = try GitFixture()
        try fixture.write("a/file", "x")
        let alias = fixture.scratch.appending("alias")
        #expect(symlink(fixture.top.string, alias.string) == 0)
        let repository = try fixture.open()
        for top in [fixture.top, alias] {
            #expect(repository.relativePath(of: top.appending(bytes: bytes("a/file"))) == bytes("a/file"))
            #expect(repository.relativePath(of: top.appending(bytes: bytes("a/new/x"))) == bytes("a/new/x"))
            #expect(repository.relativePath(of: top.appending(bytes: bytes("a/../b"))) == bytes("b"))
        }
        #expect(repository.relativePath(of: fixture.top) == nil)
        #expect(repository.relativePath(of: fixture.scratch.appending("main2")) == nil)
    }

    @Test("takes git's environment variables")
    func surroundings() {
        let variables = [
            "HOME": "/home/ada", "GIT_INDEX_FILE": ".git/next", "GIT_CEILING_DIRECTORIES": "/a:/b",
            "SUDO_UID": "5",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "/x",
        ]
        let usual = GitSurroundings(userID: 0) { variables[$0] }
        #expect(usual.systemConfiguration == "/etc/gitconfig")
        #expect(usual.globalConfigurations == ["/home/ada/.config/git/config", "/home/ada/.gitconfig"])
        #expect(usual.defaultExcludesFile == "/home/ada/.config/git/ignore")
        #expect(usual.indexFile == ".git/next" && usual.ceilings == ["/a", "/b"] && usual.sudoUserID == 5)
        #expect(usual.safeDirectories == ["/x"])
        let own = GitSurroundings(userID: 7) {
            ["GIT_CONFIG_GLOBAL": "/g", "GIT_CONFIG_NOSYSTEM": "1", "SUDO_UID": "5"][$0]
        }
        #expect(own.systemConfiguration == nil && own.globalConfigurations == ["/g"] && own.sudoUserID == nil)
    }
}
