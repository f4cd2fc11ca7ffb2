public import CairnCore
public import CairnSystem

/// What was known of workspace files when they were last read: unchanged files need not be read again.
///
/// A database in the repository's temporary folder; it may be deleted at any time. A file is only recorded when its last change
/// is older than the moment of recording by the file system's own clock, so that a later change always shows.
public final class StatIndex: Sendable {
    // A class: it owns the connection.
    private let database: LocalDatabase

    /// Opens the index, making it if it is missing and anew if it is not readable.
    ///
    /// - Throws: `StoreError` if the file system does not let it: work goes on without an index then.
    public init(at path: FilePath) throws(StoreError) {
        database = try LocalDatabase(at: path, version: 2, tables: Self.tables)
    }

    private static let tables = """
        DROP TABLE IF EXISTS files;
        DROP TABLE IF EXISTS objects;
        CREATE TABLE files (path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
            ctime INTEGER NOT NULL, inode INTEGER NOT NULL, algorithm INTEGER NOT NULL, digest BLOB NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE objects (place BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
            ctime INTEGER NOT NULL, inode INTEGER NOT NULL) WITHOUT ROWID;
        DROP TABLE IF EXISTS outputs;
        CREATE TABLE outputs (path BLOB PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
        DROP TABLE IF EXISTS trees;
        CREATE TABLE trees (path BLOB PRIMARY KEY, id BLOB NOT NULL, files BLOB NOT NULL, objects BLOB NOT NULL)
            WITHOUT ROWID;
        """

    // MARK: workspace files

    /// Finds the digests of files that did not change since they were recorded.
    ///
    /// - Parameters:
    ///   - snapshot: sorted by path.
    ///   - folder: where the snapshot lies, relative to the workspace; empty for the workspace itself.
    ///   - isFolder: whether it is the snapshot of all that is in the folder, and not of a few files.
    /// - Returns: a digest for each file of the snapshot, `nil` where the file must be read.
    /// - Throws: `StoreError` if the database cannot be read.
    public func digests(
        of snapshot: TreeSnapshot, in folder: [UInt8], isFolder: Bool = true, by algorithm: HashAlgorithm
    ) throws(StoreError) -> KnownDigests {
        guard snapshot.count > 0 else { return KnownDigests(count: 0) }
        return try database.locked { () throws(StoreError) in try find(snapshot, folder, isFolder, algorithm)
        }
    }

