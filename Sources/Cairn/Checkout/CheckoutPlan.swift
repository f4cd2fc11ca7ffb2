import CairnCore
import CairnStore
import CairnSystem

/// What has to happen for outputs of the workspace to be what their pointers say. Nothing is changed while a plan is made.
struct CheckoutPlan {
    /// How an output as a whole will change.
    enum Change: String, Sendable {
        case added, modified, deleted
    }

    /// Files to make or to replace, per algorithm of their output.
    private(set) var items = Placement.Items()
    /// Files to remove, with what they were when the plan was made.
    private(set) var removals: [(path: [UInt8], status: FileStatus)] = []
    /// Files among them that must go first: a folder is to take their name, or they lie where a file is to be.
    private(set) var early: Set<Int> = []
    /// Files to make executable.
    private(set) var chmods: [RepoPath] = []
    /// Empty folders to make, and folders to remove if nothing is left in them.
    private(set) var newFolders: [RepoPath] = []
    private(set) var oldFolders: [RepoPath] = []
    /// Outputs that change.
    private(set) var changes: [(path: RepoPath, isFolder: Bool, change: Change)] = []
    /// Files whose content is nowhere else: without force they stop the checkout.
    private(set) var unsaved: [[UInt8]] = []
    /// Objects that the store lacks, with the paths that want them.
    private(set) var missing: [(output: RepoPath, path: [UInt8], id: ObjectID)] = []
    /// Outputs whose listing has the wrong bytes.
    private(set) var damaged: [(output: RepoPath, id: ObjectID)] = []
    /// Outputs whose files are placed or kept, to be remembered.
    private(set) var outputs: [(path: RepoPath, id: ObjectID)] = []

    private let session: Session
    private let store: ObjectStore
    private let inventory: ObjectInventory
    private let allowsMissing: Bool
    /// Only paths that are this or below it are touched; `nil` for the whole output.
    private var scope: RepoPath?

    /// Starts a plan that looks at about `expected` files.
    ///
    /// - Parameter allowsMissing: whether files are passed over whose object the store lacks.
    init(_ session: Session, expecting expected: Int, allowsMissing: Bool) throws {
        self.session = session
        self.allowsMissing = allowsMissing
        store = try session.store()
        inventory = try ObjectInventory(of: store, expecting: expected)
    }

    /// Plans an output that is to be as `id` says.
    ///
    /// - Parameters:
    ///   - owner: the file that declares the output, for messages.
    ///   - part: the part of the output that is wanted; `nil` for all of it.
    ///   - tree: the output as it lies in the workspace; `nil` if there is nothing.
    mutating func want(
        _ path: RepoPath, _ id: ObjectID, isExecutable: Bool, declaredBy owner: RepoPath, part: RepoPath?,
        tree: inout DataTree?
    ) throws {
        scope = part == path ? nil : part
        try refuseLinks(on: path, tree, owner)
        let missingBefore = missing.count
        let (itemsBefore, removalsBefore) = (items.count, removals.count)
        let foldersBefore = newFolders.count + oldFolders.count
        try tree?.readAll(id.algorithm, session)
        if id.isDirectory {
            guard let listing = try listing(id, of: path) else { return }
            try wantFolder(path, id, listing, tree)
            try refuseLinks(inside: tree, owner, from: (itemsBefore, removalsBefore))
        } else {
            try wantFile(path, id, isExecutable, tree)
        }
        if missing.count > missingBefore, !allowsMissing { return }
        let isChanged =
            items.count > itemsBefore || removals.count > removalsBefore
            || newFolders.count + oldFolders.count > foldersBefore
        if scope == nil { outputs.append((path, id)) }
        if isChanged || (tree == nil && id.isDirectory) {
            changes.append((path, id.isDirectory, tree == nil ? .added : .modified))
        }
    }

    /// Plans the removal of what was once an output, as far as nothing is lost by it.
    mutating func drop(_ path: RepoPath, _ id: ObjectID, tree: inout DataTree?) throws {
        guard tree != nil else { return }
        try tree?.readAll(id.algorithm, session)
        guard let tree, try current(tree, id.algorithm) == id, try inventory.contains(id) else { return }
        for index in 0..<tree.snapshot.count { try remove(index, of: tree, id.algorithm, isEarly: false) }
        changes.append((path, tree.isFolder, .deleted))
    }

    /// Refuses to write through symbolic links: what they lead to is not ours.
    private func refuseLinks(on path: RepoPath, _ tree: DataTree?, _ owner: RepoPath) throws {
        var folder: RepoPath?
        for component in path.components.dropLast() {
            let next = try RepoPath(validating: component)
            folder = folder?.appending(next) ?? next
            guard let folder, try session.folder.status(of: folder.bytes)?.kind == .symbolicLink else {
                continue
            }
            throw Self.throughLink(folder, path, owner, session)
        }
        guard let tree, tree.isFolder, tree.isLink else { return }
        throw Self.throughLink(path, path, owner, session)
    }

