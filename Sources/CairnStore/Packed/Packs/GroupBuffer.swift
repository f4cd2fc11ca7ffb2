/// Puts together the groups of a file from pieces that end anywhere.
final class GroupBuffer {
    private let memory: UnsafeMutableRawBufferPointer
    private let groupSize: UInt64
    private let fileSize: UInt64

    /// Allocates memory for a group.
    ///
    /// - Parameters:
    ///   - groupSize: the bytes of every group but the last.
    ///   - fileSize: the bytes of the file.
    init(groupSize: UInt64, fileSize: UInt64) {
        self.groupSize = groupSize
        self.fileSize = fileSize
        memory = .allocate(byteCount: Int(min(groupSize, fileSize)), alignment: 4096)
    }

    deinit { memory.deallocate() }

    /// Takes bytes that lie at `place` in the file, and calls `body` with every group that they complete, and with its number.
    ///
    /// - Precondition: the first bytes are those where a group begins, and all others follow the ones before.
    func append(
        _ bytes: UnsafeRawBufferPointer, at place: UInt64,
        _ body: (UnsafeRawBufferPointer, Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        var rest = bytes
        var place = place
        while !rest.isEmpty {
            let (group, filled) = place.quotientAndRemainder(dividingBy: groupSize)
            let length = Int(min(groupSize, fileSize - group * groupSize))
            let count = min(rest.count, length - Int(filled))
            UnsafeMutableRawBufferPointer(rebasing: memory[Int(filled)..<(Int(filled) + count)])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            place += UInt64(count)
            if Int(filled) + count == length {
                try body(UnsafeRawBufferPointer(rebasing: memory[..<length]), Int(group))
            }
        }
    }
}
