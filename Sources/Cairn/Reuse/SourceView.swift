import CairnCore
import CairnGit
import CairnSystem

/// Another repository at one commit, or as its files lie there, around one path.
struct SourceView {
    /// The repository.
    let repository: SourceRepository
    /// The settings by which remotes are found, in the order in which they are asked.
    let workspaces: [Workspace]
    /// What is tracked there.
    let index: OutputIndex
    /// All other files.
    let files: any SourceFiles
    /// The commit; `nil` for files as they lie there.
    let commit: GitCommit?
    /// What was asked for, from the root of the workspace there; `nil` for all of it.
    let path: RepoPath?
    /// What is open for reading there.
    let session: Session

    /// More files than this are taken for an attack: git can describe billions of them in a few bytes.
    private static let limit = 20_000_000
    private static let linkLimit = 40

    /// What is at the path that was asked for.
    ///
    /// - Throws: `CairnError` of kind `notFound` with the path that may have been meant, and for what cannot be brought.
    func selection() throws -> SourceSelection { try selection(of: path, links: 0) }

    private func selection(of path: RepoPath?, links: Int) throws -> SourceSelection {
        guard let path else { return try folder(nil) }
        if let output = index.output(at: path), Self.isData(output) {
            return SourceSelection(output: TargetedOutput(output: output, part: nil))
        }
        if let output = index.output(above: path), Self.isData(output) {
            return SourceSelection(output: TargetedOutput(output: output, part: path))
        }
        switch try files.kind(at: path) {
        case nil:
            guard index.outputs.contains(where: { $0.path.isBelow(path) }) else { throw try missing(path) }
            return try folder(path)
        case .file(let isExecutable)?:
            var selection = SourceSelection(isFolder: false)
            selection.files = [SourceSelection.File(place: [], path: path, isExecutable: isExecutable)]
            return selection
        case .folder?: return try folder(path)
        case .submodule?: throw try inSubmodule(path, path)
        case .link?:
            guard links < Self.linkLimit, let next = try followed(path) else {
                throw CairnError(
                    .denied,
                    "'\(path)' of '\(shown)' is a symbolic link that leads out of the repository or around in circles"
                )
            }
            return try selection(of: next, links: links + 1)
        }
    }

    /// True for data that is kept apart from git.
    private static func isData(_ output: TrackedOutput) -> Bool { output.record.isCached }

    /// How messages call the repository.
    var shown: String { repository.address.shown }

    /// Where a link leads; `nil` if that is outside.
    private func followed(_ link: RepoPath) throws -> RepoPath? {
        Self.resolve(try files.target(of: link), from: link.parent).flatMap { try? RepoPath(validating: $0) }
    }