    /// Refuses to change what was recorded of a followed link to a folder.
    ///
    /// - Parameter first: where the changes of the output begin in the plan.
    private func refuseLinks(
        inside tree: DataTree?, _ owner: RepoPath, from first: (item: Int, removal: Int)
    ) throws {
        guard let tree, tree.form == .native, !tree.snapshot.linkedFolders.isEmpty else { return }
        var links: Set<RepoPath> = []
        for link in tree.snapshot.linkedFolders {
            links.insert(tree.path.appending(try RepoPath(validating: link)))
        }
        let changed =
            (first.item..<items.count).lazy.map { Array(items.paths[$0]) }
            + removals[first.removal...].map(\.path)
        for path in changed {
            guard let link = try RepoPath(validating: path).folderAbove(where: links.contains) else {
                continue
            }
            throw Self.throughLink(link, tree.path, owner, session)
        }
    }

    private static func throughLink(
        _ link: RepoPath, _ path: RepoPath, _ owner: RepoPath, _ session: Session
    ) -> CairnError {
        let name = session.workspace.display(link)
        return CairnError(
            .conflict,
            "'\(session.workspace.display(path))' of '\(session.workspace.display(owner))' would be written through the symbolic link '\(name)', which is refused",
            hint: "remove the link: `rm \(Shell.quoted(name))`")
    }

    /// Takes everything that concerns these outputs out of the plan.
    mutating func leaveAlone(_ failed: Set<RepoPath>) {
        guard !failed.isEmpty else { return }
        func concerns(_ path: some Collection<UInt8>) -> Bool {
            failed.contains {
                $0.bytes.elementsEqual(path)
                    || (path.count > $0.bytes.count && path.starts(with: $0.bytes + [UInt8(ascii: "/")]))
            }
        }
        var kept = Placement.Items()
        for index in 0..<items.count where !concerns(items.paths[index]) {
            kept.append(
                items.paths[index], items.ids[index], isExecutable: items.executables.contains(index),
                isLink: items.links.contains(index), replacing: items.replaced[index])
        }
        items = kept
        var keptEarly: Set<Int> = []
        var keptRemovals: [(path: [UInt8], status: FileStatus)] = []
        for (index, removal) in removals.enumerated() where !concerns(removal.path) {
            if early.contains(index) { keptEarly.insert(keptRemovals.count) }
            keptRemovals.append(removal)
        }
        (removals, early) = (keptRemovals, keptEarly)
        newFolders.removeAll { concerns($0.bytes) }
        oldFolders.removeAll { concerns($0.bytes) }
        outputs.removeAll { failed.contains($0.path) }
        changes.removeAll { failed.contains($0.path) }
    }

    private func current(_ tree: DataTree, _ algorithm: HashAlgorithm) throws -> ObjectID? {
        try tree.id(algorithm)
    }

    private mutating func listing(_ id: ObjectID, of path: RepoPath) throws -> DirListing? {
        do throws(StoreError) {
            return try store.listing(id)
        } catch {
            switch error.reason {
            case .missing:
                missing.append((path, path.bytes, id))
                return nil
            case .damaged, .missingPart:
                damaged.append((path, id))
                return nil
            default:
                let words = CairnError(error)
                throw CairnError(
                    words.kind, "'\(session.workspace.display(path))': \(words.message)", hint: words.hint)
            }
        }
    }

    private mutating func wantFile(_ path: RepoPath, _ id: ObjectID, _ isExecutable: Bool, _ tree: DataTree?)
        throws
    {
        guard try inventory.contains(id) else {
            if tree?.isFolder == false, tree?.digests[0] == id.digest { return }
            missing.append((path, path.bytes, id))
            return
        }
        guard let tree else { return items.append(path.bytes, id, isExecutable: isExecutable) }
        if tree.isFolder {
            for index in 0..<tree.snapshot.count { try remove(index, of: tree, id.algorithm, isEarly: true) }
            return items.append(path.bytes, id, isExecutable: isExecutable)
        }
        guard let digest = tree.digests[0], digest != id.digest else {
            if isExecutable, !tree.snapshot.files[0].isExecutable { chmods.append(path) }
            return
        }
        try note(unsavedUnless: digest, id.algorithm, path.bytes)
        items.append(path.bytes, id, isExecutable: isExecutable, replacing: try own(path.bytes))
    }

