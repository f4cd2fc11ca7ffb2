import CairnCore
import CairnStore

/// What one side of a comparison has in the place of an output: a commit, the pointers, or the workspace.
struct DataRoot {
    /// Where the output is.
    let path: RepoPath
    /// The content; `nil` if it was never recorded.
    let id: ObjectID?
    /// What is inside of a directory.
    let files: Files

    /// The files of a directory, as far as they are known.
    enum Files {
        /// It is a file, or nobody asked.
        case none
        /// It is a directory whose listing cannot be had.
        case unknown
        /// As it was recorded.
        case listing(DirListing)
        /// As it lies in the workspace, with every digest.
        case tree(DataTree)
    }
}

/// All that one side has at and below one path, sorted by bytes: the unit in which two sides are compared.
struct DataGroup {
    private(set) var paths = PathTable()
    private(set) var ids: [ObjectID] = []
    /// Directories whose files are not known.
    private(set) var unknown: [RepoPath] = []
    private var isSorted = true

    /// Nothing.
    init() {}

    /// Puts the entries of some outputs together.
    ///
    /// - Parameter isWanted: tells whether a path is looked at; `nil` for all.
    init(_ roots: [DataRoot], where isWanted: (([UInt8]) -> Bool)?) {
        for root in roots {
            if let id = root.id { append([], root.path.bytes, id, isWanted) }
            guard let algorithm = root.id?.algorithm else { continue }
            switch root.files {
            case .none: break
            case .unknown: unknown.append(root.path)
            case .listing(let listing):
                for index in 0..<listing.count {
                    guard let id = listing.object(at: index, algorithm) else { continue }
                    append(root.path.bytes, listing.paths[index], id, isWanted)
                }
            case .tree(let tree):
                for index in 0..<tree.snapshot.count {
                    guard let digest = tree.digests[index] else {
                        preconditionFailure("a tree to compare has every digest")
                    }
                    append(root.path.bytes, tree.snapshot.paths[index], ObjectID(algorithm, digest), isWanted)
                }
            }
        }
        if !isSorted { sort() }
    }

    private mutating func append(
        _ folder: [UInt8], _ name: some Sequence<UInt8>, _ id: ObjectID, _ isWanted: (([UInt8]) -> Bool)?
    ) {
        if let isWanted, !isWanted(folder.isEmpty ? Array(name) : folder + [UInt8(ascii: "/")] + name) {
            return
        }
        let count = ids.count
        paths.append(folder: folder, name: name)
        ids.append(id)
        if count > 0, order(count - 1, count) >= 0 { isSorted = false }
    }

    private func order(_ left: Int, _ right: Int) -> Int {
        paths.withPath(left) { left in paths.withPath(right) { Self.compare(left, $0) } }
    }

    /// Orders paths by their bytes: negative, zero or positive.
    static func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return Int(left[index]) - Int(right[index])
        }
        return left.count - right.count
    }

    private mutating func sort() {
        let positions = ids.indices.sorted { order($0, $1) < 0 }
        var sorted = PathTable()
        for position in positions { sorted.append(paths[position]) }
        (paths, ids) = (sorted, positions.map { ids[$0] })
        isSorted = true
    }

    var count: Int { ids.count }

    /// The folders on the way from `root` down to its entries, which nobody recorded as such.
    func folders(below root: RepoPath, and empty: [[UInt8]]) -> [[UInt8]] {
        var found: Set<[UInt8]> = Set(empty.map { root.bytes + [UInt8(ascii: "/")] + $0 })
        var pending = Array(found)
        for index in 0..<count where paths[index].count > root.bytes.count {
            pending.append(Array(paths[index]))
        }
        for path in pending {
            var rest = path[...]
            while let slash = rest.lastIndex(of: UInt8(ascii: "/")), slash > root.bytes.count {
                rest = rest[..<slash]
                guard found.insert(Array(rest)).inserted else { break }
            }
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
