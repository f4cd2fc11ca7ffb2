public import CairnCore

extension StatIndex {
    /// Remembers what a tree looked like when it was found to be as recorded.
    ///
    /// - Parameter id: the directory that the tree was.
    public func rememberTree(_ path: RepoPath, _ id: ObjectID, _ fingerprint: TreeFingerprint)
        throws(StoreError)
    {
        try write("INSERT OR REPLACE INTO trees VALUES (?1, ?2, ?3, ?4)") { (statement) throws(StoreError) in
            statement.bind(1, path.bytes)
            statement.bind(2, Array(id.text.utf8))
            statement.bind(3, fingerprint.files.bytes)
            statement.bind(4, fingerprint.objects?.bytes ?? [])
            try statement.step()
        }
    }

    /// Forgets what a tree looked like.
    public func forgetTree(_ path: RepoPath) throws(StoreError) {
        try write("DELETE FROM trees WHERE path = ?1") { (statement) throws(StoreError) in
            statement.bind(1, path.bytes)
            try statement.step()
        }
    }

    /// What is remembered of a tree, if it is remembered as this directory.
    public func rememberedTree(_ path: RepoPath, _ id: ObjectID) throws(StoreError) -> TreeFingerprint? {
        try read("SELECT files, objects FROM trees WHERE path = ?1 AND id = ?2") {
            (statement) throws(StoreError) in
            statement.bind(1, path.bytes)
            statement.bind(2, Array(id.text.utf8))
            guard try statement.step(), let files = Digest(bytes: statement.blob(0)) else { return nil }
            return TreeFingerprint(files: files, objects: Digest(bytes: statement.blob(1)))
        }
    }
}
