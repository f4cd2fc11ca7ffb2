public import CairnCore
public import CairnSystem

/// What a tree and the store behind it looked like when every file was found to be what is recorded, and stored.
///
/// If both look the same again, nothing has to be compared file by file.
public struct TreeFingerprint: Equatable, Sendable {
    /// Over the paths of the files and what the operating system says of each.
    public let files: Digest
    /// Over the folders of the store: one that gets or loses an object looks different. `nil` where no object is needed.
    public let objects: Digest?

    /// Puts a fingerprint together.
    public init(files: Digest, objects: Digest?) {
        self.files = files
        self.objects = objects
    }
}

extension TreeSnapshot {
    /// Changes when a file is added, removed, renamed or written to, as far as its status tells.
    public var fingerprint: Digest {
        var hash = BLAKE3()
        paths.withAllPaths { bytes, ends in
            hash.update(UnsafeRawBufferPointer(bytes))
            hash.update(UnsafeRawBufferPointer(ends))
        }
        let words = files.flatMap { [$0.size, $0.mtime, $0.ctime, Int64(bitPattern: $0.inode)] }
        words.withUnsafeBytes { hash.update($0) }
        for folder in emptyFolders { (folder + [0]).withUnsafeBytes { hash.update($0) } }
        return hash.finish()
    }

    /// True if every file was last changed before a moment, so that a change after the snapshot shows in its status.
    public func isOlder(than time: Int64) -> Bool { files.allSatisfy { $0.ctime < time } }
}

extension LooseStore {
    /// What the folders of an algorithm's objects look like, and when one of them last changed.
    ///
    /// - Returns: `nil` if the store is not there.
    /// - Throws: `StoreError` if a folder cannot be looked at.
    public func fingerprint(_ algorithm: HashAlgorithm) throws(StoreError) -> (
        digest: Digest, lastChange: Int64, device: UInt64
    )? {
        guard let folder else { return nil }
        return try system { () throws(SystemError) in
            guard let root = try folder.status("") else { return nil }
            var words: [Int64] = []
            var lastChange: Int64 = 0
            var path: [UInt8] = []
            func add(_ path: [UInt8]) throws(SystemError) {
                let status = try folder.status(of: path)
                words += [status?.ctime ?? 0, Int64(bitPattern: status?.inode ?? 0)]
                lastChange = max(lastChange, status?.ctime ?? 0)
            }
            for component in Self.folders(of: algorithm) {
                path += component
                try add(path)
                path.append(UInt8(ascii: "/"))
            }
            for byte in UInt8.min...UInt8.max { try add(path + Self.hexDigits(of: byte)) }
            return (words.withUnsafeBytes { BLAKE3.digest(of: $0) }, lastChange, root.device)
        }
    }
}
