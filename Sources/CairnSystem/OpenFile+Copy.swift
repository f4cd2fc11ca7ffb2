extension OpenFile {
    /// Writes all that is left of another file.
    ///
    /// - Returns: how many bytes that was.
    /// - Throws: `SystemError`, with EINTR when the user asked to stop.
    public func append(_ source: borrowing OpenFile) throws(SystemError) -> Int64 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var total: Int64 = 0
        while true {
            try Interruption.check()
            let count = try source.read(into: buffer)
            if count == 0 { return total }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            total += Int64(count)
        }
    }
}
