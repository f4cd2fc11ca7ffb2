import CairnCore
import CairnSystem
import Synchronization

/// The storing of one long file by several threads.
///
/// Each window of the file is *scanned* (read, hashed by groups, searched for places where chunks may end), in any order; then its chunks are
/// *selected*, which is quick, and done in the order of the file by whoever scanned the window that was waited for; then they are
/// *stored* (hashed, and handed to the sink), again in any order. A window's memory is free for another one when it is stored.
final class ChunkingRun<Sink: ChunkSink>: Sendable {
    private enum Step: Sendable {
        case scan(Int)
        case store(Int)
    }

    /// What a scan found.
    private struct Scan {
        let groups: [Digest]
        let places: Chunker.Places
    }

    /// What is done in the order of the file.
    private struct State {
        var chunker: Chunker
        var recipe: RecipeBuilder
        var groups: [Digest] = []
        /// Windows that were scanned, but not all before them.
        var scans: [Int: Scan] = [:]
        /// How many windows are selected.
        var selectedCount = 0
        /// The chunks of windows that are selected and not stored: places in the window, the first often begins in front of it.
        var chunks: [Int: [Range<Int>]] = [:]
        /// The chunks of windows that are stored, but not all before them.
        var parts: [Int: [RecipePart]] = [:]
        /// How many windows are in the recipe.
        var listedCount = 0
        /// True if the file turned out to be a single chunk: it is stored as a blob and has no recipe.
        var isWhole = false
    }

    /// How many threads have something to do.
    let threadCount: Int
    private let sink: Sink
    private let rule: ChunkingRule
    private let size: Int64
    private let windowSize: Int
    private let windowCount: Int
    private let buffers: [WindowBuffer]
    /// What was read of the chunk that has not ended yet. Only used while `state` is locked.
    private let open: WindowBuffer
    private let steps: BoundedQueue<Step>
    private let state: Mutex<State>
    private let isStopped = Atomic<Bool>(false)

    /// Prepares for a file of `size` bytes, more than none.
    init(_ sink: Sink, _ rule: ChunkingRule, size: Int64, windowSize: Int, threadCount: Int) {
        self.sink = sink
        self.rule = rule
        self.size = size
        self.windowSize = windowSize
        windowCount = Int((size - 1) / Int64(windowSize)) + 1
        self.threadCount = max(1, min(threadCount, windowCount))
        // While each thread has a window, as many may wait for one before them.
        let bufferCount = min(2 * self.threadCount, windowCount)
        let capacity = Int(min(Int64(windowSize), size))
        let headroom = max(rule.maximum, Chunker.historyCount)
        buffers = (0..<bufferCount).map { _ in WindowBuffer(capacity: capacity, headroom: headroom) }
        open = WindowBuffer(capacity: 0, headroom: rule.maximum)
        state = Mutex(State(chunker: Chunker(rule), recipe: RecipeBuilder(rule)))
        steps = BoundedQueue(capacity: bufferCount)
        for window in 0..<bufferCount { steps.push(.scan(window)) }
    }

    /// Takes part until everything is stored, or some thread failed.
    ///
    /// - Parameter thread: the thread's number; the caller of everything is 0.
    /// - Throws: `StoreError`; the other threads stop then too.
    func work(
        on thread: Int, _ file: borrowing OpenFile, _ progress: CallerProgress
    ) throws(StoreError) {
        do throws(StoreError) {
            // A window that was just scanned is stored by the same thread, from the processor's cache.
            var ownStep: Step?
            while let step = ownStep ?? steps.pop(), !isStopped.load(ordering: .relaxed) {
                switch step {
                case .scan(let window): ownStep = try scan(window, of: file)
                case .store(let window):
                    progress.count(try store(window, file.path))
                    ownStep = nil
                }
                if thread == 0 { progress.report() }
            }
        } catch {
            isStopped.store(true, ordering: .relaxed)
            steps.close()
            throw error
        }
    }

    /// Hands over what comes last, the recipe, after all threads came to their end.
    ///
    /// - Parameter path: the file, for errors.
    /// - Returns: the file's BLAKE3.
    func finish(_ path: FilePath) throws(StoreError) -> Digest {
        let (digest, last) = try state.withLock { (state) throws(StoreError) in
            precondition(state.listedCount == windowCount, "all windows are stored")
            let digest = BLAKE3.digest(ofGroups: state.groups, length: UInt64(size))
            guard !state.isWhole else { return (digest, (recipe: Recipe?.none, spans: [RecipeSpan]())) }
            let groups = state.groups.count > 1 ? state.groups : []
            do throws(RecipeError) {
                let (recipe, spans) = try state.recipe.finish(
                    file: digest, length: UInt64(size), groups: groups)
                return (digest, (recipe, spans))
            } catch {
                throw Self.tooLarge(path)
            }
        }
        try add(last.spans)
        if let recipe = last.recipe { try add(RecordKey(.recipe, digest), recipe.serialized) }
        return digest
    }

    /// The parts of a file fit together; only one of hundreds of TiB has more of them than a recipe can have.
    private static func tooLarge(_ path: FilePath) -> StoreError { StoreError(.io(.fileTooLarge), path) }
}

