import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// One target of `add`, checked: what is to be tracked, where, and which pointer will name it.
struct Addition {
    /// The output.
    let path: RepoPath
    /// The part of an output that is tracked already; `nil` for a whole output.
    let part: RepoPath?
    /// The pointer to write.
    let pointerPath: RepoPath
    /// The pointer as it is, if it exists.
    let pointer: PointerFile?
    /// What is recorded of the output so far.
    let earlier: OutputRecord?
    /// The files; `nil` for a part that was deleted.
    var tree: DataTree?

    /// Looks at a target.
    ///
    /// - Throws: `CairnError` that says why it cannot be tracked.
    init(_ target: String, _ options: AddOptions, _ index: OutputIndex, _ session: Session) throws {
        let workspace = session.workspace
        let path = try workspace.path(of: target)
        try Self.refuseLinkedFolders(target, path, workspace)
        if let owner = index.output(above: path) {
            try self.init(part: path, of: owner, options, index, session)
            return
        }
        try Self.refuseIgnored(path, session)
        guard
            let tree = try DataTree.load(
                path, as: workspace.algorithm,
                following: options.links(or: .recorded(index.output(at: path)?.record.id)),
                rules: IgnoreFiles(above: path, session: session), session: session)
        else {
            throw CairnError(.notFound, "output '\(workspace.display(path))' does not exist")
        }
        guard !tree.isFolder || !tree.isLink else { throw Self.insideLink(target) }
        try Self.refuseInnerIgnoreFile(tree, workspace)
        try self.init(whole: path, tree, options, index, session)
    }

    /// For data that is yet to come to `path`.
    init(comingTo path: RepoPath, _ options: AddOptions, _ index: OutputIndex, _ session: Session) throws {
        try Self.refuseIgnored(path, session)
        if let owner = index.output(above: path) {
            throw CairnError(
                .conflict,
                "'\(session.workspace.display(path))' is inside of the output '\(session.workspace.display(owner.path))'"
            )
        }
        try self.init(whole: path, nil, options, index, session)
    }

    private init(
        whole path: RepoPath, _ tree: DataTree?, _ options: AddOptions, _ index: OutputIndex,
        _ session: Session
    ) throws {
        let workspace = session.workspace
        guard !path.name.suffix(4).elementsEqual(".dvc".utf8), !path.name.elementsEqual("dvc.yaml".utf8),
            !path.name.elementsEqual("dvc.lock".utf8)
        else {
            throw CairnError(
                .usage,
                "'\(workspace.display(path))' has the name of a file that describes data, which is kept in git"
            )
        }
        guard path.text != nil else {
            throw CairnError(
                .usage, "the name '\(path)' is not UTF-8, so no pointer file can hold it",
                hint: "put it into a directory and add that: names inside are kept byte for byte")
        }
        self.path = path
        self.tree = tree
        part = nil
        if let known = index.output(at: path) {
            guard case .pointer(let file) = known.owner else {
                let address = index.address(of: known.owner, in: workspace)
                throw CairnError(
                    .conflict,
                    "cannot update '\(workspace.display(path))': overlaps with an output of stage: '\(address)' in '\(workspace.display(known.owner.file))'.\nRun the pipeline or use '\(workspace.personality.command) commit' to force update it."
                )
            }
            if let wanted = try options.file.map(workspace.path(of:)), wanted != file {
                throw CairnError(
                    .conflict,
                    "'\(workspace.display(path))' is tracked by '\(workspace.display(file))' already",
                    hint:
                        "to track it elsewhere, first `\(workspace.personality.command) remove \(Shell.quoted(workspace.display(file)))`"
                )
            }
            pointerPath = file
            pointer = index.pointers[file]
            earlier = known.record
        } else {
            if let file = options.file {
                pointerPath = try workspace.path(of: file)
                guard pointerPath.name.suffix(4).elementsEqual(".dvc".utf8), pointerPath.name.count > 4 else {
                    throw CairnError(
                        .usage, "the pointer file '\(workspace.display(pointerPath))' must end with '.dvc'")
                }
            } else {
                pointerPath = path.appending(suffix: ".dvc")
            }
            if let other = index.pointers[pointerPath] {
                guard options.isForced || other.outputs.isEmpty else {
                    throw CairnError(
                        .conflict, "'\(workspace.display(pointerPath))' exists already and names other data",
                        hint: "replace it with `\(workspace.personality.command) add --force …`")
                }
            }
            pointer = nil
            earlier = nil
        }
        try GitFiles.refuseTracked(path, session)
        try Self.refuseIgnoredByGit(pointerPath, session)
    }

