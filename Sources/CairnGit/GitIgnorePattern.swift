/// One line of a `.gitignore` file.
///
/// We match ourselves because libgit2 1.5 drops a negated line (`!name`) that takes back nothing in its own file, also when it
/// takes back a line of a file further up: it then calls a file ignored that git would commit.
///
/// Matching takes time proportional to pattern times name, whatever the pattern: a hostile one cannot hang the program.
///
/// Source: https://git-scm.com/docs/gitignore, and what git 2.39 does.
struct GitIgnorePattern: Hashable, Sendable {
    private enum Token: Hashable {
        case byte(UInt8)
        case any
        case set(ByteSet)
        /// `*`: any bytes but a slash; with `true`, a `**` that crosses slashes.
        case star(crossesSlashes: Bool)
        /// `**/`: no folder, or any number of them.
        case folders
    }

    /// True for a line that takes back what earlier lines ignore.
    let isNegated: Bool
    private let needsFolder: Bool
    /// True when the pattern is compared with the whole path below its file, not with the last name alone.
    let isAnchored: Bool
    /// What the pattern stands for when nothing in it is wild; such lines, by the thousand, are what this program writes.
    let literal: [UInt8]?
    /// Empty for a literal.
    private let tokens: [Token]

    /// Reads a line without its line end; `nil` for an empty line, a comment, or a pattern that can match nothing.
    init?(line: ArraySlice<UInt8>) {
        guard line.first != UInt8(ascii: "#") else { return nil }
        var text = Self.withoutTrailingSpaces(line)
        isNegated = text.first == UInt8(ascii: "!")
        if isNegated { text.removeFirst() }
        needsFolder = text.last == UInt8(ascii: "/")
        if needsFolder { text.removeLast() }
        isAnchored = text.contains(UInt8(ascii: "/"))
        if text.first == UInt8(ascii: "/") { text.removeFirst() }
        guard !text.isEmpty, let tokens = Self.parse(Array(text)) else { return nil }
        let bytes = tokens.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
        literal = bytes.count == tokens.count ? bytes : nil
        self.tokens = literal == nil ? tokens : []
    }

    /// Tells whether the pattern names a path below the folder of its file; `name` is the path's last component.
    func matches(path: ArraySlice<UInt8>, name: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
        if needsFolder && !isFolder { return false }
        let text = isAnchored ? path : name
        if let literal { return text.elementsEqual(literal) }
        // reachable[n]: the tokens so far can account for exactly the first n bytes.
        var reachable = [Bool](repeating: false, count: text.count + 1)
        reachable[0] = true
        for token in tokens {
            reachable = Self.step(token, over: text, from: reachable)
            if !reachable.contains(true) { return false }
        }
        return reachable[text.count]
    }

    private static func step(_ token: Token, over text: ArraySlice<UInt8>, from reachable: [Bool]) -> [Bool] {
        let slash = UInt8(ascii: "/")
        var next = [Bool](repeating: false, count: reachable.count)
        var isOpen = false
        switch token {
        case .star(let crossesSlashes):
            for (index, byte) in text.enumerated() {
                isOpen = isOpen || reachable[index]
                next[index] = isOpen
                if byte == slash && !crossesSlashes { isOpen = false }
            }
            next[text.count] = isOpen || reachable[text.count]
        case .folders:
            next = reachable
            for (index, byte) in text.enumerated() {
                isOpen = isOpen || reachable[index]
                if isOpen && byte == slash { next[index + 1] = true }
            }
        case .byte(let wanted):
            for (index, byte) in text.enumerated() where reachable[index] { next[index + 1] = byte == wanted }
        case .any:
            for (index, byte) in text.enumerated() where reachable[index] { next[index + 1] = byte != slash }
        case .set(let set):
            for (index, byte) in text.enumerated() where reachable[index] {
                next[index + 1] = byte != slash && set.contains(byte)
            }
        }
        return next
    }

