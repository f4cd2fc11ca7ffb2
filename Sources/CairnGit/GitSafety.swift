import CairnCore
import CairnSystem
internal import CLibGit2

/// What is checked before libgit2 opens a repository: who owns it, and whether its format is understood.
enum GitSafety {
    /// Refuses a repository of somebody else that the user has not declared safe, by git's own rules.
    ///
    /// A repository names programs that git runs (hooks, filters) and files that are written, so that a folder that another
    /// user made must not take effect merely because one stands in it. Only the configuration of the machine, of the user
    /// and of the environment may declare it safe, never the repository's own.
    ///
    /// - Throws: `GitError` with reason `foreignOwner`; or another when a configuration file cannot be read.
    static func checkOwner(of place: GitPlace, _ surroundings: GitSurroundings) throws(GitError) {
        let paths = [place.gitFile, place.workDirectory, place.gitDirectory].compactMap { $0 }
        let users = [surroundings.userID, surroundings.sudoUserID]
        if paths.allSatisfy({ users.contains(GitFiles.status($0)?.owner) }) { return }

        let subject = (place.workDirectory ?? place.gitDirectory).bytes
        var isSafe = false
        let files = [surroundings.systemConfiguration].compactMap { $0 } + surroundings.globalConfigurations
        var values: [[UInt8]] = []
        for file in files {
            let configuration = try GitConfiguration(files: [(file, GIT_CONFIG_LEVEL_GLOBAL)])
            values += try configuration.values("safe.directory")
        }
        for value in values + surroundings.safeDirectories.map({ Array($0.utf8) }) {
            // An empty value takes back what came before it.
            isSafe = value.isEmpty ? false : isSafe || matches(value, subject)
        }
        guard isSafe else { throw foreignOwner(subject) }
    }

    private static func matches(_ value: [UInt8], _ subject: [UInt8]) -> Bool {
        if value == [UInt8(ascii: "*")] { return true }
        guard let path = try? GitConfiguration.path(value) else { return false }
        if path.suffix(2).elementsEqual("/*".utf8) { return subject.starts(with: path.dropLast()) }
        return path == subject || FilePath(bytes: path) == FilePath(bytes: subject)
    }

    private static func foreignOwner(_ subject: [UInt8]) -> GitError {
        let path = subject.printable
        let quoted =
            "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
        let isPlain = subject.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "/._-+".utf8.contains($0)
        }
        return GitError(
            code: GIT_EOWNER.rawValue, operation: "open the git repository '\(path)'",
            message: "it belongs to another user; if you trust it, run "
                + "`git config --global --add safe.directory \(isPlain ? path : quoted)`",
            reason: .foreignOwner)
    }

    /// Refuses formats and extensions of a repository that libgit2 cannot work with.
    ///
    /// - Throws: `GitError` with reason `unsupported` that names the extension; another when the configuration cannot be read.
    static func checkFormat(of place: GitPlace) throws(GitError) {
        let configuration = try GitConfiguration(
            files: [(place.commonDirectory.appending("config"), GIT_CONFIG_LEVEL_LOCAL)])
        let version = try configuration.values("core.repositoryformatversion").last ?? []
        guard [[], Array("0".utf8), Array("1".utf8)].contains(version) else {
            throw unsupported("core.repositoryformatversion = \(version.printable)", place)
        }
        for (name, value) in try configuration.entries(matching: "^extensions\\.") {
            let key = String(decoding: name.dropFirst("extensions.".utf8.count), as: UTF8.self).lowercased()
            let text = value.printable
            // Both of these change the bytes of every object or reference, whatever the version beside them says.
            if key == "objectformat" && text != "sha1" || key == "refstorage" && text != "files" {
                throw unsupported("\(key) = \(text)", place)
            }
            guard version != Array("1".utf8) || GitLibrary.extensions.contains(key) else {
                throw unsupported(key, place)
            }
        }
    }

    private static func unsupported(_ name: String, _ place: GitPlace) -> GitError {
        GitError(
            code: GIT_ERROR.rawValue,
            operation:
                "open the git repository '\((place.workDirectory ?? place.gitDirectory).bytes.printable)'",
            message: "it uses the extension '\(name)', which is not supported here",
            reason: .unsupported(name))
    }
}