extension ChunkingRun {
    private func buffer(of window: Int) -> WindowBuffer { buffers[window % buffers.count] }

    /// Reads and searches a window, and selects what can be selected then.
    ///
    /// - Returns: what this thread does best next; other windows that can be stored are in the queue.
    private func scan(_ window: Int, of file: borrowing OpenFile) throws(StoreError) -> Step? {
        let offset = Int64(window) * Int64(windowSize)
        let buffer = buffer(of: window)
        // What lies in front is read again rather than waited for.
        let bytes = try buffer.fill(
            from: file, at: offset, count: Int(min(Int64(windowSize), size - offset)),
            history: Chunker.historyCount)
        let history = window == 0 ? 0 : Chunker.historyCount
        let found = Scan(
            groups: groups(of: bytes, at: offset),
            places: Chunker.places(in: bytes, after: buffer.bytes(-history..<0), by: rule))
        var ready = state.withLock { state in
            state.scans[window] = found
            let start = state.selectedCount
            while let scan = state.scans.removeValue(forKey: state.selectedCount) {
                select(scan, &state)
            }
            return start..<state.selectedCount
        }
        // Its own window, which is in the cache, rather than the one that was waited for.
        guard let own = ready.popLast() else { return nil }
        for other in ready { steps.push(.store(other)) }
        return .store(own)
    }

    /// The chaining values of the groups of a window; the digest if the file has only one group.
    private func groups(of bytes: UnsafeRawBufferPointer, at offset: Int64) -> [Digest] {
        if size <= BLAKE3.groupByteCount { return [BLAKE3.digest(of: bytes)] }
        return stride(from: 0, to: bytes.count, by: BLAKE3.groupByteCount).map { place in
            let end = min(place + BLAKE3.groupByteCount, bytes.count)
            return BLAKE3.chainingValue(
                of: UnsafeRawBufferPointer(rebasing: bytes[place..<end]), at: UInt64(offset) + UInt64(place))
        }
    }

    /// Finds the chunks of the next window. What is left of it becomes the beginning of the next chunk.
    private func select(_ scan: Scan, _ state: inout State) {
        let window = state.selectedCount
        let buffer = buffer(of: window)
        let openCount = state.chunker.openCount
        if openCount > 0 { buffer.prepend(open.bytes(-openCount..<0)) }
        let offset = UInt64(window) * UInt64(windowSize)
        var chunks: [Range<Int>] = []
        var start = -openCount
        func end(at place: Int) {
            chunks.append(start..<place)
            start = place
        }
        state.chunker.feed(buffer.window, places: scan.places) { end(at: Int($0 - offset)) }
        if window == windowCount - 1, state.chunker.finish() != nil { end(at: buffer.count) }
        open.prepend(buffer.bytes(from: start))
        state.chunks[window] = chunks
        state.groups += scan.groups
        state.selectedCount += 1
    }

    /// Hashes the chunks of a window and hands those on that the sink lacks.
    ///
    /// - Returns: their bytes.
    private func store(_ window: Int, _ path: FilePath) throws(StoreError) -> Int {
        let buffer = buffer(of: window)
        let chunks = state.withLock { $0.chunks.removeValue(forKey: window) ?? [] }.map(buffer.bytes)
        let ids = BLAKE3.digests(of: chunks)
        let isWhole = chunks.first?.count == Int(size)
        var seen: Set<Digest> = []
        var records: [(key: RecordKey, bytes: UnsafeRawBufferPointer)] = []
        for (id, bytes) in zip(ids, chunks) where seen.insert(id).inserted {
            let key = RecordKey(isWhole ? .blob : .chunk, id)
            if !sink.contains(key) { records.append((key, bytes)) }
        }
        if !records.isEmpty { try sink.add(records) }
        if window + buffers.count < windowCount { steps.push(.scan(window + buffers.count)) }

        let parts = zip(ids, chunks).map { RecipePart(id: $0, length: UInt64($1.count)) }
        let (spans, isLast) = try state.withLock { (state) throws(StoreError) in
            state.isWhole = isWhole
            state.parts[window] = parts
            return (try list(&state, path), state.listedCount == windowCount)
        }
        try add(spans)
        if isLast { steps.close() }
        return chunks.reduce(0) { $0 + $1.count }
    }

    /// Moves stored windows into the recipe as far as there is none missing.
    ///
    /// - Returns: the spans that became complete.
    private func list(_ state: inout State, _ path: FilePath) throws(StoreError) -> [RecipeSpan] {
        var spans: [RecipeSpan] = []
        while let parts = state.parts.removeValue(forKey: state.listedCount) {
            do throws(RecipeError) {
                spans += try state.recipe.append(parts)
            } catch {
                throw Self.tooLarge(path)
            }
            state.listedCount += 1
        }
        return spans
    }

    private func add(_ spans: [RecipeSpan]) throws(StoreError) {
        for span in spans { try add(RecordKey(.span, span.key), span.serialized) }
    }

    private func add(_ key: RecordKey, _ bytes: [UInt8]) throws(StoreError) {
        guard !sink.contains(key) else { return }
        try bytes.withBytes { (bytes) throws(StoreError) in try sink.add([(key, bytes)]) }
    }
}
