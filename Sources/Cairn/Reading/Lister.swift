import CairnCore
import CairnFormats
import CairnGit
import CairnStore
import CairnSystem

/// A file or folder that lies somewhere, tracked or not.
struct ListedFile {
    let isFolder: Bool
    let isExecutable: Bool
    let size: Int64?
}

/// Where files lie that are listed: a workspace, or a commit.
protocol ListedFiles {
    /// What is at a path (`nil` for the top); `nil` if there is nothing, or it is left out.
    func file(at path: RepoPath?) throws -> ListedFile?
    /// What is in a folder, by name.
    func files(in folder: RepoPath?) throws -> [[UInt8]: ListedFile]
}

/// Files as they lie in the workspace.
struct WorkspaceFiles: ListedFiles {
    private let session: Session

    init(_ session: Session) { self.session = session }

    func file(at path: RepoPath?) throws -> ListedFile? {
        guard let path else {
            return ListedFile(isFolder: true, isExecutable: false, size: try session.folder.status(".")?.size)
        }
        guard let status = try session.folder.status(of: path.bytes) else { return nil }
        let rules = try IgnoreFiles(above: path, session: session)
        guard !rules.isIgnored(path, isFolder: status.kind == .folder) else { return nil }
        return try listed(path.bytes, status, in: session.folder)
    }

    func files(in folder: RepoPath?) throws -> [[UInt8]: ListedFile] {
        let opened = try session.folder.folder(folder?.components ?? [])
        // The rules that hold inside: those of the folder itself too.
        let rules = try IgnoreFiles(
            above: folder?.appending(RepoPath(validating: "x")) ?? RepoPath(validating: "x"), session: session
        )
        var result: [[UInt8]: ListedFile] = [:]
        for name in try opened.names() {
            let own = try RepoPath(validating: name)
            let path = folder?.appending(own) ?? own
            guard let status = try opened.status(of: name) else { continue }
            guard !rules.rules.isIgnored(path.bytes, isDirectory: status.kind == .folder) else { continue }
            if status.kind == .folder,
                try opened.status(of: name + Array("/.dvc".utf8), following: true)?.kind == .folder
            {
                continue
            }
            result[name] = try listed(name, status, in: opened)
        }
        return result
    }

    private func listed(_ name: [UInt8], _ status: FileStatus, in folder: Folder) throws -> ListedFile {
        let isLink = status.kind == .symbolicLink
        let size = isLink ? try folder.status(of: name, following: true)?.size ?? 0 : status.size
        return ListedFile(
            isFolder: status.kind == .folder,
            isExecutable: status.kind == .regular && status.mode & 0o111 != 0, size: size)
    }
}

extension RevisionFiles: ListedFiles {
    func file(at path: RepoPath?) throws -> ListedFile? { try entry(at: path).map(listed) }

    func files(in folder: RepoPath?) throws -> [[UInt8]: ListedFile] {
        var result: [[UInt8]: ListedFile] = [:]
        for (name, entry) in try entries(in: folder) { result[name] = try listed(entry) }
        return result
    }

    private func listed(_ entry: GitTreeEntry) throws -> ListedFile {
        switch entry.mode {
        case .folder, .submodule: ListedFile(isFolder: true, isExecutable: false, size: nil)
        case .file, .executable, .link:
            ListedFile(isFolder: false, isExecutable: entry.mode == .executable, size: try size(of: entry))
        }
    }
}

/// Puts files and tracked data of one place together.
struct Lister {
    /// What is tracked.
    let index: OutputIndex
    private let files: any ListedFiles
    private let session: Session
    private var listings: [ObjectID: DirListing?] = [:]
    private var remotes: [String: RemoteContents?] = [:]
    /// Folders on the way to outputs.
    private var folders: Set<RepoPath> = []
    private var outputs: [RepoPath: TrackedOutput] = [:]
    /// Folders on the way to outputs, and outputs, by the folder that they are in.
    private var names: [RepoPath?: Set<RepoPath>] = [:]

    init(_ index: OutputIndex, _ files: some ListedFiles, _ session: Session) {
        self.index = index
        self.files = files
        self.session = session
        for output in index.outputs where output.record.isCached {
            outputs[output.path] = output
            names[output.path.parent, default: []].insert(output.path)
            var folder = output.path.parent
            while let next = folder, folders.insert(next).inserted {
                names[next.parent, default: []].insert(next)
                folder = next.parent
            }
        }
    }

    /// What is at a path, opened as far as wanted.
    mutating func entry(_ path: RepoPath?, _ options: ListOptions) throws -> ListEntry? {
        let file = try files.file(at: path)
        var data = try path.map { try tracked($0) } ?? ListEntry(name: [], isFolder: true)
        var above = path?.parent
        while let folder = above, data != nil {
            // A file took the place of the folder, so what was tracked inside is no more.
            if try files.file(at: folder)?.isFolder == false { data = nil }
            above = folder.parent
        }
        guard
            var entry = Self.merge(
                path.map { Array($0.name) } ?? [], options.onlyTracked && path != nil ? nil : file, data)
                ?? Self.merge(path.map { Array($0.name) } ?? [], file, data)
        else { return nil }
        try open(&entry, at: path, options, depth: options.depth)
        return entry
    }

