internal import CLibGit2

/// libgit2 itself: started once, and only when a repository is really opened.
///
/// `git_libgit2_init` costs 4 to 7 ms (its TLS library reads all certificates of the system), more than most commands take
/// without it. It is never shut down: the process ends first.
enum GitLibrary {
    /// Starts libgit2 unless that has happened; any thread may call it.
    ///
    /// - Throws: `GitError` if libgit2 cannot start.
    static func start() throws(GitError) { try started.get() }

    /// The extensions that `GitSafety` lets through; libgit2 refuses names that it has not been told.
    static let extensions = [
        "noop", "worktreeconfig", "objectformat", "refstorage", "partialclone", "preciousobjects",
        "relativeworktrees",
    ]

    // A static constant is initialised exactly once, whichever thread comes first.
    private static let started: Result<Void, GitError> = Result { () throws(GitError) in
        try git("start libgit2") { git_libgit2_init() }
        // `GitSafety` does both checks, before a file of the repository is trusted: libgit2 1.5 answers a foreign owner with
        // a text about a missing configuration value, and never looks at GIT_CONFIG_GLOBAL.
        try git("set up libgit2") { cairn_git_set_owner_validation(0) }
        var names: [UnsafePointer<CChar>?] = extensions.map { name in
            UnsafePointer(name.utf8CString.withUnsafeBufferPointer { copy($0) })
        }
        defer { for name in names { UnsafeMutablePointer(mutating: name)?.deallocate() } }
        try git("set up libgit2") {
            names.withUnsafeMutableBufferPointer { cairn_git_allow_extensions($0.baseAddress, $0.count) }
        }
    }

    private static func copy(_ text: UnsafeBufferPointer<CChar>) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
        for index in text.indices { (copy + index).initialize(to: text[index]) }
        return copy
    }
}

/// Calls libgit2 and translates its failure.
///
/// The call, its code and its message stay in one synchronous function because libgit2 keeps the last error per thread.
///
/// - Throws: `GitError` with libgit2's own message when the call returns a negative code.
@discardableResult
func git(_ operation: @autoclosure () -> String, _ call: () -> Int32) throws(GitError) -> Int32 {
    let code = call()
    guard code < 0 else { return code }
    let message = git_error_last().map { String(cString: $0.pointee.message) } ?? "no message"
    throw GitError(
        code: code, operation: operation(), message: message,
        reason: code == GIT_ELOCKED.rawValue ? .locked : .failed)
}

extension [UInt8] {
    /// Hands the bytes to C with a NUL behind them.
    ///
    /// - Throws: `GitError` if the bytes have a NUL inside, where C would see their end; whatever `body` throws.
    @discardableResult
    func withCString<Value>(
        _ body: (UnsafePointer<CChar>) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        guard !contains(0) else {
            throw GitError(
                code: GIT_EINVALID.rawValue, operation: "pass a name to git", message: "it has a NUL byte")
        }
        let ended = self + [0]
        return try ended.withUnsafeBufferPointer { (bytes) throws(GitError) -> Value in
            try bytes.withMemoryRebound(to: CChar.self) { (text) throws(GitError) -> Value in
                try body(text.baseAddress!)  // never nil: the array holds at least the NUL
            }
        }
    }

    /// Copies a C string.
    init(cString: UnsafePointer<CChar>) {
        var bytes: [UInt8] = []
        var next = cString
        while next.pointee != 0 {
            bytes.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        self = bytes
    }
}
