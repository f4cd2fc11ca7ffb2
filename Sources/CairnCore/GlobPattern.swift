/// A shell pattern over a whole path: `*` and `?` do not match `/`, `**` matches anything, `[…]` a set of bytes.
public struct GlobPattern: Sendable {
    private let pattern: [UInt8]

    /// Takes the pattern as it was typed; `\\` makes the next byte literal.
    public init(_ pattern: [UInt8]) { self.pattern = pattern }

    /// Tells whether the whole path matches.
    public func matches(_ path: [UInt8]) -> Bool {
        // One remembered position for each kind of star: a later one makes earlier ones of its kind needless, and one that
        // stays inside of a name can only be helped by one that does not. The time is bounded by the product of the lengths.
        var place = 0
        var index = 0
        var inName: (place: Int, index: Int)?
        var anywhere: (place: Int, index: Int)?
        while index < path.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                if place + 1 < pattern.count, pattern[place + 1] == UInt8(ascii: "*") {
                    place += 2
                    anywhere = (place, index)
                    inName = nil
                } else {
                    place += 1
                    inName = (place, index)
                }
            } else if let length = match(path[index], at: place) {
                place += length
                index += 1
            } else if let star = inName, path[star.index] != UInt8(ascii: "/") {
                index = star.index + 1
                place = star.place
                inName = (place, index)
            } else if let star = anywhere {
                index = star.index + 1
                place = star.place
                anywhere = (place, index)
                inName = nil
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
        case UInt8(ascii: "["): return matchSet(byte, at: place)
        case UInt8(ascii: "\\") where place + 1 < pattern.count: return pattern[place + 1] == byte ? 2 : nil
        default: return pattern[place] == byte ? 1 : nil
        }
    }

    private func matchSet(_ byte: UInt8, at place: Int) -> Int? {
        var start = place + 1
        let isNegated =
            start < pattern.count
            && (pattern[start] == UInt8(ascii: "!") || pattern[start] == UInt8(ascii: "^"))
        if isNegated { start += 1 }
        // A bracket at the very start is a member.
        guard start < pattern.count, let close = pattern[(start + 1)...].firstIndex(of: UInt8(ascii: "]"))
        else {
            return byte == UInt8(ascii: "[") ? 1 : nil
        }
        var isMember = false
        var at = start
        while at < close {
            if at + 2 < close, pattern[at + 1] == UInt8(ascii: "-") {
                isMember = isMember || (pattern[at] <= byte && byte <= pattern[at + 2])
                at += 3
            } else {
                isMember = isMember || pattern[at] == byte
                at += 1
            }
        }
        return isMember != isNegated && byte != UInt8(ascii: "/") ? close - place + 1 : nil
    }
}
