import CairnCore
import CairnSystem
internal import CLibGit2

extension GitRepository {
    /// Stages paths as `git add` does: the bytes of files that exist, all files below folders, the removal of what is gone.
    ///
    /// What git ignores and does not track yet is left alone. The index is written once, whole, in place of the old one; on
    /// failure it is unchanged.
    ///
    /// - Returns: The paths that were left alone because git ignores them.
    /// - Throws: `GitError` with reason `locked` when another process is writing the index, `notStageable` for a path behind a
    ///   symbolic link, in a submodule, or with a filter that only git can run; otherwise if a file cannot be read.
    @discardableResult
    public func stage(_ paths: [[UInt8]]) throws(GitError) -> [[UInt8]] {
        guard !paths.isEmpty else { return [] }
        let top = try requireWorkDirectory("stage files")
        var walk = GitUntrackedWalk(top: top, rules: try ignoreRules())
        return try locked { (raw) throws(GitError) in
            var index: OpaquePointer?
            try git("read the index") { git_repository_index(&index, raw) }
            defer { git_index_free(index) }
            try git("read the index") { git_index_read(index, 0) }
            do throws(GitError) {
                var ignored: [[UInt8]] = []
                // `index` is set: libgit2 returned 0.
                for path in paths { ignored += try Self.stage(path, top, &walk, raw, index!) }
                try Self.write(index!)  // as above
                return ignored
            } catch {
                // The index object is shared by all operations: what was staged halfway must not stay in it.
                git_index_read(index, 1)
                throw error
            }
        }
    }

    private static func write(_ index: OpaquePointer) throws(GitError) {
        do throws(GitError) {
            try git("write the index") { git_index_write(index) }
        } catch  where error.reason == .locked {
            throw GitError(
                code: error.code, operation: error.operation,
                message: "another git process is using the repository (its file index.lock exists)",
                reason: .locked)
        }
    }

    private static func stage(
        _ path: [UInt8], _ top: FilePath, _ walk: inout GitUntrackedWalk, _ raw: OpaquePointer,
        _ index: OpaquePointer
    ) throws(GitError) -> [[UInt8]] {
        do { try RepoPath.validate(path[...]) } catch {
            throw refusal(path, "it is not a path inside the work tree")
        }
        try checkParents(of: path, top, index)
        let status = GitFiles.status(top.appending(bytes: path))
        var found: [[UInt8]] = []
        var ignored: [[UInt8]] = []
        switch status?.kind {
        case .regular, .symbolicLink:
            if try isTracked(path, in: index) || !walk.rules.isIgnored(path, isDirectory: false) {
                found = [path]
            } else {
                ignored = [path]
            }
        case .folder:
            let tracked = entries(of: index, below: path)
            if tracked.contains(where: { $0.path == path && $0.mode == .submodule })
                || GitUntrackedWalk.isRepository(top.appending(bytes: path))
            {
                throw refusal(path, "it is a git repository of its own")
            }
            if tracked.isEmpty && walk.rules.isIgnored(path, isDirectory: true) { return [path] }
            walk.tracked = GitUntrackedWalk.Tracked(tracked)
            found =
                walk.files(below: path)
                + tracked.filter { $0.mode != .submodule && !$0.isSkipped }.map(\.path)
        case .fifo, .socket, .device: throw refusal(path, "it is neither a file nor a folder")
        case nil: found = entries(of: index, below: path).filter { !$0.isSkipped }.map(\.path)
        }
        for file in found { try stage(file: file, top, raw, index) }
        return ignored
    }

    private static func stage(
        file: [UInt8], _ top: FilePath, _ raw: OpaquePointer, _ index: OpaquePointer
    ) throws(GitError) {
        let operation = "stage '\(file.printable)'"
        let kind = GitFiles.status(top.appending(bytes: file))?.kind
        try file.withCString { (text) throws(GitError) in
            if kind == .regular {
                try checkFilter(file, text, raw)
                try git(operation) { git_index_add_bypath(index, text) }
            } else if kind == .symbolicLink {
                try git(operation) { git_index_add_bypath(index, text) }
            } else {
                try git(operation) { git_index_remove_bypath(index, text) }
            }
        }
    }

    /// git refuses these too: what would be staged is not what the path says.
    private static func checkParents(
        of path: [UInt8], _ top: FilePath, _ index: OpaquePointer
    ) throws(GitError) {
        for (position, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
            let folder = Array(path[..<position])
            if GitFiles.status(top.appending(bytes: folder))?.kind == .symbolicLink {
                throw refusal(path, "it lies behind the symbolic link '\(folder.printable)'")
            }
            let entry = try folder.withCString { git_index_get_bypath(index, $0, 0)?.pointee.mode }
            if let entry, GitFileMode(raw: entry) == .submodule {
                throw refusal(path, "it lies in the submodule '\(folder.printable)'")
            }
        }
    }

    /// A filter such as git-lfs or git-crypt rewrites what is staged. libgit2 cannot run it and would stage the raw bytes,
    /// which for git-crypt are a secret.
    private static func checkFilter(
        _ path: [UInt8], _ text: UnsafePointer<CChar>, _ raw: OpaquePointer
    ) throws(GitError) {
        var value: UnsafePointer<CChar>?
        try git("read the attributes of '\(path.printable)'") {
            git_attr_get(&value, raw, UInt32(GIT_ATTR_CHECK_FILE_THEN_INDEX), text, "filter")
        }
        guard let value, git_attr_value(value) == GIT_ATTR_VALUE_STRING else { return }
        let name = [UInt8](cString: value).printable
        throw refusal(path, "the filter '\(name)' is to be applied, which only git can do: run `git add`")
    }

    private static func refusal(_ path: [UInt8], _ message: String) -> GitError {
        GitError(
            code: GIT_EINVALID.rawValue, operation: "stage '\(path.printable)'", message: message,
            reason: .notStageable)
    }
}
