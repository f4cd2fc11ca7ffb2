import CairnSystem
internal import CSQLite

/// A prepared statement, given back to its database when the value goes.
final class Statement {
    private let raw: OpaquePointer
    private let sql: String
    private let database: LocalDatabase
    private let path: FilePath

    /// Takes a statement that is at its start.
    init(_ raw: OpaquePointer, _ sql: String, of database: LocalDatabase, _ path: FilePath) {
        self.raw = raw
        self.sql = sql
        self.database = database
        self.path = path
    }

    static func prepare(
        _ sql: String, for database: OpaquePointer, _ path: FilePath
    ) throws(StoreError) -> OpaquePointer {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else {
            throw StoreError(.index(code, String(cString: sqlite3_errmsg(database))), path)
        }
        return statement
    }

    deinit {
        sqlite3_reset(raw)
        sqlite3_clear_bindings(raw)
        database.keep(raw, sql)
    }

    func bind(_ column: Int32, _ bytes: [UInt8]) {
        // SQLITE_TRANSIENT: SQLite takes a copy. A nil pointer would bind NULL, so an empty array binds a blob of length 0.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(raw, column, 0)
        } else {
            sqlite3_bind_blob(raw, column, bytes, Int32(bytes.count), transient)
        }
    }

    func bind(_ column: Int32, _ value: Int64) { sqlite3_bind_int64(raw, column, value) }

    /// Binds size, mtime, ctime and inode from `column` on.
    func bind(_ column: Int32, _ status: FileStatus) {
        bind(column, status.size)
        bind(column + 1, status.mtime)
        bind(column + 2, status.ctime)
        bind(column + 3, Int64(bitPattern: status.inode))
    }

    func reset() { sqlite3_reset(raw) }

    @discardableResult
    func step() throws(StoreError) -> Bool {
        let code = sqlite3_step(raw)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw StoreError(.index(code, String(cString: sqlite3_errstr(code))), path)
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }

    /// The bytes of a column, valid until the next step.
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(raw, column), count: Int(sqlite3_column_bytes(raw, column)))
    }
}