    private mutating func open(
        _ entry: inout ListEntry, at path: RepoPath?, _ options: ListOptions, depth: Int?
    ) throws {
        guard entry.isFolder, depth != 0 else { return }
        try Interruption.check()
        let file = options.onlyTracked ? nil : try files.file(at: path)
        let inFiles = file?.isFolder == true ? try files.files(in: path) : [:]
        // Where a file took the place of a tracked folder, or the other way round, what was tracked inside is no more.
        var inData: [[UInt8]: ListEntry] = [:]
        if file?.isFolder ?? true { inData = try trackedNames(in: path) }
        let names = Set(inFiles.keys).union(inData.keys)
        var contents: [ListEntry] = []
        for name in names.sorted(by: Self.precedes) {
            guard var inner = Self.merge(name, inFiles[name], inData[name]) else { continue }
            let own = try RepoPath(validating: name)
            try open(&inner, at: path?.appending(own) ?? own, options, depth: depth.map { $0 - 1 })
            contents.append(inner)
        }
        entry.contents = contents
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }

    /// One entry of a file and of what is tracked in its place: the file tells what it is and how big.
    private static func merge(_ name: [UInt8], _ file: ListedFile?, _ data: ListEntry?) -> ListEntry? {
        guard file != nil || data != nil else { return nil }
        var entry = ListEntry(name: name)
        if let data {
            entry.isOutput = data.isOutput
            entry.id = data.id
            entry.isFolder = data.isFolder
            entry.size = data.size
            entry.recordedSize = data.recordedSize
        }
        if let file {
            entry.isThere = true
            entry.isFolder = file.isFolder
            entry.isExecutable = file.isExecutable
            entry.size = file.size
        }
        return entry
    }

    /// What is tracked at a path.
    private mutating func tracked(_ path: RepoPath) throws -> ListEntry? {
        if let output = outputs[path] { return Self.entry(of: output) }
        if folders.contains(path) { return ListEntry(name: Array(path.name), isFolder: true) }
        guard let (output, inside) = output(above: path), let listing = try listing(of: output) else {
            return nil
        }
        var entry = ListEntry(name: Array(path.name), isOutput: true)
        if let position = listing.index(of: inside.bytes) {
            entry.id = output.record.id.flatMap { listing.object(at: position, $0.algorithm) }
            return entry
        }
        entry.isFolder = true
        return listing.indices(below: inside.bytes).isEmpty ? nil : entry
    }

    private static func entry(of output: TrackedOutput) -> ListEntry {
        ListEntry(
            name: Array(output.path.name), isOutput: true, isFolder: output.isFolder,
            size: output.record.size, recordedSize: output.record.size, id: output.record.id)
    }

    private func output(above path: RepoPath) -> (TrackedOutput, RepoPath)? {
        var folder = path.parent
        while let next = folder {
            if let output = outputs[next], let inside = path.relative(to: next) { return (output, inside) }
            folder = next.parent
        }
        return nil
    }

    /// What is tracked in a folder, by name.
    private mutating func trackedNames(in folder: RepoPath?) throws -> [[UInt8]: ListEntry] {
        var result: [[UInt8]: ListEntry] = [:]
        if let folder, let output = outputs[folder] ?? output(above: folder)?.0 {
            guard let id = output.record.id, let listing = try listing(of: output) else { return [:] }
            let inside = folder.relative(to: output.path)?.bytes ?? []
            let prefix = inside.isEmpty ? 0 : inside.count + 1
            for position in listing.indices(below: inside) {
                let rest = listing.paths[position].dropFirst(prefix)
                if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
                    let name = Array(rest[..<slash])
                    if result[name] == nil {
                        result[name] = ListEntry(name: name, isOutput: true, isFolder: true)
                    }
                } else {
                    let name = Array(rest)
                    result[name] = ListEntry(
                        name: name, isOutput: true, isFolder: listing.kind(at: position) == .emptyFolder,
                        size: listing.size(at: position), id: listing.object(at: position, id.algorithm))
                }
            }
            return result
        }
        for path in names[folder] ?? [] {
            let name = Array(path.name)
            result[name] = outputs[path].map(Self.entry) ?? ListEntry(name: name, isFolder: true)
        }
        return result
    }

    /// A listing that only the output's remote has; `nil` if there is none, or it cannot be asked.
    private mutating func remoteListing(_ id: ObjectID, of output: TrackedOutput) throws -> DirListing? {
        let name = output.record.remote ?? ""
        if remotes[name] == nil {
            let remote = try? session.workspace.remoteStore(output.record.remote, for: "ls")
            remotes[name] = .some(try? remote.map { try RemoteContents(of: $0, session) })
        }
        return try? remotes[name]??.listing(id)
    }

    /// The files of a directory; `nil` for a file, and where neither cache nor remote has the listing.
    private mutating func listing(of output: TrackedOutput) throws -> DirListing? {
        guard let id = output.record.id, id.isDirectory else { return nil }
        if let known = listings[id] { return known }
        if let listing = try (try? session.store().listing(id)) ?? remoteListing(id, of: output) {
            listings[id] = .some(listing)
            return listing
        }
        let isForeign = session.workspace.foreign != nil
        let name = isForeign ? output.path.description : session.workspace.display(output.path)
        session.reporter.warn(
            "the files in '\(name)' are not known, because its listing is \(isForeign ? "on no remote that can be asked" : "not here")",
            hint: isForeign ? nil : "bring it: `\(session.workspace.personality.command) fetch`")
        listings[id] = .some(nil)
        return nil
    }
}