    /// A path inside of an output that is tracked already.
    private init(
        part: RepoPath, of owner: TrackedOutput, _ options: AddOptions, _ index: OutputIndex,
        _ session: Session
    ) throws {
        let workspace = session.workspace
        guard case .pointer(let file) = owner.owner, let pointer = index.pointers[file] else {
            let address = index.address(of: owner.owner, in: workspace)
            throw CairnError(
                .conflict,
                "cannot update '\(workspace.display(part))': overlaps with an output of stage: '\(address)' in '\(workspace.display(owner.owner.file))'.\nRun the pipeline or use '\(workspace.personality.command) commit' to force update it."
            )
        }
        guard owner.isFolder else {
            throw CairnError(
                .conflict,
                "'\(workspace.display(owner.path))' is tracked as a file, so nothing can be added inside of it",
                hint:
                    "take it in as it is now: `\(workspace.personality.command) add \(workspace.display(owner.path))`"
            )
        }
        let rules = try IgnoreFiles(above: owner.path, session: session)
        if rules.isIgnored(part, isFolder: false) { try Self.refuseIgnored(part, session) }
        path = owner.path
        self.part = part
        pointerPath = file
        self.pointer = pointer
        earlier = owner.record
        tree = try DataTree.load(
            part, as: owner.record.id?.algorithm ?? workspace.algorithm,
            following: options.links(or: .recorded(owner, part: part)), rules: rules, session: session)
        if let tree { try Self.refuseInnerIgnoreFile(tree, workspace) }
    }

    /// Stores the data, and says what the pointer is to hold.
    func record(with recorder: OutputRecorder, _ session: Session) throws -> (OutputRecord, DataTree?) {
        if let part, let earlier { return try recordPart(part, earlier, recorder, session) }
        guard let tree else { preconditionFailure("a whole output has files") }
        // Data that was recorded in another way stays under its id until its content changes.
        if let earlier, let id = earlier.id, id.algorithm != recorder.algorithm,
            try isUnchanged(tree, id, session)
        {
            return (earlier, nil)
        }
        let own = try tree.reloaded(as: recorder.algorithm, session) ?? tree
        let recorded = try recorder.record(own, recorder.algorithm)
        let name = try earlier?.path ?? relativeName(session)
        var record = OutputRecord(
            path: name, id: recorded.id, size: recorded.size, fileCount: recorded.fileCount.map(Int64.init),
            isExecutable: recorded.isExecutable)
        if let earlier { record = record.adoptingUserFields(of: earlier) }
        return (record, recorded.tree)
    }

