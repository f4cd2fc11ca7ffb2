/// A directory as DVC stores it: the path of every file below it with the MD5 digest of its bytes.
///
/// Entries are sorted by path as Python sorts strings (whole paths by code point, not by component), no path
/// occurs twice, and none is a folder of another. A million entries take 24 bytes each beside the bytes of
/// their paths.
///
/// The bytes of the stored form, a JSON array, are produced by `serialize(into:)` and read by
/// `init(parsing:)`; their MD5 digest with the suffix `.dir` is the directory's id.
public struct DirListing: Sendable {
    /// One file of a directory.
    public struct Entry: Sendable {
        /// The path below the directory, sharing the listing's memory.
        public let path: ArraySlice<UInt8>
        /// The MD5 digest of the file's bytes.
        public let digest: Digest
    }

    /// The paths in order.
    public let paths: PathTable
    /// The digests, parallel to the paths. Two words instead of a `Digest` halve the memory of a big listing.
    let digestWords: [(UInt64, UInt64)]

    /// The listing of an empty directory.
    public init() {
        self.init(proved: PathTable(), [])
    }

    /// Takes over what a builder has proved to be sorted, unique and safe.
    init(proved paths: PathTable, _ digestWords: [(UInt64, UInt64)]) {
        self.paths = paths
        self.digestWords = digestWords
    }

    /// How many files there are.
    public var count: Int { digestWords.count }

    /// True for the listing of an empty directory.
    public var isEmpty: Bool { digestWords.isEmpty }

    /// The file at a position.
    public subscript(index: Int) -> Entry { Entry(path: paths[index], digest: digest(at: index)) }

    /// The digest of the file at a position.
    public func digest(at index: Int) -> Digest { Digest(md5Words: digestWords[index]) }

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
        return DirListing(proved: paths, Array(digestWords[range]))
    }

    /// The first position whose path does not sort before `path`.
    private func lowerBound(of path: [UInt8]) -> Int {
        path.withUnsafeBufferPointer { path in
            var low = 0
            var high = count
            while low < high {
                let middle = low + (high - low) / 2
                if paths.withPath(middle, { PythonText.compare($0, path) }) < 0 {
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
        left.count == right.count
            && left.digestWords.elementsEqual(right.digestWords) { $0 == $1 }
            && left.indices.allSatisfy { left.paths[$0] == right.paths[$0] }
    }
}

extension Digest {
    /// An MD5 digest from its two big-endian halves.
    init(md5Words: (UInt64, UInt64)) {
        self.words = (md5Words.0, md5Words.1, 0, 0)
        self.count = 16
    }
}