    /// A path from a folder on, without `.` and `..`; `nil` if it leaves the top or is absolute.
    static func resolve(_ target: [UInt8], from folder: RepoPath?) -> [UInt8]? {
        guard target.first != UInt8(ascii: "/"), !target.contains(0) else { return nil }
        var parts = folder?.components.map(Array.init) ?? []
        for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(Array(part))
            }
        }
        return Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }

    private func folder(_ top: RepoPath?) throws -> SourceSelection {
        var selection = SourceSelection(isFolder: true)
        func place(_ path: RepoPath) -> [UInt8] { top.flatMap { path.relative(to: $0)?.bytes } ?? path.bytes }
        for output in index.outputs where Self.isData(output) {
            guard top.map({ output.path.isBelow($0) }) ?? true else { continue }
            selection.outputs.append(
                SourceSelection.Output(
                    place: place(output.path), target: TargetedOutput(output: output, part: nil)))
        }
        let owned = Set(selection.outputs.map(\.target.output.path))
        var waiting: [RepoPath?] = [top]
        while let next = waiting.popLast() {
            try Interruption.check()
            for (name, kind) in try files.names(in: next) {
                let own = try RepoPath(validating: name)
                let path = next?.appending(own) ?? own
                // Data takes the place of files that git has under its name.
                if owned.contains(path) || Self.isDeclaration(name, kind) { continue }
                switch kind {
                case .folder: waiting.append(path)
                case .submodule: continue
                case .file(let isExecutable):
                    selection.files.append(
                        SourceSelection.File(place: place(path), path: path, isExecutable: isExecutable))
                case .link:
                    let target = try files.target(of: path)
                    let inside = try RepoPath(validating: place(path)).parent
                    try refuseLeaving(target, of: path, from: inside)
                    selection.links.append(SourceSelection.Link(place: place(path), target: target))
                }
                guard selection.files.count + selection.links.count <= Self.limit else {
                    throw CairnError(
                        .denied,
                        "'\(shown)' has more than \(Self.limit) files there, which is taken for an attack")
                }
            }
        }
        return selection
    }

    /// Refuses a symbolic link that leads out of what is brought: whoever follows it later would take in files of this machine.
    func refuseLeaving(_ target: [UInt8], of path: RepoPath, from folder: RepoPath?) throws {
        // Behind a name, `..` need not lead back to where the name is: that may be a link, too.
        let parts = target.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        let inner = parts.drop { $0.elementsEqual("..".utf8) }
        guard !inner.contains(where: { $0.elementsEqual("..".utf8) }),
            Self.resolve(target, from: folder) != nil
        else {
            throw CairnError(
                .denied,
                "'\(path)' of '\(shown)' is a symbolic link to '\(target.printable)', which leads out of what is brought",
                hint: "bring what it leads to by its own path")
        }
    }

    /// What describes data and is no data itself.
    private static func isDeclaration(_ name: [UInt8], _ kind: SourceKind) -> Bool {
        if kind == .folder { return name.elementsEqual(".dvc".utf8) }
        return name.suffix(4).elementsEqual(".dvc".utf8) || name.elementsEqual("dvc.yaml".utf8)
            || name.elementsEqual(IgnoreFiles.name)
    }

    // MARK: what is not there

    private func missing(_ path: RepoPath) throws -> CairnError {
        var above = path.parent
        while let folder = above {
            if case .submodule? = try files.kind(at: folder) { return try inSubmodule(path, folder) }
            above = folder.parent
        }
        let place = commit.map { "in \($0.id.hex.prefix(7)) of '\(shown)'" } ?? "in '\(shown)'"
        return CairnError(
            .notFound, "there is no '\(path)' \(place)",
            hint: try guess(path).map { "did you mean '\($0)'?" }
                ?? "see what is there: `cairn list \(Shell.quoted(shown))`",
            dvc: "The path '\(path)' does not exist in the target repository '\(shown)'")
    }

    private func guess(_ path: RepoPath) throws -> String? {
        var names = index.outputs.map(\.path.description)
        var folder = path.parent
        // The nearest folder that is there has what may have been meant.
        while let next = folder, try files.kind(at: next) != .folder { folder = next.parent }
        names += try files.names(in: folder).map { name, _ in
            (folder.map { $0.bytes + [UInt8(ascii: "/")] } ?? []) + name
        }.map(\.printable)
        return EditDistance.closest(to: path.description, among: names)
    }

    private func inSubmodule(_ path: RepoPath, _ submodule: RepoPath) throws -> CairnError {
        CairnError(
            .notFound,
            "'\(path)' of '\(shown)' lies in the git submodule '\(submodule)', which is a repository of its own",
            hint: "name that repository itself; '.gitmodules' of '\(shown)' has its address")
    }
}

/// What is brought from another repository: tracked data, files of git, or both.
struct SourceSelection {
    /// A file that git keeps, or that lies there.
    struct File {
        /// Where it will be, below what is brought; empty if it is what is brought.
        let place: [UInt8]
        /// Where it is.
        let path: RepoPath
        let isExecutable: Bool
    }
    /// A symbolic link to something else that is brought.
    struct Link {
        let place: [UInt8]
        let target: [UInt8]
    }
    /// Tracked data.
    struct Output {
        let place: [UInt8]
        let target: TargetedOutput
    }

    /// True for a directory as far as that is known: data whose listing is not here yet counts as a file.
    var isFolder: Bool
    var files: [File] = []
    var links: [Link] = []
    var outputs: [Output] = []

    init(isFolder: Bool) { self.isFolder = isFolder }

    init(output: TargetedOutput) {
        isFolder = output.part == nil && output.output.isFolder
        outputs = [Output(place: [], target: output)]
    }

    /// The tracked data, if there is nothing else and it is a single output, or a part of one.
    var onlyOutput: TargetedOutput? {
        guard files.isEmpty, links.isEmpty, outputs.count == 1, let first = outputs.first, first.place.isEmpty
        else { return nil }
        return first.target
    }
}
