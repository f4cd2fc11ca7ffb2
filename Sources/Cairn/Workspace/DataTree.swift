import CairnCore
import CairnStore
import CairnSystem

/// The files of one output as they lie in the workspace, and what is known of their content.
struct DataTree {
    /// Where the output is.
    let path: RepoPath
    /// True for a directory.
    let isFolder: Bool
    /// The files, relative to the output; a single file has one, named as its last component.
    private(set) var snapshot: TreeSnapshot
    /// The digest of each file; `nil` until it is read.
    var digests: KnownDigests
    /// True if the output itself is a symbolic link.
    let isLink: Bool
    /// What a listing of it keeps: DVC's knows no links, so they are followed.
    let form: DirListing.Form
    /// Which symbolic links inside of it count as what they lead to, where the form keeps links.
    let links: FollowedLinks
    /// The folder that the snapshot is of, if the data lies elsewhere than the output will.
    var origin: FilePath?

    /// Looks at an output in the workspace.
    ///
    /// - Parameters:
    ///   - algorithm: that of the id that the output has or will have.
    ///   - links: which symbolic links inside of a native directory are followed.
    ///   - rules: what `.dvcignore` leaves out.
    /// - Returns: `nil` if there is nothing.
    static func load(
        _ path: RepoPath, as algorithm: HashAlgorithm, following links: FollowedLinks, rules: IgnoreFiles,
        session: Session
    ) throws -> DataTree? {
        try DataLook(path, as: algorithm, following: links, rules: rules, session: session)?.takeTree()
    }

    /// Looks at data outside of the workspace that is to become the output `path`.
    ///
    /// - Returns: `nil` if there is nothing.
    static func external(
        _ origin: FilePath, as path: RepoPath, _ algorithm: HashAlgorithm, following links: FollowedLinks,
        session: Session
    ) throws -> DataTree? {
        let form = DirListing.Form(of: algorithm)
        guard let status = try origin.status(following: true) else { return nil }
        var tree: DataTree
        switch status.kind {
        case .regular:
            var snapshot = TreeSnapshot()
            snapshot.append(origin.lastComponentBytes ?? [], status, isLink: false)
            tree = DataTree(
                path: path, isFolder: false, snapshot: snapshot, digests: KnownDigests(count: 1),
                isLink: false, form: form,
                links: links)
            let folder = origin.removingLastComponent()
            tree.origin = folder.isEmpty ? "." : folder
        case .folder:
            let rules = IgnoreFiles()
            let walker = TreeWalker(
                workers: session.workers, following: try links.rule(form, session),
                leavingOut: rules.filter(in: path))
            let snapshot = try walker.snapshot(of: origin)
            tree = DataTree(
                path: path, isFolder: true, snapshot: snapshot,
                digests: KnownDigests(count: snapshot.count), isLink: false, form: form,
                links: links)
            tree.origin = origin
        case .symbolicLink, .fifo, .socket, .device: throw TreeWalkError.unsupported(origin, status.kind)
        }
        return tree
    }

    /// The folder that the snapshot's paths are relative to, inside the workspace.
    var base: RepoPath? { isFolder ? path : path.parent }

    /// Fills in the digests that the stat index knows.
    mutating func recall(_ algorithm: HashAlgorithm, from index: StatIndex?) {
        guard let index, origin == nil else { return }
        // An index that cannot be read costs time, nothing else.
        guard
            let known = try? index.digests(
                of: snapshot, in: base?.bytes ?? [], isFolder: isFolder, by: algorithm)
        else { return }
        digests = known
    }

    /// Positions of files whose digest is not known.
    var unread: [Int] { digests.indices.filter { digests[$0] == nil } }

    /// True if a store has the files, and of a directory the listing too: that alone is not the data.
    ///
    /// - Parameters:
    ///   - id: the id of the tree as it is, every file of which is known.
    ///   - isWanted: tells by a file's position whether it counts.
    func isStored(
        as id: ObjectID, in inventory: ObjectInventory, where isWanted: (Int) -> Bool = { _ in true }
    ) throws -> Bool {
        guard try inventory.contains(id) else { return false }
        guard id.isDirectory else { return true }
        for (index, digest) in digests.enumerated() where isWanted(index) {
            if let digest, try !inventory.contains(ObjectID(id.algorithm, digest)) { return false }
        }
        return true
    }

    /// The open folder of the snapshot.
    func openBase(_ session: Session) throws -> Folder {
        if let origin { return try Folder(origin) }
        guard let base else { return session.folder }
        return try Folder(session.workspace.absolute(base))
    }

    /// Reads what is not known, and remembers it.
    ///
    /// - Throws: `CairnError` that names every file that could not be read.
    mutating func readAll(_ algorithm: HashAlgorithm, _ session: Session) throws {
        recall(algorithm, from: session.index)
        let positions = unread
        guard !positions.isEmpty else { return }
        let time = session.fileSystemTime()
        let bytes = positions.reduce(Int64(0)) { $0 + snapshot.files[$1].size }
        session.reporter.begin("hashing", items: positions.count, bytes: bytes)
        let intake = Intake(algorithm, workers: session.workers, reporter: session.reporter)
        let report = try intake.read(snapshot, at: positions, in: openBase(session))
        try take(report, algorithm, time, session)
    }

