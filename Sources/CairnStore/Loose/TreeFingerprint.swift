public import CairnCore
internal import CairnSystem

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