    /// Spaces at the end do not count unless a backslash stands before them.
    private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = line.startIndex
        var index = line.startIndex
        while index < line.endIndex {
            let isEscape = line[index] == UInt8(ascii: "\\")
            let width = isEscape && index + 1 < line.endIndex ? 2 : 1
            if isEscape || line[index] != UInt8(ascii: " ") { end = index + width }
            index += width
        }
        return line[..<end]
    }

    private static func parse(_ text: [UInt8]) -> [Token]? {
        var tokens: [Token] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "?"): tokens.append(.any)
            case UInt8(ascii: "\\"):
                index += 1
                // A backslash at the end stands before nothing: git lets such a pattern match nothing.
                guard index < text.count else { return nil }
                tokens.append(.byte(text[index]))
            case UInt8(ascii: "["):
                guard let (set, end) = ByteSet.parse(text, from: index + 1) else { return nil }
                tokens.append(.set(set))
                index = end
            case UInt8(ascii: "*"):
                let start = index
                while index + 1 < text.count, text[index + 1] == UInt8(ascii: "*") { index += 1 }
                let isDouble = index > start
                let startsName = start == 0 || text[start - 1] == UInt8(ascii: "/")
                let next = index + 1 < text.count ? text[index + 1] : nil
                if isDouble && startsName && next == UInt8(ascii: "/") {
                    tokens.append(.folders)
                    index += 1
                } else {
                    tokens.append(.star(crossesSlashes: isDouble && startsName && next == nil))
                }
            default: tokens.append(.byte(text[index]))
            }
            index += 1
        }
        return tokens
    }
}

/// The bytes that a bracket expression such as `[a-z]` stands for.
private struct ByteSet: Hashable {
    private var members = [Bool](repeating: false, count: 256)
    private var isNegated = false

    func contains(_ byte: UInt8) -> Bool { members[Int(byte)] != isNegated }

    /// Reads from behind the opening bracket; gives the index of the closing one, or `nil` when there is none.
    static func parse(_ text: [UInt8], from start: Int) -> (set: ByteSet, end: Int)? {
        var set = ByteSet()
        var index = start
        if index < text.count, text[index] == UInt8(ascii: "!") || text[index] == UInt8(ascii: "^") {
            set.isNegated = true
            index += 1
        }
        let first = index
        var previous: UInt8?
        while index < text.count {
            var byte = text[index]
            if byte == UInt8(ascii: "]") && index > first { return (set, index) }
            if byte == UInt8(ascii: "[") && index + 1 < text.count && text[index + 1] == UInt8(ascii: ":") {
                guard let close = text[(index + 2)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
                if close - 1 > index + 1, text[close - 1] == UInt8(ascii: ":") {
                    let name = String(decoding: text[(index + 2)..<(close - 1)], as: UTF8.self)
                    guard let isMember = classes[name] else { return nil }
                    for byte in UInt8.min...UInt8.max where isMember(byte) { set.members[Int(byte)] = true }
                    (previous, index) = (nil, close + 1)
                    continue
                }
            }
            if byte == UInt8(ascii: "-"), let low = previous, index + 1 < text.count,
                text[index + 1] != UInt8(ascii: "]")
            {
                index += 1
                if text[index] == UInt8(ascii: "\\") { index += 1 }
                guard index < text.count else { return nil }
                if low <= text[index] { for byte in low...text[index] { set.members[Int(byte)] = true } }
                (previous, index) = (nil, index + 1)
                continue
            }
            if byte == UInt8(ascii: "\\") {
                index += 1
                guard index < text.count else { return nil }
                byte = text[index]
            }
            set.members[Int(byte)] = true
            (previous, index) = (byte, index + 1)
        }
        return nil
    }

    private static let classes: [String: @Sendable (UInt8) -> Bool] = [
        "alnum": { isLetter($0) || isDigit($0) }, "alpha": isLetter, "digit": isDigit,
        "blank": { $0 == 0x20 || $0 == 0x09 }, "cntrl": { $0 < 0x20 || $0 == 0x7F },
        "graph": { 0x21...0x7E ~= $0 }, "print": { 0x20...0x7E ~= $0 },
        "lower": { 0x61...0x7A ~= $0 }, "upper": { 0x41...0x5A ~= $0 },
        "punct": { 0x21...0x7E ~= $0 && !isLetter($0) && !isDigit($0) },
        "space": { $0 == 0x20 || 0x09...0x0D ~= $0 },
        "xdigit": { isDigit($0) || 0x61...0x66 ~= $0 || 0x41...0x46 ~= $0 },
    ]
    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte || 0x41...0x5A ~= byte }
    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
}
