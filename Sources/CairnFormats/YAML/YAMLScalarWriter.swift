/// Writes scalars into a growing text, folding long ones at column 80 as DVC's writer does.
///
/// Columns count Unicode scalars from 0.
struct YAMLScalarWriter {
    /// The text so far.
    var bytes: [UInt8] = []
    /// Where the next character goes.
    var column: Int
    /// What ends a line.
    let newline: [UInt8]
    private static let width = 80

    init(column: Int = 0, newline: [UInt8] = [UInt8(ascii: "\n")]) {
        self.column = column
        self.newline = newline
    }

    mutating func write(_ text: StaticString) {
        bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        column += text.utf8CodeUnitCount
    }

    mutating func write(_ scalars: some Sequence<Unicode.Scalar>) {
        for scalar in scalars {
            bytes += UTF8.encode(scalar).map { Array($0) } ?? []
            column += 1
        }
    }

    mutating func breakLine(indent: Int) {
        bytes += newline
        pad(to: indent)
    }

    /// Writes blanks from the start of a line.
    mutating func pad(to indent: Int) {
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: indent)
        column = indent
    }

    /// Writes text in the style that DVC would choose.
    ///
    /// - Parameter indent: where continued lines start; `nil` for what must stay on one line.
    mutating func write(text: String, indent: Int?, isFlow: Bool = false, isKey: Bool = false) {
        let scalars = Array(text.unicodeScalars)
        switch YAMLScalarStyle(for: text.unicodeScalars, isFlow: isFlow, isKey: isKey) {
        case .plain: writePlain(scalars, indent: indent)
        case .single: writeSingle(scalars, indent: indent)
        case .double: writeDouble(scalars, indent: indent)
        }
    }

    /// A word that would cross the margin goes to the next line, and the blank before it stays at the end of its own; longer runs of
    /// blanks are never broken.
    ///
    /// - Parameter indent: where continued lines start; `nil` for what must stay on one line.
    mutating func writePlain(_ text: [Unicode.Scalar], indent: Int?) {
        guard let indent else { return write(text) }
        var index = 0
        while index < text.count {
            var end = index
            let isBlank = text[index] == " "
            while end < text.count, (text[end] == " ") == isBlank { end += 1 }
            if isBlank {
                if end - index == 1, column >= Self.width {
                    breakLine(indent: indent)
                } else {
                    write(text[index..<end])
                }
            } else {
                // After more than one blank the break would swallow all but one of them when it is read. The writer that is
                // imitated breaks there all the same; text is worth more than its looks.
                let isAfterRun = index > 1 && text[index - 1] == " " && text[index - 2] == " "
                if column + (end - index) > Self.width, column > indent, !isAfterRun {
                    breakLine(indent: indent)
                }
                write(text[index..<end])
            }
            index = end
        }
    }

    /// A single blank past the margin becomes a line break.
    private mutating func writeSingle(_ text: [Unicode.Scalar], indent: Int?) {
        write("'")
        var index = 0
        while index < text.count {
            let scalar = text[index]
            if scalar == " " {
                var end = index
                while end < text.count, text[end] == " " { end += 1 }
                if end - index == 1, index > 0, end < text.count, column > Self.width, let indent {
                    breakLine(indent: indent)
                } else {
                    write(text[index..<end])
                }
                index = end
                continue
            }
            if YAMLScalarStyle.isBreak(scalar), let indent {
                // LS and PS (LF never gets here) stand for themselves, then the line goes on.
                while index < text.count, YAMLScalarStyle.isBreak(text[index]) {
                    write(CollectionOfOne(text[index]))
                    index += 1
                }
                pad(to: indent)
                continue
            }
            if scalar == "'" { write("''") } else { write(CollectionOfOne(scalar)) }
            index += 1
        }
        write("'")
    }
}
