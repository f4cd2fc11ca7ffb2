import CairnCore
import CairnSystem

/// What lies at an output's place, before its files are put into one list.
struct DataLook {
    /// A file, or the folders of a directory.
    enum Content {
        case file(FileStatus)
        case directory(WalkedTree)
    }

    let content: Content
    private let path: RepoPath
    private let isLink: Bool
    private let form: DirListing.Form
    private let links: FollowedLinks

    /// Looks at an output in the workspace.
    ///
    /// - Parameters:
    ///   - algorithm: that of the id that the output has or will have.
    ///   - links: which symbolic links inside of a native directory are followed.
    ///   - rules: what `.dvcignore` leaves out.
    /// - Returns: `nil` if there is nothing.
    init?(
        _ path: RepoPath, as algorithm: HashAlgorithm, following links: FollowedLinks, rules: IgnoreFiles,
        session: Session
    ) throws {
        guard let own = try session.folder.status(of: path.bytes) else { return nil }
        try self.init(path, own, as: algorithm, following: links, rules: rules, session: session)
    }

    /// Looks at an output whose own status, that of a link if it is one, is known.
    init(
        _ path: RepoPath, _ own: FileStatus, as algorithm: HashAlgorithm, following links: FollowedLinks,
        rules: IgnoreFiles, session: Session
    ) throws {
        var status = own
        if own.kind == .symbolicLink {
            guard let target = try session.folder.status(of: path.bytes, following: true) else {
                throw CairnError(
                    .notFound, "'\(path)' is a symbolic link that leads nowhere",
                    hint: "remove it, or restore what it leads to")
            }
            status = target
        }
        self.path = path
        isLink = own.kind == .symbolicLink
        form = DirListing.Form(of: algorithm)
        self.links = links
        switch status.kind {
        case .regular: content = .file(status)
        case .folder:
            let walker = TreeWalker(
                workers: session.workers, following: try links.rule(form, session),
                leavingOut: rules.filter(in: path))
            content = .directory(try walker.walk(session.workspace.absolute(path)))
        case .symbolicLink, .fifo, .socket, .device:
            throw CairnError(TreeWalkError.unsupported(session.workspace.absolute(path), status.kind))
        }
    }

    /// Takes the files in order, with no digest known yet; once.
    func takeTree() -> DataTree {
        let snapshot: TreeSnapshot
        let isFolder: Bool
        switch content {
        case .file(let status):
            var single = TreeSnapshot()
            single.append(path.name, status, isLink: isLink)
            (snapshot, isFolder) = (single, false)
        case .directory(let walked): (snapshot, isFolder) = (walked.takeSnapshot(), true)
        }
        return DataTree(
            path: path, isFolder: isFolder, snapshot: snapshot,
            digests: KnownDigests(count: snapshot.count), isLink: isLink, form: form,
            links: links)
    }
}
