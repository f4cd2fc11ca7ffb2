public import CairnCore
public import CairnSystem
import Synchronization

extension OpenFile {
    /// Hashes the file on several threads, each byte once, from its start.
    ///
    /// Each thread reads a group of 1 MiB at a time, so that what was read is hashed while it is still in the processor's cache.
    /// - Parameters:
    ///   - workers: how many threads read.
    ///   - progress: called on the caller's thread with bytes that are done.
    /// - Returns: the BLAKE3 of the file, and how many bytes that is of: those that the file had at the start.
    /// - Throws: `StoreError`, with `.changing` if there are fewer when they are read.
    public func blake3(
        on workers: Workers, progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        let size = try chunkableSize()
        let groupCount = Int((size + Int64(BLAKE3.groupByteCount) - 1) / Int64(BLAKE3.groupByteCount))
        let next = Atomic<Int>(0)
        let groups = Mutex([Digest](repeating: Digest.none, count: groupCount))
        try CallerProgress.lend(progress) { (progress) throws(StoreError) in
            let threads = Workers(count: min(workers.count, groupCount))
            try threads.run { (thread) throws(StoreError) in
                let buffer = WindowBuffer(capacity: min(Int(size), BLAKE3.groupByteCount), headroom: 0)
                do throws(StoreError) {
                    while true {
                        let group = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard group < groupCount else { break }
                        let offset = Int64(group) * Int64(BLAKE3.groupByteCount)
                        let count = Int(min(Int64(BLAKE3.groupByteCount), size - offset))
                        let bytes = try buffer.fill(from: self, at: offset, count: count)
                        let value =
                            groupCount == 1
                            ? BLAKE3.digest(of: bytes) : BLAKE3.chainingValue(of: bytes, at: UInt64(offset))
                        groups.withLock { $0[group] = value }
                        progress.count(count)
                        if thread == 0 { progress.report() }
                    }
                } catch {
                    // The others need not go on.
                    next.store(groupCount, ordering: .relaxed)
                    throw error
                }
            }
            progress.report()
        }
        let values = groups.withLock { $0 }
        return (BLAKE3.digest(ofGroups: values, length: UInt64(size)), size)
    }

    /// The bytes that a regular file has now.
    ///
    /// - Throws: `StoreError`, with `.unsupportedFile` for anything but a regular file, with `.changing` for one that has bytes though
    ///   it says that it has none, as files of proc(5) do.
    func chunkableSize() throws(StoreError) -> Int64 {
        let status = try system { () throws(SystemError) in try self.status() }
        guard status.kind == .regular else { throw StoreError(.unsupportedFile, path) }
        if status.size == 0 {
            let found = try system { () throws(SystemError) in
                try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { (byte) throws(SystemError) in
                    try read(into: byte, at: 0)
                }
            }
            guard found == 0 else { throw StoreError(.changing, path) }
        }
        return status.size
    }
}

extension BLAKE3 {
    /// The digest of a file from what was made of its groups of 1 MiB: chaining values, or the digest of the only one.
    static func digest(ofGroups groups: [Digest], length: UInt64) -> Digest {
        switch groups.count {
        case 0: digest(of: [])
        case 1: groups[0]
        default: root(ofGroups: groups, length: length)
        }
    }
}

extension Digest {
    /// What stands in a place that is not filled yet.
    fileprivate static let none = BLAKE3.digest(of: [])
}
