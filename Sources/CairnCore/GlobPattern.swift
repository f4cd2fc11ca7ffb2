/// A shell pattern over a whole path: `*` and `?` do not match `/`, `**` matches anything, `[…]` a set of bytes.
public struct GlobPattern: Sendable {
    private let pattern: [UInt8]

    /// Takes the pattern as it was typed; `\\` makes the next byte literal.
    public init(_ pattern: [UInt8]) { self.pattern = pattern }

    /// Tells whether the whole path matches.
    public func matches(_ path: [UInt8]) -> Bool {
        // One remembered position per star: the time is bounded by the product of the lengths.
        var place = 0
        var index = 0
        var star: (place: Int, index: Int, crossesFolders: Bool)?
        while index < path.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                let isDouble = place + 1 < pattern.count && pattern[place + 1] == UInt8(ascii: "*")
                place += isDouble ? 2 : 1
                star = (place, index, isDouble)
            } else if let length = match(path[index], at: place) {
                place += length
                index += 1
            } else if let last = star, last.crossesFolders || path[last.index] != UInt8(ascii: "/") {
                star?.index = last.index + 1
                place = last.place
                index = last.index + 1
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == UInt8(ascii: "*") { place += 1 }
        return place == pattern.count
    }

    /// How many bytes of the pattern stand for this byte of the path; `nil` if they do not.
    private func match(_ byte: UInt8, at place: Int) -> Int? {
        guard place < pattern.count else { return nil }
        switch pattern[place] {
        case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") ? nil : 1
        case UInt8(ascii: "["):
            guard let close = pattern[min(place + 2, pattern.count)...].firstIndex(of: UInt8(ascii: "]")) else {
                return byte == UInt8(ascii: "[") ? 1 : nil
            }
            var members = pattern[(place + 1)..<close]
            let isNegated = members.first == UInt8(ascii: "!") || members.first == UInt8(ascii: "^")
            if isNegated { members = members.dropFirst() }
            var isMember = false
            var at = members.startIndex
            while at < members.endIndex {
                if at + 2 < members.endIndex, members[at + 1] == UInt8(ascii: "-") {
                    isMember = isMember || (members[at]...max(members[at], members[at + 2])).contains(byte)
                    at += 3
                } else {
                    isMember = isMember || members[at] == byte
                    at += 1
                }
            }
            return isMember != isNegated && byte != UInt8(ascii: "/") ? close - place + 1 : nil
        case UInt8(ascii: "\\") where place + 1 < pattern.count: return pattern[place + 1] == byte ? 2 : nil
        default: return pattern[place] == byte ? 1 : nil
        }
    }
}
