public import CairnCore
public import CairnSystem

/// Stores files of any size, each byte read once: the file's id, its chunks and its recipe come from one pass on several threads.
///
/// A file of at most 196 608 bytes becomes one blob. A longer one is read window by window; every window is hashed, searched for the ends of
/// chunks, and cut into chunks, and only chunks that the sink lacks are handed on, on the thread that has them in its cache. The memory
/// that this takes depends on the number of threads, not on the file. See docs/formats/chunking.md and docs/formats/recipe.md.
public struct FileChunking<Sink: ChunkSink>: Sendable {
    private let sink: Sink
    private let rule: ChunkingRule
    private let workers: Workers
    private let windowSize: Int

    /// Describes how files are stored.
    ///
    /// - Parameters:
    ///   - sink: where the records go: chunks first, spans then, the recipe last.
    ///   - rule: the rule of the store by which long files are cut.
    ///   - workers: how many threads read one file.
    public init(into sink: Sink, by rule: ChunkingRule, workers: Workers) {
        self.init(into: sink, by: rule, workers: workers, windowSize: BLAKE3.groupByteCount)
    }

    /// - Precondition: windows are whole groups.
    init(into sink: Sink, by rule: ChunkingRule, workers: Workers, windowSize: Int) {
        precondition(windowSize > 0 && windowSize % BLAKE3.groupByteCount == 0, "windows are whole groups")
        self.sink = sink
        self.rule = rule
        self.workers = workers
        self.windowSize = windowSize
    }

    /// Stores a file, from its start and to the size that it has now.
    ///
    /// Whether the file was written to meanwhile is not seen here: what is stored is what was read, under the id that this has. The caller
    /// compares the statuses from before and after.
    /// - Parameter progress: called on the caller's thread with bytes that are done.
    /// - Returns: the BLAKE3 of the file, and how many bytes that is of.
    /// - Throws: `StoreError`, with `.changing` if the file was truncated meanwhile, `.unsupportedFile` if it is not a regular file; and
    ///   whatever the sink throws. The sink may have records of the file then, but not its blob or recipe.
    public func add(
        _ file: borrowing OpenFile, progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        let size = try file.chunkableSize()
        guard size > ChunkingRule.wholeFileLimit else {
            let digest = try addWhole(file, size: Int(size))
            if size > 0 { progress(size) }
            return (digest, size)
        }
        let run = ChunkingRun(
            sink, rule, size: size, windowSize: windowSize, threadCount: workers.count)
        try CallerProgress.lend(progress) { (progress) throws(StoreError) in
            try Workers(count: run.threadCount).run { (thread) throws(StoreError) in
                try run.work(on: thread, file, progress)
            }
            progress.report()
        }
        return (try run.finish(file.path), size)
    }

    private func addWhole(_ file: borrowing OpenFile, size: Int) throws(StoreError) -> Digest {
        let buffer = WindowBuffer(capacity: size, headroom: 0)
        let bytes = try buffer.fill(from: file, at: 0, count: size)
        let digest = BLAKE3.digest(of: bytes)
        let key = RecordKey(.blob, digest)
        if !sink.contains(key) { try sink.add([(key, bytes)]) }
        return digest
    }
}
