import CairnCore
import CairnStore
import CairnSystem

/// All that one side has at and below one path, sorted by bytes: the unit in which two sides are compared.
///
/// The files of a directory stay in the listing or in the snapshot that they came from: nothing is made for each of them.
struct DifferenceLines {
    /// What is at a path.
    struct Entry {
        let id: ObjectID?
        let isFolder: Bool
        let kind: DirListing.Kind
        let size: Int64?

        init(_ id: ObjectID?, isFolder: Bool = false, kind: DirListing.Kind = .file, size: Int64? = nil) {
            self.id = id
            self.isFolder = isFolder
            self.kind = kind
            self.size = size
        }

        /// True if the content and what it is are the same.
        ///
        /// Digests that are equal are so however they were made: what DVC 2 recorded and DVC 3 records of most data.
        func isSame(as other: Entry) -> Bool {
            guard let id, let theirs = other.id else {
                return id == nil && other.id == nil && isFolder == other.isFolder
            }
            return id.digest == theirs.digest && id.isDirectory == theirs.isDirectory && kind == other.kind
        }
    }

    private enum Files {
        case none
        case listing(DirListing, HashAlgorithm)
        case tree(DataTree, HashAlgorithm)
        case entries([Entry])
    }

    /// What is at the path itself.
    private(set) var top: Entry?
    /// What is below it, relative to it.
    private(set) var paths = PathTable()
    /// Folders whose files are not known, relative to the path; empty for the path itself.
    private(set) var unknown: [[UInt8]] = []
    /// Folders without files, which only a workspace has.
    private(set) var emptyFolders: Set<[UInt8]> = []
    /// True if it is known that the cache has all of it.
    private(set) var isStored = false
    private var files = Files.none

    /// Nothing.
    init() {}

    /// An output with its files.
    init(_ part: Part) {
        top = part.entry
        isStored = part.isStored
        switch part.files {
        case .none: break
        case .unknown: unknown = [[]]
        case .listing(let listing, let algorithm):
            files = .listing(listing, algorithm)
            paths = listing.paths
        case .tree(let tree, let algorithm):
            files = .tree(tree, algorithm)
            paths = tree.snapshot.paths
            emptyFolders = Set(tree.snapshot.emptyFolders)
        }
    }

    /// Several outputs inside of one folder, or of each other.
    ///
    /// - Parameter root: the path that they are all at or below.
    init(_ parts: [(path: RepoPath, part: Part)], in root: RepoPath) {
        var found: [(path: [UInt8], entry: Entry)] = []
        for (path, part) in parts {
            let lines = DifferenceLines(part)
            let prefix = path.relative(to: root)?.bytes ?? []
            if path == root { top = lines.top } else if let own = lines.top { found.append((prefix, own)) }
            let lead = prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]
            for index in 0..<lines.count {
                if let entry = lines.entry(at: index) { found.append((lead + lines.paths[index], entry)) }
            }
            unknown += lines.unknown.map { $0.isEmpty ? prefix : lead + $0 }
            emptyFolders.formUnion(lines.emptyFolders.map { lead + $0 })
        }
        found.sort { $0.path.lexicographicallyPrecedes($1.path) }
        for item in found { paths.append(item.path) }
        files = .entries(found.map(\.entry))
    }

    /// How many lines there are below the path.
    var count: Int { paths.count }

    /// What is at a position; `nil` for what has no content, a folder without files.
    func entry(at index: Int) -> Entry? {
        switch files {
        case .none: nil
        case .entries(let entries): entries[index]
        case .listing(let listing, let algorithm):
            listing.object(at: index, algorithm).map {
                Entry($0, kind: listing.kind(at: index), size: listing.size(at: index))
            }
        case .tree(let tree, let algorithm):
            tree.digests[index].map {
                Entry(
                    ObjectID(algorithm, $0), kind: tree.kind(at: index), size: tree.snapshot.files[index].size
                )
            }
        }
    }

    /// True for what lies in a directory whose files are not known.
    func isUnknown(_ path: ArraySlice<UInt8>) -> Bool {
        unknown.contains { folder in
            folder.isEmpty
                || path.count > folder.count && path.starts(with: folder)
                    && path[path.startIndex + folder.count] == UInt8(ascii: "/")
        }
    }

    /// True if a path is a folder here, on the way to something.
    func isFolder(_ path: ArraySlice<UInt8>) -> Bool {
        if path.isEmpty { return count > 0 || !emptyFolders.isEmpty }
        let prefix = Array(path) + [UInt8(ascii: "/")]
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if paths[middle].lexicographicallyPrecedes(prefix) { low = middle + 1 } else { high = middle }
        }
        if low < count, paths[low].starts(with: prefix) { return true }
        return emptyFolders.contains { $0.elementsEqual(path) || $0.starts(with: prefix) }
    }

    /// An output as one side has it.
    struct Part {
        /// The files of a directory, as far as they are known.
        enum Files {
            case none
            case unknown
            case listing(DirListing, HashAlgorithm)
            case tree(DataTree, HashAlgorithm)
        }
        let entry: Entry
        let files: Files
        /// True if it is known that the cache has all of it.
        var isStored = false
    }
}
