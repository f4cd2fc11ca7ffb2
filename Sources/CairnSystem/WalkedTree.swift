public import CairnCore

/// What a walk found, folder by folder.
public struct WalkedTree: Sendable {
    private let top: WalkedFolder

    /// Changes when a file is added, removed, renamed or written to, as far as its status tells.
    ///
    /// BLAKE3 over the fingerprints of the folders, each before those of the folders in it. The threads of the walk have made
    /// those already, so that this costs next to nothing.
    public let fingerprint: Digest
    /// When a file last changed, as its status tells: a change after the walk shows if this is before it. In nanoseconds since 1970.
    public let lastChange: Int64
    /// How many files there are.
    public let count: Int

    init(top: WalkedFolder) {
        var folders: [UInt8] = []
        var (lastChange, count) = (Int64.min, 0)
        top.forEach { folder in
            folder.fingerprint?.append(to: &folders)
            lastChange = max(lastChange, folder.lastChange)
            count += folder.fileCount
        }
        self.top = top
        self.lastChange = lastChange
        self.count = count
        fingerprint = folders.withUnsafeBytes { BLAKE3.digest(of: $0) }
    }

    /// Takes all files out of the walk into one list, in order: a second time there are none.
    public func takeSnapshot() -> TreeSnapshot {
        var bytes = 0
        top.forEach { bytes += $0.pathBytes }
        var result = TreeSnapshot(reserving: count, bytes: bytes)
        top.move(into: &result)
        return result
    }
}
