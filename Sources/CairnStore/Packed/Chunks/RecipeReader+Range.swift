import CairnCore

extension RecipeReader {
    /// Groups up to this size are put together in memory to be verified; those of files over 4 TiB are larger.
    private static var largestGroup: Int { 64 << 20 }
    /// The size of the groups that are verified; `nil` if the recipe has no chaining values, or has them for too large groups.
    var groupSize: Int? {
        guard !recipe.groups.isEmpty, recipe.groupExponent < Int.bitWidth - 2 else { return nil }
        let size = 1 << recipe.groupExponent
        return size <= Self.largestGroup ? size : nil
    }

    /// Reads a part of the file, for which just the chunks are read that have something of it.
    ///
    /// - Parameters:
    ///   - range: bytes of the file; what lies behind its end is left out.
    ///   - body: called with the bytes piece by piece, in order. They are not valid any more when it returns.
    /// - Throws: `StoreError`, with `.missingPart` or `.damaged` and the id of the file if some bytes are not there or not the right ones: `body`
    ///   got none of these. Only if the recipe has no chaining values, and all of the file was asked for, it may have got chunks that are sound but
    ///   do not make up the file.
    public func read(
        _ range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let range = range.clamped(to: 0..<size)
        guard !range.isEmpty else { return }
        let bounds = UInt64(range.lowerBound)..<UInt64(range.upperBound)
        if let groupSize {
            try readGroups(bounds, UInt64(groupSize), body)
            return
        }
        var hash = bounds.count == size ? BLAKE3() : nil
        try forEachChunk(in: bounds) { (chunk, place, bytes) throws(StoreError) in
            guard BLAKE3.digest(of: bytes) == chunk.id else { throw damage }
            hash?.update(bytes)
            let wanted = (place..<(place + chunk.length)).clamped(to: bounds)
            try body(
                UnsafeRawBufferPointer(
                    rebasing: bytes[Int(wanted.lowerBound - place)..<Int(wanted.upperBound - place)]))
        }
        if let hash, hash.finish() != id.digest { throw damage }
    }

    /// Reads a range, whole groups of which are verified as such.
    private func readGroups(
        _ range: Range<UInt64>, _ groupSize: UInt64,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let first = (range.lowerBound + groupSize - 1) / groupSize
        let last =
            range.upperBound == recipe.length ? UInt64(recipe.groups.count) : range.upperBound / groupSize
        // The bytes of the groups that are read whole.
        let grouped = first < last ? (first * groupSize)..<min(last * groupSize, recipe.length) : 0..<0
        let buffer = grouped.isEmpty ? nil : GroupBuffer(groupSize: groupSize, fileSize: recipe.length)
        try forEachChunk(in: range) { (chunk, place, bytes) throws(StoreError) in
            let wanted = (place..<(place + chunk.length)).clamped(to: range)
            let inside = wanted.clamped(to: grouped)
            if inside != wanted {
                guard BLAKE3.digest(of: bytes) == chunk.id else { throw damage }
            }
            func piece(_ range: Range<UInt64>) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(
                    rebasing: bytes[Int(range.lowerBound - place)..<Int(range.upperBound - place)])
            }
            guard let buffer, !inside.isEmpty else { return try body(piece(wanted)) }
            if wanted.lowerBound < inside.lowerBound {
                try body(piece(wanted.lowerBound..<inside.lowerBound))
            }
            try buffer.append(piece(inside), at: inside.lowerBound) { (bytes, group) throws(StoreError) in
                let start = UInt64(group) * groupSize
                guard BLAKE3.chainingValue(of: bytes, at: start) == recipe.groups[group] else { throw damage }
                try body(bytes)
            }
            if inside.upperBound < wanted.upperBound {
                try body(piece(inside.upperBound..<wanted.upperBound))
            }
        }
    }
}
