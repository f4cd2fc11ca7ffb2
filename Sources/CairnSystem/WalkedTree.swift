public import CairnCore

/// What a walk found: the files of every folder, folder by folder.
public struct WalkedTree: Sendable {
    let top: WalkedFolder

    /// Changes when a file is added, removed, renamed or written to, as far as its status tells.
    ///
    /// BLAKE3 over the fingerprints of the folders, each before those of the folders in it. The threads of the walk have made
    /// those already, so that this costs next to nothing.
    public var fingerprint: Digest {
        var folders: [UInt8] = []
        top.forEach { $0.fingerprint?.append(to: &folders) }
        return folders.withUnsafeBytes { BLAKE3.digest(of: $0) }
    }

    /// True if every file was last changed before a moment, so that a change after the walk shows in its status.
    public func isOlder(than time: Int64) -> Bool {
        var lastChange = Int64.min
        top.forEach { lastChange = max(lastChange, $0.lastChange) }
        return lastChange < time
    }

    /// How many files there are.
    public var count: Int {
        var count = 0
        top.forEach { count += $0.fileCount }
        return count
    }

    /// All files in one list, in order.
    public func snapshot() -> TreeSnapshot {
        var bytes = 0
        top.forEach { bytes += $0.pathBytes }
        var result = TreeSnapshot(reserving: count, bytes: bytes)
        top.collect(into: &result)
        return result
    }
}
