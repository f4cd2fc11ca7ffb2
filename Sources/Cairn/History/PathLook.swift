import CairnCore
import CairnGit
import CairnStore

/// What a commit has at a path.
struct PathLook {
    /// What makes two looks the same version.
    enum Key: Hashable {
        /// Nothing is tracked there.
        case absent
        /// An output, a file inside of one, or a folder inside of one with the id that its listing would have.
        case object(ObjectID?)
        /// A folder with outputs.
        case outputs(Digest)
        /// A path inside of a directory whose listing is not here.
        case unknown(ObjectID)
    }

    let key: Key
    var isFolder = false
    /// Bytes, if they are recorded.
    var size: Int64?
    var fileCount: Int?
    /// The output that it is, or is inside of.
    var output: TrackedOutput?

    /// Nothing.
    static let absent = PathLook(key: .absent)

    var isAbsent: Bool { key == .absent }

    /// The object; `nil` where there is none, or it is not known.
    var id: ObjectID? {
        if case .object(let id) = key { id } else { nil }
    }

    /// Looks at a path in what a commit declares.
    ///
    /// - Parameter path: `nil` for all of it.
    /// - Throws: `StoreError` if the cache cannot be read.
    static func look(
        at path: RepoPath?, in index: OutputIndex, _ listings: RecordedListings
    ) throws -> PathLook {
        if let path {
            if let output = index.output(at: path), output.record.isCached {
                return PathLook(
                    key: .object(output.record.id), isFolder: output.isFolder, size: output.record.size,
                    fileCount: output.record.fileCount.map { Int(clamping: $0) }, output: output)
            }
            if let output = index.output(above: path), output.record.isCached,
                let inside = path.relative(to: output.path)
            {
                return try look(inside: output, at: inside, listings)
            }
        }
        return outputs(below: path, index)
    }

    private static func look(
        inside output: TrackedOutput, at inside: RepoPath, _ listings: RecordedListings
    ) throws -> PathLook {
        guard let id = output.record.id, id.isDirectory else { return .absent }
        guard let listing = try listings.listing(of: output) else {
            return PathLook(key: .unknown(id), output: output)
        }
        if let position = listing.index(of: inside.bytes) {
            guard let file = listing.object(at: position, id.algorithm) else {
                return PathLook(key: .object(nil), isFolder: true, fileCount: 0, output: output)
            }
            return PathLook(key: .object(file), size: listing.size(at: position), output: output)
        }
        guard !listing.indices(below: inside.bytes).isEmpty else { return .absent }
        let below = listing.listing(below: inside.bytes)
        return PathLook(
            key: .object(below.id(below.form.algorithm)), isFolder: true, size: below.totalSize,
            fileCount: below.fileCount, output: output)
    }

    private static func outputs(below path: RepoPath?, _ index: OutputIndex) -> PathLook {
        let found = index.outputs.filter { output in
            output.record.isCached && path.map { output.path.isBelow($0) } ?? true
        }.sorted { $0.path < $1.path }
        guard !found.isEmpty else { return .absent }
        var text: [UInt8] = []
        var look = PathLook(key: .absent, isFolder: true, size: 0, fileCount: 0)
        for output in found {
            text += output.path.bytes + [0] + Array((output.record.id?.text ?? "").utf8) + [0]
            look.size = UsageReport.sum(look.size, output.record.size)
            let count = output.isFolder ? output.record.fileCount.map { Int(clamping: $0) } : 1
            look.fileCount = look.fileCount.flatMap { sum in count.map { sum.addingClamped($0) } }
        }
        return PathLook(
            key: .outputs(BLAKE3.digest(of: text)), isFolder: true, size: look.size, fileCount: look.fileCount
        )
    }
}

/// Looks at paths in many commits; what is declared in the same way is looked at once.
struct PathReader {
    private struct Place: Hashable {
        let tree: GitObjectID
        let path: RepoPath?
    }

    let listings: RecordedListings
    /// Pointers and pipeline files that could not be read, each once.
    private(set) var problems: [CairnError] = []

    private let git: GitRepository
    private let top: [UInt8]
    private var reader: RevisionReader
    private var looks: [Place: PathLook] = [:]
    /// The pointer that declared a path when it was last looked at: as long as it stays the same, so does the answer.
    private var pointers: [RepoPath: (file: [UInt8], blob: GitObjectID, look: PathLook)] = [:]
    private var indexes: [GitObjectID: OutputIndex] = [:]
    private var told: Set<String> = []

    init(_ session: Session, _ git: GitRepository, asksRemotes: Bool = false) throws {
        self.git = git
        top = git.relativePath(of: session.workspace.root) ?? []
        reader = try RevisionReader(session)
        listings = RecordedListings(session, asksRemotes: asksRemotes)
    }

    /// What a commit declares.
    mutating func index(of commit: GitCommit) throws -> OutputIndex {
        if let known = indexes[commit.tree] { return known }
        let name = String(commit.id.hex.prefix(7))
        let content = try reader.read(NamedCommit(commit: commit, name: name), onlyNew: false)
        let index = content?.index ?? OutputIndex()
        for problem in index.problems where told.insert(problem.error.message).inserted {
            problems.append(problem.error)
        }
        // Neighbours in the history are asked about together; what lies far behind is not needed again.
        if indexes.count >= 8 { indexes.removeAll() }
        indexes[commit.tree] = index
        return index
    }

    /// What a commit has at a path; `nil` for all of it.
    mutating func look(at path: RepoPath?, in commit: GitCommit) throws -> PathLook {
        let place = Place(tree: commit.tree, path: path)
        if let known = looks[place] { return known }
        let look = try lookAnew(at: path, in: commit)
        looks[place] = look
        return look
    }

    private mutating func lookAnew(at path: RepoPath?, in commit: GitCommit) throws -> PathLook {
        if let path, let known = pointers[path], try git.entry(at: known.file, in: commit)?.id == known.blob {
            return known.look
        }
        let look = try PathLook.look(at: path, in: index(of: commit), listings)
        if let path, let output = look.output, case .pointer(let pointer) = output.owner {
            let file = top.isEmpty ? pointer.bytes : top + [UInt8(ascii: "/")] + pointer.bytes
            if let blob = try git.entry(at: file, in: commit)?.id { pointers[path] = (file, blob, look) }
        }
        return look
    }
}
