public import CairnSystem
import Synchronization

extension RecipeReader {
    /// What one thread reads at a time: much longer than a chunk, because those at its ends are read twice.
    private static var stretch: UInt64 { 8 << 20 }

    /// Copies the file.
    ///
    /// - Parameters:
    ///   - file: where the bytes are written: on one thread at its current position, on several from its start.
    ///   - workers: how many threads read, verify and write.
    ///   - progress: called on the caller's thread with bytes that are written.
    /// - Throws: `StoreError`, with `.missingPart` or `.damaged` and the id of the file if it cannot be read, or the errno if it cannot be written.
    ///   What was written then is of no use.
    public func copy(
        to file: borrowing OpenFile, workers: Workers = Workers(count: 1),
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) {
        // Only with chaining values is a stretch of the file as good as the whole.
        guard let groupSize, workers.count > 1, size > Int64(Self.stretch) else {
            var written: Int64 = 0
            try read(0..<size) { (bytes) throws(StoreError) in
                try system { () throws(SystemError) in
                    try Interruption.check()
                    try file.write(bytes)
                }
                file.startWriteback(at: written, count: Int64(bytes.count))
                written += Int64(bytes.count)
                progress(Int64(bytes.count))
            }
            return
        }
        let stretch = Int64(max(Self.stretch, UInt64(groupSize)))
        let count = Int((size - 1) / stretch) + 1
        let next = Atomic<Int>(0)
        try CallerProgress.lend(progress) { (progress) throws(StoreError) in
            try Workers(count: min(workers.count, count)).run { (thread) throws(StoreError) in
                do throws(StoreError) {
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard index < count else { break }
                        let start = Int64(index) * stretch
                        try copy(start..<min(start + stretch, size), to: file, progress)
                        if thread == 0 { progress.report() }
                    }
                } catch {
                    next.store(count, ordering: .relaxed)
                    throw error
                }
            }
            progress.report()
        }
    }

    /// Copies a part of the file to where it belongs.
    private func copy(
        _ range: Range<Int64>, to file: borrowing OpenFile, _ progress: CallerProgress
    ) throws(StoreError) {
        var place = range.lowerBound
        try read(range) { (bytes) throws(StoreError) in
            try system { () throws(SystemError) in
                try Interruption.check()
                try file.write(bytes, at: place)
            }
            place += Int64(bytes.count)
            progress.count(bytes.count)
        }
        file.startWriteback(at: range.lowerBound, count: Int64(range.count))
    }
}
