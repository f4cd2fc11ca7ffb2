/// The lines of one ignore file, so that a path is compared with few of them.
///
/// A `.gitignore` beside ten thousand tracked files has a line for each: lines without wild cards are found by their text.
struct GitIgnoreList: Sendable {
    private let patterns: [GitIgnorePattern]
    /// Positions of lines with wild cards, in order.
    private var wild: [Int] = []
    /// Positions of the other lines, in order, by the text that they stand for.
    private var anchored: [[UInt8]: [Int]] = [:]
    private var named: [[UInt8]: [Int]] = [:]

    /// Reads a file; `nil` for none.
    init(_ text: [UInt8]?) {
        guard var text = text?[...] else {
            patterns = []
            return
        }
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        patterns = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            GitIgnorePattern(line: line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
        for (position, pattern) in patterns.enumerated() {
            if let literal = pattern.literal {
                if pattern.isAnchored {
                    anchored[literal, default: []].append(position)
                } else {
                    named[literal, default: []].append(position)
                }
            } else {
                wild.append(position)
            }
        }
    }

    /// Whether a path below the file's folder is ignored; `nil` when no line speaks of it. The last line that matches decides.
    func decision(on path: ArraySlice<UInt8>, name: ArraySlice<UInt8>, isFolder: Bool) -> Bool? {
        guard !patterns.isEmpty else { return nil }
        func last(_ positions: [Int]?, after lowest: Int) -> Int {
            positions?.last {
                $0 > lowest && patterns[$0].matches(path: path, name: name, isFolder: isFolder)
            } ?? lowest
        }
        var found = last(anchored[Array(path)], after: -1)
        found = last(named[Array(name)], after: found)
        found = last(wild, after: found)
        return found < 0 ? nil : !patterns[found].isNegated
    }
}
