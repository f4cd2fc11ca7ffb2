package import CairnCore
package import CairnSystem

extension OpenFile {
    /// How much is read at a time, in bytes.
    static var pieceSize: Int { 1 << 20 }
    /// Files from this size on are hashed and written by two threads.
    static var overlapSize: Int64 { 8 << 20 }

    /// Reads from the current position to the end and hashes it, so that each byte is read once.
    ///
    /// - Parameters:
    ///   - progress: called with the number of bytes just read.
    /// - Throws: `SystemError`, with EINTR when the user asked to stop.
    package func digest(
        _ algorithm: HashAlgorithm, progress: (Int64) -> Void
    ) throws(SystemError) -> Digest {
        var hasher = ContentHasher(algorithm)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try Interruption.check()
            let count = try read(into: buffer)
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            progress(Int64(count))
            if count < buffer.count { return hasher.finish() }
        }
    }

    /// As `digest`, and writes what was read to `copy`; large files are hashed on a second thread meanwhile.
    package func digest(
        _ algorithm: HashAlgorithm, copyingTo copy: borrowing OpenFile, progress: (Int64) -> Void
    ) throws(SystemError) -> Digest {
        if try status().size >= Self.overlapSize {
            return try overlappedDigest(algorithm, copyingTo: copy, progress: progress)
        }
        var hasher = ContentHasher(algorithm)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try Interruption.check()
            let count = try read(into: buffer)
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(piece)
            try copy.write(piece)
            progress(Int64(count))
            if count < buffer.count { return hasher.finish() }
        }
    }

    private func overlappedDigest(
        _ algorithm: HashAlgorithm, copyingTo copy: borrowing OpenFile, progress: (Int64) -> Void
    ) throws(SystemError) -> Digest {
        let hashing = HashingThread(algorithm, pieceSize: Self.pieceSize / 2)
        var failure: SystemError?
        try Workers.together {
            defer { hashing.finishInput() }
            do throws(SystemError) {
                var written: Int64 = 0
                var isAtEnd = false
                while !isAtEnd {
                    try Interruption.check()
                    let piece = hashing.emptyPiece()
                    let count = try read(into: piece)
                    isAtEnd = count < piece.count
                    let filled = UnsafeMutableRawBufferPointer(rebasing: piece[..<count])
                    hashing.take(piece, count: count)
                    // The hashing thread reads the piece at the same time; nobody changes it before `emptyPiece` gives it again.
                    try copy.write(UnsafeRawBufferPointer(filled))
                    copy.startWriteback(at: written, count: Int64(count))
                    written += Int64(count)
                    progress(Int64(count))
                }
            } catch {
                failure = error
            }
        } _: {
            hashing.run()
        }
        if let failure { throw failure }
        return hashing.digest
    }
}

/// A hash computed on one thread of pieces that another thread reads and writes.
private final class HashingThread: @unchecked Sendable {
    // Sendable: pieces are handed over through the queues; `digest` is written before `run` returns and read after the join.
    private struct Piece: @unchecked Sendable {
        // Sendable: whoever took it from a queue is its only writer.
        let bytes: UnsafeMutableRawBufferPointer
        var count = 0
    }

    private let algorithm: HashAlgorithm
    private let memory: UnsafeMutableRawBufferPointer
    private let free: BoundedQueue<Piece>
    private let filled: BoundedQueue<Piece>
    private(set) var digest: Digest

    init(_ algorithm: HashAlgorithm, pieceSize: Int) {
        let pieces = 3
        self.algorithm = algorithm
        memory = .allocate(byteCount: pieces * pieceSize, alignment: 4096)
        free = BoundedQueue(capacity: pieces)
        filled = BoundedQueue(capacity: pieces)
        let empty = ContentHasher(algorithm)
        digest = empty.finish()
        for number in 0..<pieces {
            let range = (number * pieceSize)..<((number + 1) * pieceSize)
            free.push(Piece(bytes: UnsafeMutableRawBufferPointer(rebasing: memory[range])))
        }
    }

    deinit { memory.deallocate() }

    func emptyPiece() -> UnsafeMutableRawBufferPointer {
        guard let piece = free.pop() else { preconditionFailure("the queue of free pieces is never closed") }
        return piece.bytes
    }

    func take(_ bytes: UnsafeMutableRawBufferPointer, count: Int) {
        filled.push(Piece(bytes: bytes, count: count))
    }

    func finishInput() { filled.close() }

    func run() {
        var hasher = ContentHasher(algorithm)
        while let piece = filled.pop() {
            hasher.update(UnsafeRawBufferPointer(rebasing: piece.bytes[..<piece.count]))
            free.push(Piece(bytes: piece.bytes))
        }
        digest = hasher.finish()
    }
}
