import CairnSystem

/// Memory for one window of a file, and in front of it for what belongs to the window but was read before.
final class WindowBuffer: @unchecked Sendable {
    // Sendable: it is handed on from one user to the next; nobody keeps it.
    private let memory: UnsafeMutableRawBufferPointer
    /// Where the window begins in the memory.
    private let start: Int
    /// The bytes of the window that were read.
    private(set) var count = 0

    /// Allocates memory for windows of up to `capacity` bytes, each after up to `headroom` bytes.
    init(capacity: Int, headroom: Int) {
        start = (headroom + 4095) & ~4095
        memory = .allocate(byteCount: start + capacity, alignment: 4096)
    }

    deinit { memory.deallocate() }

    /// The window.
    var window: UnsafeRawBufferPointer { bytes(from: 0) }

    /// The window's bytes from the `place`th on; a negative one is that many bytes in front of the window.
    ///
    /// - Precondition: those bytes were put there.
    func bytes(from place: Int) -> UnsafeRawBufferPointer { bytes(place..<count) }

    /// The bytes in a range of places, as `bytes(from:)` counts them.
    func bytes(_ places: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: memory[(start + places.lowerBound)..<(start + places.upperBound)])
    }

    /// Puts bytes in front of the window.
    func prepend(_ bytes: UnsafeRawBufferPointer) {
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[(start - bytes.count)..<start])
        place.copyMemory(from: bytes)
    }

    /// Reads a window of `count` bytes, and up to `history` bytes of the file in front of it.
    ///
    /// - Returns: the window.
    /// - Throws: `StoreError`, with `.changing` if the file ends too soon, and with EINTR when the user asked to stop.
    @discardableResult
    func fill(
        from file: borrowing OpenFile, at offset: Int64, count: Int, history: Int = 0
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        let history = Int(min(Int64(history), offset))
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[(start - history)..<(start + count)])
        let found: Int
        do throws(SystemError) {
            try Interruption.check()
            found = try file.read(into: target, at: offset - Int64(history))
        } catch {
            throw StoreError(error)
        }
        guard found == target.count else { throw StoreError(.changing, file.path) }
        self.count = count
        return window
    }
}
