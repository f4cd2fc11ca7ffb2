import CairnCore

/// What tells lines of one stage from those of others: `train| `.
public struct StagePrefix: Hashable, Sendable {
    /// The bytes before each line.
    public let bytes: [UInt8]

    /// A prefix with a stage's name.
    ///
    /// - Parameters:
    ///   - width: blanks fill the name up to so many characters, so that lines of several stages begin in one column.
    ///   - color: which of some colors the name gets, by any number; `nil` for none.
    public init(_ name: String, width: Int = 0, color: Int? = nil) {
        let name = name.utf8.printable
        let missing = max(0, width - name.unicodeScalars.count)
        let text = name + String(repeating: " ", count: missing) + "|"
        guard let color else {
            bytes = Array("\(text) ".utf8)
            return
        }
        // Cyan, yellow, green, magenta, blue, and their bright ones: red is for errors.
        let codes = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]
        bytes = Array("\u{1B}[\(codes[Int(color.magnitude % 10)])m\(text)\u{1B}[0m ".utf8)
    }
}

/// Makes lines with a prefix of what a program writes in pieces.
///
/// Where a program goes back to the start of its line (a progress bar), only what it wrote last is shown. A line that does not end is cut
/// after 64 KiB.
struct PrefixedLines {
    private static let limit = 64 << 10
    let prefix: [UInt8]
    private var line: [UInt8] = []

    init(_ prefix: StagePrefix) { self.prefix = prefix.bytes }

    /// Takes a piece.
    ///
    /// - Returns: the lines that are complete now.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end]
            result += finished()
            rest = rest[(end + 1)...]
        }
        line += rest
        if line.count > Self.limit { result += finished() }
        return result
    }

    /// What was written after the last end of a line, as a line; empty if there is nothing.
    mutating func finish() -> [UInt8] { line.isEmpty ? [] : finished() }

    private mutating func finished() -> [UInt8] {
        let back = UInt8(ascii: "\r")
        if line.last == back { line.removeLast() }
        let shown = line.lastIndex(of: back).map { line[($0 + 1)...] } ?? line[...]
        defer { line = [] }
        return prefix + shown + [UInt8(ascii: "\n")]
    }
}

/// Keeps the end of what a program writes.
struct OutputTail {
    private static let limit = 32 << 10
    private var bytes: [UInt8] = []

    mutating func take(_ piece: UnsafeRawBufferPointer) {
        bytes += piece.suffix(Self.limit)
        // Not at each piece: moving the rest takes time.
        if bytes.count > 4 * Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    /// The last lines, at most so many, with what a program wrote last in each.
    func lines(_ count: Int) -> [[UInt8]] {
        var lines = bytes.suffix(Self.limit).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.suffix(count).map { line in
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return Array(text.split(separator: UInt8(ascii: "\r")).last ?? [])
        }
    }
}
