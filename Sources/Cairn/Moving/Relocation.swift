import CairnCore
import CairnFormats
import CairnStore
import CairnSystem

/// A move of tracked data, checked: from where to where, and what the pointer will say.
struct Relocation {
    /// Where the data is.
    let old: RepoPath
    /// Where it will be.
    let new: RepoPath
    private let record: OutputRecord
    private let oldPointer: RepoPath
    private let newPointer: RepoPath
    private let text: [UInt8]
    /// The file in the way that is to be replaced.
    private let obstacle: FileStatus?

    /// Looks at both places.
    ///
    /// - Throws: `CairnError` that says why the data cannot be moved there.
    init(_ source: String, _ destination: String, isForced: Bool, _ index: OutputIndex, _ session: Session)
        throws
    {
        let workspace = session.workspace
        let command = workspace.personality.command
        old = try workspace.path(of: source)
        guard let output = index.output(at: old) else {
            let known = index.outputs.map { workspace.display($0.path) }
            throw CairnError(
                .notFound, "'\(workspace.display(old))' is not tracked",
                hint: EditDistance.closest(to: source, among: known).map { "did you mean '\($0)'?" },
                dvc: "Unable to find DVC file with output '\(workspace.display(old))'")
        }
        guard case .pointer(let file) = output.owner, let pointer = index.pointers[file] else {
            let stage = index.address(of: output.owner, in: workspace)
            throw CairnError(
                .usage,
                "'\(workspace.display(old))' is an output of the stage '\(stage)': only what was added or imported can be moved",
                hint: "change the path in '\(workspace.display(output.owner.file))' and run the stage again",
                dvc:
                    "move is not permitted for stages that are not data sources. You need to either move '\(stage)' to a new location and edit it by hand, or remove '\(stage)' and create a new one at the desired location."
            )
        }
        guard pointer.outputs.count == 1 else {
            throw CairnError(
                .usage,
                "'\(workspace.display(file))' names several outputs, which cannot be moved one by one",
                hint: "move the data yourself and change the path in the file")
        }
        new = try Self.place(destination, for: old, workspace)
        record = output.record
        oldPointer = file
        let isNamedAfterData = file.name.elementsEqual(Array(old.name) + Array(".dvc".utf8))
        newPointer = isNamedAfterData ? new.appending(suffix: ".dvc") : file
        guard newPointer != oldPointer || new != old,
            index.pointers[newPointer] == nil || newPointer == oldPointer
        else {
            throw CairnError(.conflict, "'\(workspace.display(newPointer))' already exists")
        }
        let folder = new.parent
        guard
            try folder.map({ try session.folder.status(of: $0.bytes, following: true)?.kind == .folder })
                ?? true
        else {
            let missing = folder.map { workspace.display($0) } ?? "."
            throw CairnError(
                .notFound, "the folder '\(missing)' does not exist",
                hint: "make it: `mkdir -p \(Shell.quoted(missing))`",
                dvc:
                    "stage working dir '\(folder.map { workspace.absolute($0).bytes.printable } ?? "")' does not exist"
            )
        }
        if newPointer != oldPointer, try workspace.absolute(newPointer).status() != nil {
            throw CairnError(.conflict, "'\(workspace.display(newPointer))' already exists")
        }
        // The checks of what is added at a place: ignored, tracked by git, inside of other outputs or around them.
        let addition = try Addition(comingTo: new, AddOptions(), index, session)
        try Addition.refuseOverlaps([addition], index, workspace)
        obstacle = try session.folder.status(of: new.bytes)
        if let obstacle, !isForced || obstacle.kind == .folder {
            throw CairnError(
                .conflict, "'\(workspace.display(new))' exists already",
                hint: obstacle.kind == .folder
                    ? nil
                    : "replace it with `\(command) move --force \(Shell.quoted(source)) \(Shell.quoted(destination))`"
            )
        }
        text = try Self.text(of: pointer, from: oldPointer, to: newPointer, naming: new, session)
    }

    /// Where the data goes: to the place itself, or into the folder that is there.
    private static func place(_ destination: String, for old: RepoPath, _ workspace: Workspace) throws
        -> RepoPath
    {
        let path = try workspace.pathOrRoot(of: destination)
        let name = try RepoPath(validating: old.name)
        guard let path else { return name }
        return try workspace.absolute(path).status(following: true)?.kind == .folder
            ? path.appending(name) : path
    }

    /// The pointer's text with the new place, and with paths to sources as they are seen from there.
    private static func text(
        of pointer: PointerFile, from old: RepoPath, to new: RepoPath, naming data: RepoPath,
        _ session: Session
    ) throws -> [UInt8] {
        var copy = pointer
        let shown = session.workspace.display(old)
        let oldFolder = try OutputIndex.folder(
            of: old, workingDirectory: pointer.workingDirectory, shownAs: shown)
        let newFolder = old == new ? oldFolder : new.parent
        if old != new { copy.workingDirectory = nil }
        copy.outputs[0].path = try relative(data.components, to: newFolder, session)
        for place in copy.dependencies.indices where oldFolder != newFolder {
            let dependency = copy.dependencies[place]
            guard dependency.repository == nil, let text = dependency.path,
                text.utf8.first != UInt8(ascii: "/"),
                !text.isURL
            else { continue }
            let from =
                session.workspace.root.bytes.split(separator: UInt8(ascii: "/"))
                + (oldFolder?.components ?? [])
            let to =
                session.workspace.root.bytes.split(separator: UInt8(ascii: "/"))
                + (newFolder?.components ?? [])
            copy.dependencies[place].path = try relative(joined(from, Array(text.utf8)), to: to)
        }
        if copy.hasStageDigest, copy.md5 != nil { copy.md5 = MD5.digest(of: copy.stageDigestInput).hex }
        return try copy.text()
    }

