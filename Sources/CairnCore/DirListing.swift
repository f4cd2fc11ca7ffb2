/// A directory as it is stored: the path of every file below it with the digest of its bytes.
///
/// Entries are sorted by path, no path occurs twice, and none is a folder of another. DVC's form sorts as Python sorts strings (whole
/// paths by code point, not by component) and knows files only; the native form sorts by bytes and keeps what sort of thing each path
/// stands for, and its size. A million entries of DVC's form take 24 bytes each beside the bytes of their paths.
///
/// The bytes of the stored form are produced by `serialized` and read by `init(parsing:as:)`; their digest with the suffix `.dir` is
/// the directory's id.
public struct DirListing: Sendable {
    /// How a listing is stored, and what its entries keep.
    public enum Form: Sendable {
        /// DVC's: a JSON array of paths and MD5 digests.
        case dvc
        /// Ours: docs/formats/directory-listing.md.
        case native

        /// The form of the listings of directories with these ids.
        public init(of algorithm: HashAlgorithm) { self = algorithm == .blake3 ? .native : .dvc }

        /// What the listing itself is hashed with.
        public var algorithm: HashAlgorithm { self == .native ? .blake3 : .md5 }
    }

    /// What an entry stands for.
    public enum Kind: UInt8, Sendable {
        /// A file.
        case file = 0
        /// A file that its owner may execute.
        case executable = 1
        /// A symbolic link; its object has the path that it leads to.
        case symbolicLink = 2
        /// A folder in which there is nothing; it has no object.
        case emptyFolder = 3
    }

    /// One path of a directory.
    public struct Entry: Sendable {
        /// The path below the directory, sharing the listing's memory.
        public let path: ArraySlice<UInt8>
        /// The digest of the file's bytes.
        public let digest: Digest
    }

    /// How it is stored.
    public let form: Form
    /// The paths in order.
    public let paths: PathTable
    /// The digests, parallel to the paths.
    let digests: DigestTable
    /// What the paths stand for and how many bytes they have, parallel to them; empty in DVC's form.
    let kinds: [Kind]
    let sizes: [Int64]

    /// The listing of an empty directory.
    public init(_ form: Form = .dvc) {
        self.init(
            proved: PathTable(), DigestTable(digestCount: form.algorithm.digestCount), [], [], form)
    }

    /// Takes over what a builder has proved to be sorted, unique and safe.
    init(proved paths: PathTable, _ digests: DigestTable, _ kinds: [Kind], _ sizes: [Int64], _ form: Form) {
        self.form = form
        self.paths = paths
        self.digests = digests
        self.kinds = kinds
        self.sizes = sizes
    }

    /// How many entries there are.
    public var count: Int { digests.count }

    /// True for the listing of an empty directory.
    public var isEmpty: Bool { count == 0 }

    /// How many entries are files or links.
    public var fileCount: Int { kinds.isEmpty ? count : kinds.count { $0 != .emptyFolder } }

    /// The entry at a position.
    public subscript(index: Int) -> Entry { Entry(path: paths[index], digest: digest(at: index)) }

    /// The digest of the file at a position; zero for an empty folder.
    public func digest(at index: Int) -> Digest { digests[index] }

    /// What the entry at a position stands for.
    public func kind(at index: Int) -> Kind { kinds.isEmpty ? .file : kinds[index] }

    /// How many bytes the entry's object has; `nil` where the form does not tell.
    public func size(at index: Int) -> Int64? { sizes.isEmpty ? nil : sizes[index] }

    /// The bytes of all files; `nil` where the form does not tell, or there are more than can be.
    public var totalSize: Int64? {
        guard form == .native else { return nil }
        var total: Int64 = 0
        for size in sizes {
            let (sum, isOverflow) = total.addingReportingOverflow(size)
            if isOverflow { return nil }
            total = sum
        }
        return total
    }

    /// The object that the entry at a position needs; `nil` for an empty folder.
    ///
    /// - Parameter algorithm: that of the directory's id.
    public func object(at index: Int, _ algorithm: HashAlgorithm) -> ObjectID? {
        kind(at: index) == .emptyFolder ? nil : ObjectID(algorithm, digests[index])
    }

    /// The id of a directory with this listing.
    ///
    /// - Parameter algorithm: that of the objects; what DVC 2 wrote has the form of DVC 3.
    public func id(_ algorithm: HashAlgorithm) -> ObjectID {
        var hasher = ContentHasher(form.algorithm)
        forEachPiece { hasher.update($0) }
        return ObjectID(algorithm, hasher.finish(), isDirectory: true)
    }

    /// The id of a directory with this listing, and the bytes of its stored form.
    ///
    /// - Parameter algorithm: as of `id(_:)`.
    public func identified(_ algorithm: HashAlgorithm) -> (id: ObjectID, bytes: [UInt8]) {
        (id(algorithm), serialized)
    }

    /// The position of a path; `nil` if no file has it.
    public func index(of path: some Collection<UInt8>) -> Int? {
        let path = Array(path)
        let index = lowerBound(of: path)
        return index < count && paths[index].elementsEqual(path) ? index : nil
    }

    /// The positions of all files inside a folder; of all files at all when the folder's path is empty.
    public func indices(below folder: some Collection<UInt8>) -> Range<Int> {
        guard !folder.isEmpty else { return 0..<count }
        // Everything inside starts with "folder/", and "0" is the character that follows the slash.
        let first = lowerBound(of: Array(folder) + [UInt8(ascii: "/")])
        let end = lowerBound(of: Array(folder) + [UInt8(ascii: "/") + 1])
        return first..<end
    }

    /// The files inside a folder as a listing of their own, with paths relative to it.
    public func listing(below folder: some Collection<UInt8>) -> DirListing {
        let range = indices(below: folder)
        let prefix = folder.isEmpty ? 0 : folder.count + 1
        var paths = PathTable()
        paths.reserve(count: range.count, bytes: 0)
        for index in range { paths.append(self.paths[index].dropFirst(prefix)) }
        return DirListing(
            proved: paths, digests.part(range), kinds.isEmpty ? [] : Array(kinds[range]),
            sizes.isEmpty ? [] : Array(sizes[range]), form)
    }

    /// The first position whose path does not sort before `path`.
    private func lowerBound(of path: [UInt8]) -> Int {
        path.withUnsafeBufferPointer { path in
            var low = 0
            var high = count
            while low < high {
                let middle = low + (high - low) / 2
                if paths.withPath(middle, { form.compare($0, path) }) < 0 {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low
        }
    }
}

extension DirListing: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
}

extension DirListing: Equatable {
    public static func == (left: DirListing, right: DirListing) -> Bool {
        left.count == right.count && left.form == right.form && left.digests == right.digests
            && left.kinds == right.kinds && left.sizes == right.sizes
            && left.indices.allSatisfy { left.paths[$0] == right.paths[$0] }
    }
}

extension DirListing.Form {
    /// How two paths sort: a negative number, 0 or a positive one, as `left` sorts before, with or after `right`.
    func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        switch self {
        case .dvc: return PythonText.compare(left, right)
        case .native:
            for index in 0..<min(left.count, right.count) where left[index] != right[index] {
                return Int(left[index]) - Int(right[index])
            }
            return left.count - right.count
        }
    }
}
