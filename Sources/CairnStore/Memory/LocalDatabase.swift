import CairnSystem
internal import CSQLite

/// A database of ours that may be deleted at any time: what is in it saves time and nothing else.
final class LocalDatabase: @unchecked Sendable {
    // A class: it owns the connection. Sendable: every use of the connection is inside `lock`.
    private let raw: OpaquePointer
    private let lock = ThreadLock()
    private let path: FilePath
    /// Statements that were prepared and are not in use: to prepare one costs more than to run it.
    private var spare: [String: OpaquePointer] = [:]

    /// Opens a database, making it if it is missing and anew if it is not readable.
    ///
    /// - Parameters:
    ///   - version: that of the tables; a database with another one gets new tables.
    ///   - tables: the statements that make them, and drop those of other versions.
    /// - Throws: `StoreError` if the file system does not let it.
    init(at path: FilePath, version: Int32, tables: String) throws(StoreError) {
        self.path = path
        do throws(StoreError) {
            raw = try Self.open(path, version, tables)
        } catch {
            guard Self.isBroken(error) else { throw error }
            Self.discard(path)
            raw = try Self.open(path, version, tables)
        }
    }

    deinit {
        for statement in spare.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(raw)
    }

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

    private static func open(
        _ path: FilePath, _ version: Int32, _ tables: String
    ) throws(StoreError) -> OpaquePointer {
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
            // A lost database costs time, not data: no sync per transaction.
            try run(handle, "PRAGMA journal_mode = WAL", path)
            try run(handle, "PRAGMA synchronous = OFF", path)
            if try userVersion(handle, path) != version { try makeTables(handle, path, version, tables) }
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
        return handle
    }

    private static func makeTables(
        _ handle: OpaquePointer, _ path: FilePath, _ version: Int32, _ tables: String
    ) throws(StoreError) {
        try run(handle, "BEGIN IMMEDIATE", path)
        // Another process may have made them while we waited, and put rows in.
        if try userVersion(handle, path) == version { return try run(handle, "COMMIT", path) }
        try run(handle, "\(tables)\nPRAGMA user_version = \(version);\nCOMMIT;", path)
    }

    private static func userVersion(_ handle: OpaquePointer, _ path: FilePath) throws(StoreError) -> Int32 {
        let statement = try Statement.prepare("PRAGMA user_version", for: handle, path)
        defer { sqlite3_finalize(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return sqlite3_column_int(statement, 0)
        case SQLITE_DONE: return 0
        case let code: throw StoreError(.index(code, String(cString: sqlite3_errstr(code))), path)
        }
    }

    private static func run(_ handle: OpaquePointer, _ sql: String, _ path: FilePath) throws(StoreError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw StoreError(.index(code, String(cString: sqlite3_errmsg(handle))), path)
        }
    }

    /// Prepares a statement; for use inside of `locked` and `transaction`, which it must not outlive.
    func statement(_ sql: String) throws(StoreError) -> Statement {
        if let known = spare.removeValue(forKey: sql) { return Statement(known, sql, of: self, path) }
        return Statement(try Statement.prepare(sql, for: raw, path), sql, of: self, path)
    }

    /// Takes a statement back that is at its start.
    func keep(_ statement: OpaquePointer, _ sql: String) {
        if let other = spare.updateValue(statement, forKey: sql) { sqlite3_finalize(other) }
    }

    /// Runs one statement that reads.
    func read<Result>(
        _ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try locked { () throws(StoreError) in try body(statement(sql)) }
    }

    /// Runs one statement that writes.
    func write(_ sql: String, _ body: (borrowing Statement) throws(StoreError) -> Void) throws(StoreError) {
        try transaction { () throws(StoreError) in try body(statement(sql)) }
    }

    /// Calls `body` in a transaction, which is undone if it throws.
    func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try locked { () throws(StoreError) in
            try Self.run(raw, "BEGIN IMMEDIATE", path)
            do throws(StoreError) {
                try body()
                try Self.run(raw, "COMMIT", path)
            } catch {
                try? Self.run(raw, "ROLLBACK", path)  // the first failure is the one to report
                throw error
            }
        }
    }

    /// Calls `body` while no other thread uses the connection.
    func locked<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
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