    private mutating func wantFolder(
        _ path: RepoPath, _ id: ObjectID, _ listing: DirListing, _ tree: DataTree?
    ) throws {
        var tree = tree
        if let file = tree, !file.isFolder {
            try remove(0, of: file, id.algorithm, isEarly: true)
            tree = nil
        }
        let prefix = path.bytes + [UInt8(ascii: "/")]
        var present = [Bool](repeating: false, count: listing.count)
        // First what is there: kept, replaced or removed. Both lists are sorted, so the next entry is mostly the right one.
        var next = 0
        for index in 0..<(tree?.snapshot.count ?? 0) {
            guard let tree, let digest = tree.digests[index] else { continue }
            let name = tree.snapshot.paths[index]
            let found: Int?
            if next < listing.count, listing.paths[next].elementsEqual(name) {
                found = next
            } else {
                found = listing.index(of: name)
            }
            guard let entry = found else {
                if isInScope(prefix + name) {
                    try remove(
                        index, of: tree, id.algorithm,
                        isEarly: !listing.indices(below: name).isEmpty || blocks(name, listing))
                }
                continue
            }
            next = entry + 1
            present[entry] = true
            let kind = listing.kind(at: entry)
            guard digest != listing.digest(at: entry) || tree.kind(at: index) != kind,
                isInScope(prefix + name)
            else { continue }
            guard let wanted = listing.object(at: entry, id.algorithm) else {
                // An empty folder takes the place of a file.
                present[entry] = false
                try remove(index, of: tree, id.algorithm, isEarly: true)
                continue
            }
            guard try has(wanted, path, prefix + name) else { continue }
            try note(unsavedUnless: digest, id.algorithm, prefix + name)
            items.append(
                prefix + name, wanted, isExecutable: kind == .executable, isLink: kind == .symbolicLink,
                replacing: try own(prefix + name))
        }
        let emptyFolders = Set(tree?.snapshot.emptyFolders ?? [])
        for entry in 0..<listing.count where !present[entry] {
            let name = prefix + listing.paths[entry]
            guard isInScope(name) else { continue }
            let kind = listing.kind(at: entry)
            guard let wanted = listing.object(at: entry, id.algorithm) else {
                if !emptyFolders.contains(Array(listing.paths[entry])) {
                    newFolders.append(try RepoPath(validating: name))
                }
                continue
            }
            guard try has(wanted, path, name) else { continue }
            items.append(
                name, wanted, isExecutable: kind == .executable, isLink: kind == .symbolicLink)
        }
        try planOldFolders(listing, tree, prefix)
    }

    /// Plans the removal of empty folders that a native listing does not have.
    private mutating func planOldFolders(_ listing: DirListing, _ tree: DataTree?, _ prefix: [UInt8]) throws {
        guard listing.form == .native, let tree, tree.form == .native else { return }
        for folder in tree.snapshot.emptyFolders where isInScope(prefix + folder) {
            let isKept = listing.index(of: folder).map { listing.kind(at: $0) == .emptyFolder } ?? false
            if isKept || !listing.indices(below: folder).isEmpty { continue }
            oldFolders.append(try RepoPath(validating: prefix + folder))
        }
    }

    /// True if a folder above the file has the name of an entry.
    private func blocks(_ name: ArraySlice<UInt8>, _ listing: DirListing) -> Bool {
        var rest = name
        while let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
            rest = rest[..<slash]
            if listing.index(of: rest) != nil { return true }
        }
        return false
    }

    private func isInScope(_ path: [UInt8]) -> Bool {
        guard let scope else { return true }
        return path.starts(with: scope.bytes)
            && (path.count == scope.bytes.count || path[scope.bytes.count] == UInt8(ascii: "/"))
    }

    private mutating func has(_ id: ObjectID, _ output: RepoPath, _ path: [UInt8]) throws -> Bool {
        if try inventory.contains(id) { return true }
        missing.append((output, path, id))
        return false
    }

    private func own(_ path: [UInt8]) throws -> FileStatus? { try session.folder.status(of: path) }

    private mutating func remove(_ index: Int, of tree: DataTree, _ algorithm: HashAlgorithm, isEarly: Bool)
        throws
    {
        let prefix = tree.base.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
        let path = prefix + tree.snapshot.paths[index]
        guard let status = try own(path) else { return }
        if let digest = tree.digests[index] { try note(unsavedUnless: digest, algorithm, path) }
        if isEarly { early.insert(removals.count) }
        removals.append((path, status))
    }

    /// Remembers a file that would be lost, because the store does not have its content.
    private mutating func note(unsavedUnless digest: Digest, _ algorithm: HashAlgorithm, _ path: [UInt8])
        throws
    {
        if try inventory.contains(ObjectID(algorithm, digest)) { return }
        if try isStoredOtherwise(path, algorithm) { return }
        unsaved.append(path)
    }

    /// True if the content has been stored under an id of another kind.
    private func isStoredOtherwise(_ path: [UInt8], _ algorithm: HashAlgorithm) throws -> Bool {
        guard try own(path)?.kind == .regular else { return false }
        for other in HashAlgorithm.all where other != algorithm && other != .md5DOS2Unix {
            let file = try OpenFile(reading: path, in: session.folder, followingLinks: false)
            if try inventory.contains(ObjectID(other, try file.digest(other) { _ in })) { return true }
        }
        return false
    }
}
