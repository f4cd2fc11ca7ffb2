/// Collects the files of a directory, in any order, and makes a listing of them.
public struct DirListingBuilder: Sendable {
    private let form: DirListing.Form
    private var paths = PathTable()
    private var digests: DigestTable
    private var kinds: [DirListing.Kind] = []
    private var sizes: [Int64] = []

    /// Creates an empty builder.
    public init(_ form: DirListing.Form = .dvc) {
        self.form = form
        digests = DigestTable(digestCount: form.algorithm.digestCount)
    }

    /// Takes over paths with their digests, which keep their memory if they are in order.
    ///
    /// - Parameters:
    ///   - kinds: what the paths stand for, and `sizes` the bytes of their objects; empty in DVC's form.
    /// - Throws: `DirListingError` as `append`.
    /// - Precondition: every digest is known.
    public init(
        _ form: DirListing.Form, _ paths: PathTable, _ digests: KnownDigests, kinds: [DirListing.Kind],
        sizes: [Int64]
    ) throws(DirListingError) {
        self.init(form)
        guard paths.count > 0 else { return }
        guard let table = digests.complete, table.count == paths.count else {
            preconditionFailure("a listing needs every digest")
        }
        guard table.digestCount == self.digests.digestCount else {
            throw DirListingError(.badDigest, at: 0, path: Array(paths[0]))
        }
        for index in 0..<paths.count {
            try paths.withPath(index) { (path) throws(DirListingError) in try check(path, at: index) }
        }
        (self.paths, self.digests, self.kinds, self.sizes) = (paths, table, kinds, sizes)
    }

    /// How many entries were added.
    public var count: Int { digests.count }

    /// Makes room for `count` files whose paths have `pathBytes` bytes in all.
    public mutating func reserve(count: Int, pathBytes: Int) {
        paths.reserve(count: count, bytes: pathBytes)
        digests.reserve(count: count)
        guard form == .native else { return }
        kinds.reserveCapacity(count)
        sizes.reserveCapacity(count)
    }

    /// Adds a path.
    ///
    /// - Parameters:
    ///   - kind: what it stands for; DVC's form keeps files only, and does not tell which may be executed.
    ///   - size: the bytes of its object, which the native form keeps.
    /// - Throws: `DirListingError` if the path is empty or absolute, has a NUL or a component that is empty,
    ///   `.` or `..`, or if the digest is of another length than the form's.
    public mutating func append(
        _ path: UnsafeBufferPointer<UInt8>, _ digest: Digest, kind: DirListing.Kind = .file, size: Int64 = 0
    ) throws(DirListingError) {
        try check(path, at: count)
        guard digest.count == digests.digestCount else {
            throw DirListingError(.badDigest, at: count, path: Array(path))
        }
        append(validated: path, digest, kind, size)
    }

    private func check(_ path: UnsafeBufferPointer<UInt8>, at index: Int) throws(DirListingError) {
        try Self.validate(path, at: index)
        guard form == .dvc || path.count <= DirListing.pathLimit else {
            throw DirListingError(.notNative("a path of \(path.count) bytes"), at: index, path: Array(path))
        }
    }

    /// Adds a path.
    ///
    /// - Throws: `DirListingError` as the other `append`.
    public mutating func append(
        _ path: [UInt8], _ digest: Digest, kind: DirListing.Kind = .file, size: Int64 = 0
    ) throws(DirListingError) {
        try path.withUnsafeBufferPointer { path throws(DirListingError) in
            try append(path, digest, kind: kind, size: size)
        }
    }

    /// Adds a folder in which there is nothing. DVC's form does not keep it.
    ///
    /// - Throws: `DirListingError` as `append`.
    public mutating func append(emptyFolder path: [UInt8]) throws(DirListingError) {
        guard form == .native else { return }
        try append(path, Digest(words: (0, 0, 0, 0), count: digests.digestCount), kind: .emptyFolder)
    }

    /// Adds an entry of another listing of the same form.
    ///
    /// - Throws: `DirListingError` as `append`.
    public mutating func append(_ index: Int, of listing: DirListing) throws(DirListingError) {
        try listing.paths.withPath(index) { (path) throws(DirListingError) in
            try append(
                path, listing.digest(at: index), kind: listing.kind(at: index),
                size: listing.size(at: index) ?? 0)
        }
    }

    /// Adds a path that a caller has already looked at.
    mutating func append(
        validated path: UnsafeBufferPointer<UInt8>, _ digest: Digest, _ kind: DirListing.Kind = .file,
        _ size: Int64 = 0
    ) {
        paths.append(path)
        digests.append(digest)
        guard form == .native else { return }
        kinds.append(kind)
        sizes.append(size)
    }

