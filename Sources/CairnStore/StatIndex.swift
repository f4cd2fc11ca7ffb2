public import CairnCore
public import CairnSystem
internal import CSQLite

/// What was known of workspace files when they were last read: unchanged files need not be read again.
///
/// A database in the repository's temporary folder; it may be deleted at any time. A file is only recorded when its last change
/// is older than the moment of recording by the file system's own clock, so that a later change always shows.
public final class StatIndex: @unchecked Sendable {
    // A class: it owns the connection. Sendable: every use of the connection is inside `lock`.
    private let database: OpaquePointer
    private let lock = ThreadLock()
    private let path: FilePath
    private static let version: Int32 = 2

    /// Opens the index, making it if it is missing and anew if it is not readable.
    ///
    /// - Throws: `StoreError` if the file system does not let it: work goes on without an index then.
    public init(at path: FilePath) throws(StoreError) {
        self.path = path
        do throws(StoreError) {
            database = try Self.open(path)
        } catch {
            guard Self.isBroken(error) else { throw error }
            Self.discard(path)
            database = try Self.open(path)
        }
    }

    deinit { sqlite3_close_v2(database) }

    private static func isBroken(_ error: StoreError) -> Bool {
        guard case .index(let code, _) = error.reason else { return false }
        return code == SQLITE_NOTADB || code == SQLITE_CORRUPT
    }

    /// Takes the files of a database away; nothing is lost with it but time.
    private static func discard(_ path: FilePath) {
        // The database last: what was not yet taken over from the log must never meet a newer one.
        for suffix in ["-wal", "-shm", ""] {
            let file = FilePath(bytes: path.bytes + Array(suffix.utf8))
            guard let name = file.lastComponentBytes, let folder = try? Folder(file.removingLastComponent())
            else {
                continue
            }
            try? folder.remove(name)  // then it cannot be opened anew either, which is reported
        }
    }

    private static func open(_ path: FilePath) throws(StoreError) -> OpaquePointer {
        // A link in the place of the database could make us write to somebody else's.
        do throws(SystemError) {
            if let there = try path.status(), there.kind != .regular {
                throw SystemError(.tooManySymbolicLinkLevels, "open", path)
            }
        } catch {
            throw StoreError(error)
        }
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = path.withPlatformString { sqlite3_open_v2($0, &handle, flags, nil) }
        guard code == SQLITE_OK, let handle else {
            defer { sqlite3_close_v2(handle) }
            throw StoreError(.index(code, String(cString: sqlite3_errstr(code))), path)
        }
        do throws(StoreError) {
            sqlite3_busy_timeout(handle, 2000)
            // The log stays, empty, when the last connection goes: a look at nothing would make two files and remove them again.
            var isKept: Int32 = 1
            sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &isKept)
            try run(handle, "PRAGMA journal_size_limit = 0", path)
            // Where it is mapped by default, a file that is cut short would end the process.
            try run(handle, "PRAGMA mmap_size = 0", path)
            // A lost index costs time, not data: no sync per transaction.
            try run(handle, "PRAGMA journal_mode = WAL", path)
            try run(handle, "PRAGMA synchronous = OFF", path)
            if try userVersion(handle, path) != version { try makeTables(handle, path) }
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
        return handle
    }

    private static func makeTables(_ handle: OpaquePointer, _ path: FilePath) throws(StoreError) {
        try run(handle, "BEGIN IMMEDIATE", path)
        // Another process may have made them while we waited, and put rows in.
        if try userVersion(handle, path) == version { return try run(handle, "COMMIT", path) }
        try run(
            handle,
            """
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
            PRAGMA user_version = \(version);
            COMMIT;
            """, path)
    }

    private static func userVersion(_ handle: OpaquePointer, _ path: FilePath) throws(StoreError) -> Int32 {
        let statement = try Statement(handle, "PRAGMA user_version", path)
        return try statement.step() ? sqlite3_column_int(statement.raw, 0) : 0
    }

    private static func run(_ handle: OpaquePointer, _ sql: String, _ path: FilePath) throws(StoreError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw StoreError(.index(code, String(cString: sqlite3_errmsg(handle))), path)
        }
    }

    private func run(_ sql: String) throws(StoreError) { try Self.run(database, sql, path) }

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
    ) throws(StoreError) -> [Digest?] {
        guard snapshot.count > 0 else { return [] }
        return try locked { () throws(StoreError) in try find(snapshot, folder, isFolder, algorithm) }
    }

    private func find(
        _ snapshot: TreeSnapshot, _ folder: [UInt8], _ isFolder: Bool, _ algorithm: HashAlgorithm
    ) throws(StoreError) -> [Digest?] {
        var result = [Digest?](repeating: nil, count: snapshot.count)
        let prefix = folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]
        let statement = try Statement(
            database,
            """
            SELECT path, size, mtime, ctime, inode, digest FROM files
            WHERE path BETWEEN ?1 AND ?2 AND algorithm = ?3 ORDER BY path
            """, path)
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
        try transaction { () throws(StoreError) in
            let statement = try Statement(
                database, "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", path)
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
        try locked { () throws(StoreError) in try findObject(place, status) }
    }

    private func findObject(_ place: FilePath, _ status: FileStatus) throws(StoreError) -> Bool {
        let statement = try Statement(
            database, "SELECT size, mtime, ctime, inode FROM objects WHERE place = ?1", path)
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
        try transaction { () throws(StoreError) in
            let statement = try Statement(
                database, "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5)", path)
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
        try transaction { () throws(StoreError) in
            let statement = try Statement(
                database, "INSERT OR REPLACE INTO outputs VALUES (?1, ?2)", self.path)
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
        try transaction { () throws(StoreError) in
            let statement = try Statement(database, "DELETE FROM outputs WHERE path = ?1", self.path)
            statement.bind(1, path.bytes)
            try statement.step()
        }
    }

    /// All outputs that were remembered, sorted by path.
    public func rememberedOutputs() throws(StoreError) -> [(path: RepoPath, id: ObjectID)] {
        try locked { () throws(StoreError) in
            let statement = try Statement(database, "SELECT path, id FROM outputs ORDER BY path", path)
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

    /// Runs one statement that reads.
    func read<Result>(
        _ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try locked { () throws(StoreError) in try body(Statement(database, sql, path)) }
    }

    /// Runs one statement that writes.
    func write(_ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Void) throws(StoreError) {
        try transaction { () throws(StoreError) in try body(Statement(database, sql, path)) }
    }

    private func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try locked { () throws(StoreError) in
            try run("BEGIN IMMEDIATE")
            do throws(StoreError) {
                try body()
                try run("COMMIT")
            } catch {
                try? run("ROLLBACK")  // the first failure is the one to report
                throw error
            }
        }
    }

    private func locked<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        lock.lock()
        defer { lock.unlock() }
        do throws(StoreError) {
            return try body()
        } catch {
            // The next command starts with a new one.
            if Self.isBroken(error) { Self.discard(path) }
            throw error
        }
    }
}

/// Orders byte strings as SQLite orders blobs: negative, zero or positive.
private func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
        return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
}
