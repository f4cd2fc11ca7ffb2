import CairnCore

extension DirListing {
    /// True if the entry at a position is a symbolic link.
    func isLink(_ index: Int) -> Bool { kind(at: index) == .symbolicLink }

    /// The file of this listing that a link leads to, over further links perhaps.
    ///
    /// - Parameter read: what the link at a position says.
    /// - Returns: `nil` for a link that leads nowhere, to a folder, or out of the directory.
    func target(ofLink index: Int, _ read: (Int) throws -> [UInt8]?) throws -> Int? {
        var entry = index
        // As many as the kernel follows.
        for _ in 0..<40 {
            guard isLink(entry) else { return kind(at: entry) == .emptyFolder ? nil : entry }
            guard let text = try read(entry), text.first != UInt8(ascii: "/") else { return nil }
            var parts = paths[entry].split(separator: UInt8(ascii: "/")).dropLast().map(Array.init)
            for part in text.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
                if !part.elementsEqual("..".utf8) {
                    parts.append(Array(part))
                } else if parts.popLast() == nil {
                    return nil
                }
            }
            guard let next = self.index(of: Array(parts.joined(separator: [UInt8(ascii: "/")]))) else {
                return nil
            }
            entry = next
        }
        return nil
    }
}