    /// Makes the listing, sorting what is not sorted yet.
    ///
    /// - Throws: `DirListingError` if a path occurs twice, or is the folder of another; its index counts
    ///   files in the order in which they were added.
    public consuming func listing() throws(DirListingError) -> DirListing {
        guard let (index, order) = firstDisorder() else {
            try refuseFolders()
            return DirListing(proved: paths, digests, kinds, sizes, form)
        }
        if order == 0 { throw DirListingError(.duplicatePath, at: index, path: Array(paths[index])) }
        return try sortedListing()
    }

    /// Makes the listing of files that were added in order.
    ///
    /// - Throws: `DirListingError` as `listing()`, and if a file was not added in order.
    public consuming func sortedInput() throws(DirListingError) -> DirListing {
        if let (index, order) = firstDisorder() {
            throw DirListingError(
                order == 0 ? .duplicatePath : .outOfOrder, at: index, path: Array(paths[index]))
        }
        try refuseFolders()
        return DirListing(proved: paths, digests, kinds, sizes, form)
    }

    /// Refuses a path that could lead out of the directory.
    static func validate(
        _ path: UnsafeBufferPointer<UInt8>, at index: Int, offset: Int? = nil
    ) throws(DirListingError) {
        var start = 0
        var isSafe = !path.isEmpty
        for position in path.indices where path[position] == UInt8(ascii: "/") || path[position] == 0 {
            isSafe = isSafe && path[position] != 0 && isName(path, start, position)
            start = position + 1
        }
        guard !isSafe || !isName(path, start, path.count) else { return }
        let bytes = Array(path)
        do {
            try RepoPath.validate(bytes[...])
        } catch {
            throw DirListingError(.badPath(error), at: index, path: bytes, offset: offset)
        }
    }

    @inline(__always)
    private static func isName(_ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        switch end - start {
        case 0: false
        case 1: path[start] != UInt8(ascii: ".")
        case 2: path[start] != UInt8(ascii: ".") || path[start + 1] != UInt8(ascii: ".")
        default: true
        }
    }

    /// The first file that does not sort behind the one in front of it, and how the two compare (0 if they
    /// are equal).
    private func firstDisorder() -> (index: Int, order: Int)? {
        paths.withAllPaths { bytes, ends in
            var start = 0
            for index in 1..<Swift.max(ends.count, 1) {
                let middle = ends[index - 1]
                let order = form.compare(
                    UnsafeBufferPointer(rebasing: bytes[start..<middle]),
                    UnsafeBufferPointer(rebasing: bytes[middle..<ends[index]]))
                if order >= 0 { return (index, order) }
                start = middle
            }
            return nil
        }
    }

    /// Refuses a file whose path is a folder of another file's; the paths must be sorted.
    private func refuseFolders(positions: [Int]? = nil) throws(DirListingError) {
        let found: Int? = paths.withAllPaths { bytes, ends in
            // Paths that start with the same bytes stand together. `open` holds those, each the beginning of
            // the next, that are the beginning of the current path. Only the longest can be its folder: any
            // shorter one would have been the longest one's folder as well, and was refused there.
            var open: [Range<Int>] = []
            for index in ends.indices {
                let path = (index == 0 ? 0 : ends[index - 1])..<ends[index]
                while let last = open.last {
                    let isBeginning =
                        last.count < path.count
                        && UnsafeBufferPointer(rebasing: bytes[last]).elementsEqual(
                            UnsafeBufferPointer(rebasing: bytes[path.prefix(last.count)]))
                    if !isBeginning {
                        open.removeLast()
                    } else if bytes[path.lowerBound + last.count] == UInt8(ascii: "/") {
                        return ends.firstIndex(of: last.upperBound)
                    } else {
                        break
                    }
                }
                open.append(path)
            }
            return nil
        }
        guard let found else { return }
        throw DirListingError(.fileAndFolder, at: positions?[found] ?? found, path: Array(paths[found]))
    }

    private consuming func sortedListing() throws(DirListingError) -> DirListing {
        let order: [Int] = paths.withAllPaths { bytes, ends in
            func path(_ index: Int) -> UnsafeBufferPointer<UInt8> {
                UnsafeBufferPointer(rebasing: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
            }
            return ends.indices.sorted {
                let order = form.compare(path($0), path($1))
                return order != 0 ? order < 0 : $0 < $1
            }
        }
        var sorted = DirListingBuilder(form)
        sorted.reserve(count: count, pathBytes: paths.withAllPaths { bytes, _ in bytes.count })
        for index in order {
            paths.withPath(index) {
                sorted.append(
                    validated: $0, digests[index], kinds.isEmpty ? .file : kinds[index],
                    sizes.isEmpty ? 0 : sizes[index])
            }
        }
        if let (index, _) = sorted.firstDisorder() {
            throw DirListingError(.duplicatePath, at: order[index], path: Array(paths[order[index]]))
        }
        try sorted.refuseFolders(positions: order)
        return DirListing(proved: sorted.paths, sorted.digests, sorted.kinds, sorted.sizes, form)
    }
}