    /// The output's path as its pointer writes it.
    func relativeName(_ session: Session) throws -> String {
        let from = pointerPath.parent?.components ?? []
        let to = path.components
        var common = 0
        while common < min(from.count, to.count - 1), from[common] == to[common] { common += 1 }
        let parts = Array(repeating: ArraySlice("..".utf8), count: from.count - common) + to[common...]
        guard
            let text = String(validating: Array(parts.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
        else {
            throw CairnError(.usage, "the name '\(path)' is not UTF-8, so no pointer file can hold it")
        }
        return text
    }

    private func isUnchanged(_ tree: DataTree, _ id: ObjectID, _ session: Session) throws -> Bool {
        guard tree.isFolder == id.isDirectory, tree.origin == nil else { return false }
        guard var tree = try tree.reloaded(as: id.algorithm, session) else { return false }
        return try tree.currentID(id.algorithm, session) == id
    }

    private func recordPart(
        _ part: RepoPath, _ earlier: OutputRecord, _ recorder: OutputRecorder, _ session: Session
    ) throws -> (OutputRecord, DataTree?) {
        guard let oldID = earlier.id, let inside = part.relative(to: path) else {
            preconditionFailure("a part lies inside of an output that is recorded")
        }
        guard oldID.algorithm != .md5DOS2Unix else {
            throw CairnError(
                .usage,
                "'\(session.workspace.display(path))' is recorded in DVC 2's way, which can only be added as a whole",
                hint: "run `\(session.workspace.personality.command) add \(session.workspace.display(path))`")
        }
        let old = try session.store().listing(oldID)
        var builder = DirListingBuilder(old.form)
        builder.reserve(count: old.count + 1, pathBytes: old.count * 24)
        let replaced = old.indices(below: inside.bytes)
        let single = old.index(of: inside.bytes)
        for entry in 0..<old.count where !replaced.contains(entry) && entry != single {
            try builder.append(entry, of: old)
        }
        var added: Int64 = 0
        var isOnlyMore = true
        var recorded: OutputRecorder.Recorded?
        if let tree = try tree?.reloaded(as: oldID.algorithm, session) {
            let found = try recorder.record(tree, oldID.algorithm)
            recorded = found
            var kept = 0
            for position in 0..<found.tree.snapshot.count {
                guard let digest = found.tree.digests[position] else {
                    preconditionFailure("a recorded file has a digest")
                }
                let name =
                    tree.isFolder
                    ? inside.bytes + [UInt8(ascii: "/")] + found.tree.snapshot.paths[position] : inside.bytes
                if let before = old.index(of: name) {
                    kept += 1
                    if old.digest(at: before) != digest { isOnlyMore = false }
                } else {
                    added += found.tree.snapshot.files[position].size
                }
            }
            try found.tree.append(to: &builder, below: inside.bytes)
            if kept != replaced.count + (single == nil ? 0 : 1) { isOnlyMore = false }
        } else {
            guard single != nil || !replaced.isEmpty else {
                throw CairnError(.notFound, "output '\(session.workspace.display(part))' does not exist")
            }
            isOnlyMore = false
        }
        let listing = try builder.listing()
        var record = earlier
        record.id = try recorder.record(listing, oldID.algorithm)
        record.fileCount = Int64(listing.fileCount)
        if let size = listing.totalSize {
            record.size = size
            return (record, recorded?.tree)
        }
        // The size of what was replaced is not recorded anywhere, so then the sum is no longer known.
        record.size =
            isOnlyMore
            ? earlier.size.map { $0.addingClamped(added) } : (record.id == oldID ? earlier.size : nil)
        return (record, recorded?.tree)
    }
}

// MARK: refusals

extension Addition {
    /// Outputs must not contain each other: which of the two would own a file?
    static func refuseOverlaps(_ additions: [Addition], _ index: OutputIndex, _ workspace: Workspace) throws {
        let command = workspace.personality.command
        let whole = additions.filter { $0.part == nil }.map(\.path)
        let added = Set(whole)
        for inner in index.outputs {
            guard let outer = inner.path.folderAbove(where: added.contains) else { continue }
            let (name, child) = (workspace.display(outer), workspace.display(inner.path))
            let stage = index.address(of: inner.owner, in: workspace)
            throw CairnError(
                .conflict,
                "Cannot add '\(name)', because it is overlapping with other DVC tracked output: '\(child)'.\nTo include '\(child)' in '\(name)', run '\(command) remove \(stage)' and then '\(command) add \(name)'"
            )
        }
        for path in whole {
            guard let outer = path.folderAbove(where: added.contains) else { continue }
            throw CairnError(
                .usage, "'\(workspace.display(outer))' and '\(workspace.display(path))' overlap",
                hint: "add only the outer one")
        }
    }

    private static func insideLink(_ target: String) -> CairnError {
        CairnError(
            .usage,
            "'\(Array(target.utf8).printable)' leads through a symbolic link to a folder, which is not followed",
            hint: "add the folder that the link leads to, or copy it with `add --out`",
            dvc:
                "Cannot add files inside symlinked directories to DVC. See <https://dvc.org/doc/user-guide/troubleshooting#add-symlink> for more information."
        )
    }

    private static func refuseLinkedFolders(_ target: String, _ path: RepoPath, _ workspace: Workspace) throws
    {
        let typed = FilePath(bytes: Array(target.utf8))
        let here = try workspace.surroundings.workingDirectory.resolved()
        let lexical = (typed.isAbsolute ? typed : here.pushing(typed)).lexicallyNormalized()
        // An absolute path may reach the workspace through links outside of it; inside, there must be none.
        if lexical.bytes != workspace.absolute(path).bytes, !typed.isAbsolute { throw insideLink(target) }
    }

    static func refuseIgnored(_ path: RepoPath, _ session: Session) throws {
        let rules = try IgnoreFiles(above: path, session: session)
        let isFolder = try session.folder.status(of: path.bytes, following: true)?.kind == .folder
        guard rules.isIgnored(path, isFolder: isFolder) else { return }
        let match = rules.rules.matches(path.bytes, isDirectory: isFolder).last
        let rule = match.map { $0.text.printable } ?? "a built-in rule"
        throw CairnError(
            .usage, "Path '\(session.workspace.absolute(path).bytes.printable)' is ignored by \(rule)")
    }

    private static func refuseInnerIgnoreFile(_ tree: DataTree, _ workspace: Workspace) throws {
        guard tree.isFolder else { return }
        for index in 0..<tree.snapshot.count
        where tree.snapshot.paths[index].suffix(10).elementsEqual(IgnoreFiles.name) {
            let name = tree.snapshot.paths[index]
            guard name.count == 10 || name[name.endIndex - 11] == UInt8(ascii: "/") else { continue }
            let folder =
                name.count == 10 ? tree.path.bytes : tree.path.bytes + [UInt8(ascii: "/")] + name.dropLast(11)
            throw CairnError(
                .internal,
                ".dvcignore file should not be in collected dir path: '\(workspace.root.bytes.printable)/\(folder.printable)'"
            )
        }
    }

    /// A pointer that git does not see could never be committed.
    private static func refuseIgnoredByGit(_ pointer: RepoPath, _ session: Session) throws {
        guard try session.isIgnoredByGit(pointer, isFolder: false), let git = try session.git(),
            let own = git.relativePath(of: session.workspace.absolute(pointer)), try !git.isTracked(own)
        else { return }
        let name = session.workspace.display(pointer)
        throw CairnError(
            .conflict, "the pointer file '\(name)' would be ignored by git, so it could not be committed",
            hint: "see which rule it is: `git check-ignore -v \(Shell.quoted(name))`",
            dvc: "bad DVC file name '\(name)' is git-ignored.")
    }
}

/// Text for people to paste into a shell.
public enum Shell {
    /// The word in single quotes, unless it needs none.
    public static func quoted(_ word: String) -> String {
        let safe = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_".utf8)
        if !word.isEmpty, word.utf8.allSatisfy(safe.contains) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'")
            + "'"
    }
}