    /// The components of a relative path, seen from a folder.
    private static func joined(_ folder: [ArraySlice<UInt8>], _ path: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts = folder
        for part in path.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }

    private static func relative(
        _ path: [ArraySlice<UInt8>], to folder: RepoPath?, _ session: Session
    ) throws -> String {
        try relative(path, to: folder?.components ?? [])
    }

    private static func relative(_ path: [ArraySlice<UInt8>], to folder: [ArraySlice<UInt8>]) throws -> String
    {
        var common = 0
        while common < min(path.count, folder.count), path[common] == folder[common] { common += 1 }
        let parts = Array(repeating: ArraySlice("..".utf8), count: folder.count - common) + path[common...]
        let bytes = Array(parts.joined(separator: [UInt8(ascii: "/")]))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CairnError(
                .usage, "the name '\(bytes.printable)' is not UTF-8, so no pointer file can hold it")
        }
        return text
    }

    // MARK: carrying out

    /// Moves the data, then writes the new pointer, then removes the old one.
    ///
    /// Stopped anywhere, the data is whole in one of the two places; once the new pointer is there, the command need not be run again.
    func carryOut(_ session: Session) throws -> MoveReport {
        let workspace = session.workspace
        var report = MoveReport(old: old, new: new, pointer: newPointer)
        var git = try GitFiles(session)
        let tree = try known(session)
        report.hasData = try session.folder.status(of: old.bytes) != nil
        if report.hasData {
            try rename(old, to: new, replacing: obstacle, session)
        } else {
            session.reporter.warn(
                "'\(workspace.display(old))' is not here: only its pointer is moved", hint: nil)
        }
        do {
            if record.isCached { try git.ignore(new, session) }
            try AtomicFile.write(text, to: workspace.absolute(newPointer))
        } catch {
            git.undoIgnoring()
            if report.hasData { try rename(new, to: old, replacing: nil, session) }
            throw error
        }
        git.changed(newPointer)
        if newPointer != oldPointer {
            try session.folder.folder(oldPointer.parent?.components ?? []).remove(oldPointer.name)
            git.removed(oldPointer)
        }
        if record.isCached { try git.unignore(old, session) }
        remember(tree, session)
        try git.forgetUntracked(session)
        try git.stageIfWanted(session)
        report.gitFiles = git
        return report
    }

    private func rename(_ from: RepoPath, to: RepoPath, replacing obstacle: FileStatus?, _ session: Session)
        throws
    {
        let source = try session.folder.folder(from.parent?.components ?? [])
        let target = try session.folder.folder(to.parent?.components ?? [])
        do throws(SystemError) {
            if let obstacle {
                guard let now = try target.status(of: to.name), now.isUntouched(since: obstacle) else {
                    throw SystemError(.resourceTemporarilyUnavailable, "replace", target.path(of: to.name))
                }
                try source.rename(from.name, to: target, to.name)
            } else {
                try source.renameExclusively(from.name, to: target, to.name)
            }
        } catch {
            guard error.errno == .improperLink else { throw error }
            throw CairnError(
                .io,
                "'\(session.workspace.display(to))' is on another file system than '\(session.workspace.display(from))'",
                hint:
                    "copy the data there yourself, `\(session.workspace.personality.command) add` it, and remove the old pointer"
            )
        }
        try source.sync()
        if source.path != target.path { try target.sync() }
    }

    // MARK: the stat index

    /// What is known of the files without reading any.
    private func known(_ session: Session) throws -> DataTree? {
        guard let id = record.id, session.index != nil,
            var tree = try? DataTree.load(
                old, as: id.algorithm, following: .recorded(id),
                rules: IgnoreFiles(above: old, session: session), session: session)
        else { return nil }
        tree.recall(id.algorithm, from: session.index)
        return tree
    }

    /// Hands what was known of the files on to their new place. Only a memory; failing costs time later.
    private func remember(_ earlier: DataTree?, _ session: Session) {
        try? session.index?.forgetOutput(old)
        guard let id = record.id else { return }
        guard let earlier,
            var tree = try? DataTree.load(
                new, as: id.algorithm, following: .recorded(id),
                rules: IgnoreFiles(above: new, session: session), session: session)
        else { return }
        try? session.index?.rememberOutput(new, id)
        guard tree.snapshot.count == earlier.snapshot.count, tree.isFolder else { return }
        var same: [Int] = []
        for index in 0..<tree.snapshot.count
        where tree.snapshot.paths[index] == earlier.snapshot.paths[index]
            && tree.snapshot.files[index].hasSameContent(as: earlier.snapshot.files[index])
        {
            tree.digests[index] = earlier.digests[index]
            same.append(index)
        }
        tree.remember(same, id.algorithm, session.fileSystemTime(), session)
    }
}