    /// Takes over what a reading found, and remembers it.
    ///
    /// - Parameter time: the file system's clock before the reading.
    mutating func take(_ report: Intake.Report, _ algorithm: HashAlgorithm, _ time: Int64, _ session: Session)
        throws
    {
        if digests.isUnknown {
            digests = report.digests
        } else {
            for (index, digest) in report.digests.enumerated() where digest != nil { digests[index] = digest }
        }
        for (index, status) in report.changed { snapshot.update(index, status) }
        remember(report.digests.indices.lazy.filter { report.digests[$0] != nil }, algorithm, time, session)
        guard report.failures.isEmpty else {
            throw CairnError(allOf: report.failures.map { CairnError($0.error) })
        }
    }

    /// Records the files at some positions in the stat index; failing to only costs time later.
    func remember(
        _ positions: some Sequence<Int>, _ algorithm: HashAlgorithm, _ time: Int64,
        _ session: Session
    ) {
        guard origin == nil else { return }
        let prefix = base.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
        // In rounds, so that a million paths are not all in memory once more.
        var rows: [StatIndex.Row] = []
        func flush() {
            try? session.index?.record(rows, by: algorithm, at: time)
            rows.removeAll(keepingCapacity: true)
        }
        for index in positions {
            guard let digest = digests[index] else { continue }
            rows.append(
                StatIndex.Row(
                    path: prefix + snapshot.paths[index], status: snapshot.files[index], digest: digest))
            if rows.count == 1 << 14 { flush() }
        }
        flush()
    }

    /// The listing of a directory whose files are all read.
    ///
    /// - Precondition: every digest is known.
    func listing() throws -> DirListing {
        guard form == .dvc || snapshot.emptyFolders.isEmpty else {
            var builder = DirListingBuilder(form)
            builder.reserve(count: snapshot.count, pathBytes: snapshot.count * 24)
            try append(to: &builder, below: [])
            return try builder.listing()
        }
        // The listing shares what takes most of its memory.
        let isNative = form == .native
        let builder = try DirListingBuilder(
            form, snapshot.paths, digests, kinds: isNative ? snapshot.files.indices.map(kind) : [],
            sizes: isNative ? snapshot.files.map(\.size) : [])
        return try builder.listing()
    }

    /// Adds the files to a listing of the same form.
    ///
    /// - Parameter folder: where they are in the listed directory: the path of a file itself, or the folder of a directory's files.
    /// - Precondition: every digest is known.
    func append(to builder: inout DirListingBuilder, below folder: [UInt8]) throws(DirListingError) {
        let prefix = folder.isEmpty || !isFolder ? folder : folder + [UInt8(ascii: "/")]
        for index in 0..<snapshot.count {
            guard let digest = digests[index] else { preconditionFailure("a listing needs every digest") }
            let (kind, size) = (kind(at: index), snapshot.files[index].size)
            if prefix.isEmpty {
                try snapshot.paths.withPath(index) { (path) throws(DirListingError) in
                    try builder.append(path, digest, kind: kind, size: size)
                }
            } else {
                let name = isFolder ? prefix + snapshot.paths[index] : prefix
                try builder.append(name, digest, kind: kind, size: size)
            }
        }
        for inner in snapshot.emptyFolders { try builder.append(emptyFolder: prefix + inner) }
        if isFolder, !folder.isEmpty, snapshot.count == 0, snapshot.emptyFolders.isEmpty {
            try builder.append(emptyFolder: folder)
        }
    }

    /// What the file at a position is in a listing.
    func kind(at index: Int) -> DirListing.Kind {
        guard form == .native else { return .file }
        let status = snapshot.files[index]
        return status.kind == .symbolicLink ? .symbolicLink : status.isExecutable ? .executable : .file
    }

    /// The id of the files with the digests that are known.
    ///
    /// - Precondition: every digest is known.
    func id(_ algorithm: HashAlgorithm) throws -> ObjectID {
        if isFolder { return try listing().id(algorithm) }
        guard let digest = digests[0] else { preconditionFailure("a file that was read has a digest") }
        return ObjectID(algorithm, digest)
    }
}

extension CairnError {
    /// Several failures as one: the message of each on a line of its own.
    init(allOf errors: [CairnError]) {
        guard let first = errors.first else { preconditionFailure("at least one failure") }
        if errors.count == 1 {
            self = first
            return
        }
        let shown =
            errors.prefix(20).map(\.message) + (errors.count > 20 ? ["… and \(errors.count - 20) more"] : [])
        let isUniform = errors.allSatisfy { $0.kind == first.kind }
        self.init(isUniform ? first.kind : .partial, shown.joined(separator: "\n"), hint: first.hint)
    }
}