    private func find(
        _ snapshot: TreeSnapshot, _ folder: [UInt8], _ isFolder: Bool, _ algorithm: HashAlgorithm
    ) throws(StoreError) -> KnownDigests {
        var result = KnownDigests(count: snapshot.count)
        let prefix = folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]
        let statement = try database.statement(
            """
            SELECT path, size, mtime, ctime, inode, digest FROM files
            WHERE path BETWEEN ?1 AND ?2 AND algorithm = ?3 ORDER BY path
            """)
        // The last path decides where the scan ends; a folder's rows lie between its first and its last file.
        statement.bind(1, prefix + (isFolder ? [] : Array(snapshot.paths[0])))
        statement.bind(2, prefix + snapshot.paths[snapshot.count - 1])
        statement.bind(3, Int64(algorithm.rawValue))
        var index = 0
        // Both are in the order of bytes: one pass over each.
        while index < snapshot.count, try statement.step() {
            let row = statement.blob(0)
            guard row.count >= prefix.count else { continue }
            let rest = UnsafeRawBufferPointer(rebasing: row[prefix.count...])
            var order = -1
            while index < snapshot.count {
                order = snapshot.paths.withPath(index) { compare(UnsafeRawBufferPointer($0), rest) }
                if order >= 0 { break }
                index += 1
            }
            guard order == 0 else { continue }
            let recorded = FileStatus(
                size: statement.integer(1), mtime: statement.integer(2), ctime: statement.integer(3),
                inode: UInt64(bitPattern: statement.integer(4)))
            if snapshot.files[index].hasSameContent(as: recorded) {
                result[index] = Digest(bytes: statement.blob(5))
            }
            index += 1
        }
        return result
    }

    /// What is known of one file.
    public struct Row: Sendable {
        let path: [UInt8]
        let status: FileStatus
        let digest: Digest

        /// Puts a row together; the path is relative to the workspace, the status one from when the digest was known to hold.
        public init(path: [UInt8], status: FileStatus, digest: Digest) {
            self.path = path
            self.status = status
            self.digest = digest
        }
    }

    /// Remembers files.
    ///
    /// - Parameters:
    ///   - now: the file system's clock before the files were looked at; what changed since then is not remembered.
    /// - Throws: `StoreError`; nothing is remembered then.
    public func record(_ rows: [Row], by algorithm: HashAlgorithm, at now: Int64) throws(StoreError) {
        guard !rows.isEmpty else { return }
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement(
                "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            for row in rows where row.status.ctime < now {
                statement.bind(1, row.path)
                statement.bind(2, row.status)
                statement.bind(6, Int64(algorithm.rawValue))
                statement.bind(7, row.digest.bytes)
                try statement.step()
                statement.reset()
            }
        }
    }

    // MARK: objects of stores

    /// Tells whether the object at this place was verified and did not change since.
    public func isTrusted(_ place: FilePath, _ status: FileStatus) throws(StoreError) -> Bool {
        try database.locked { () throws(StoreError) in try findObject(place, status) }
    }

    private func findObject(_ place: FilePath, _ status: FileStatus) throws(StoreError) -> Bool {
        let statement = try database.statement(
            "SELECT size, mtime, ctime, inode FROM objects WHERE place = ?1")
        statement.bind(1, place.bytes)
        guard try statement.step() else { return false }
        return status.hasSameContent(
            as: FileStatus(
                size: statement.integer(0), mtime: statement.integer(1), ctime: statement.integer(2),
                inode: UInt64(bitPattern: statement.integer(3))))
    }

    /// Remembers objects that were just verified.
    public func trust(_ objects: [(place: FilePath, status: FileStatus)]) throws(StoreError) {
        guard !objects.isEmpty else { return }
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement(
                "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5)")
            for object in objects {
                statement.bind(1, object.place.bytes)
                statement.bind(2, object.status)
                try statement.step()
                statement.reset()
            }
        }
    }

    // MARK: outputs

    /// Remembers that the workspace has an output that we put there or stored, as this object.
    public func rememberOutput(_ path: RepoPath, _ id: ObjectID) throws(StoreError) {
        try rememberOutputs([(path, id)])
    }

    /// As `rememberOutput`, for many.
    public func rememberOutputs(_ outputs: [(path: RepoPath, id: ObjectID)]) throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement("INSERT OR REPLACE INTO outputs VALUES (?1, ?2)")
            for output in outputs {
                statement.bind(1, output.path.bytes)
                statement.bind(2, Array("\(output.id.algorithm.rawValue):\(output.id.text)".utf8))
                try statement.step()
                statement.reset()
            }
        }
    }

    /// Forgets an output, when it is removed or moved.
    public func forgetOutput(_ path: RepoPath) throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            let statement = try database.statement("DELETE FROM outputs WHERE path = ?1")
            statement.bind(1, path.bytes)
            try statement.step()
        }
    }

    /// All outputs that were remembered, sorted by path.
    public func rememberedOutputs() throws(StoreError) -> [(path: RepoPath, id: ObjectID)] {
        try database.locked { () throws(StoreError) in
            let statement = try database.statement("SELECT path, id FROM outputs ORDER BY path")
            var result: [(path: RepoPath, id: ObjectID)] = []
            while try statement.step() {
                let text = statement.blob(1)
                guard let path = try? RepoPath(validating: statement.blob(0)), let number = text.first,
                    let algorithm = HashAlgorithm(rawValue: number &- UInt8(ascii: "0")),
                    let id = ObjectID(algorithm, parsing: text.dropFirst(2))
                else { continue }
                result.append((path, id))
            }
            return result
        }
    }

    /// Paths of files that had one of these contents when they were last read; whether they still have it is for the caller to see.
    ///
    /// - Throws: `StoreError` if the database cannot be read.
    public func paths(of digests: Set<Digest>, by algorithm: HashAlgorithm) throws(StoreError) -> [Digest:
        [RepoPath]]
    {
        // One pass over all rows: a digest is not what they are sorted by.
        try read("SELECT digest, path FROM files WHERE algorithm = ?1 ORDER BY path") {
            (statement) throws(StoreError) in
            statement.bind(1, Int64(algorithm.rawValue))
            var paths: [Digest: [RepoPath]] = [:]
            while try statement.step() {
                guard let digest = Digest(bytes: statement.blob(0)), digests.contains(digest),
                    let path = try? RepoPath(validating: statement.blob(1))
                else { continue }
                paths[digest, default: []].append(path)
            }
            return paths
        }
    }

    /// Runs one statement that reads.
    func read<Result>(
        _ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try database.read(sql, body)
    }

    /// Runs one statement that writes.
    func write(_ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Void) throws(StoreError) {
        try database.write(sql, body)
    }
}

/// Orders byte strings as SQLite orders blobs: negative, zero or positive.
private func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
        return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
}
