import CairnCore
public import CairnFormats

extension StageCommand {
    /// What a shell is started for, one after another: each line of a text, each item of a list.
    ///
    /// Lines end as Python's `splitlines` has it; nothing joins them, also not a backslash at their end. Empty ones are run as well, since
    /// nothing comes of it. An item of a list may have several lines, which one shell runs.
    public var lines: [[UInt8]] {
        switch self {
        case .list(let commands): return commands.map { Array($0.utf8) }
        case .text(let text):
            var lines: [[UInt8]] = []
            var line: [UInt8] = []
            var isAfterReturn = false
            for scalar in text.unicodeScalars {
                let isPair = isAfterReturn && scalar == "\n"
                isAfterReturn = scalar == "\r"
                if isPair { continue }
                switch scalar.value {
                case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                    lines.append(line)
                    line = []
                default:
                    line += UTF8.encode(scalar).map { Array($0) } ?? []
                }
            }
            return line.isEmpty ? lines : lines + [line]
        }
    }
}
