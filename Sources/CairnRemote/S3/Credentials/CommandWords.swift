/// The words of a command line, cut as a shell would cut them. Nothing is expanded.
enum CommandWords {
    /// Cuts a command line.
    ///
    /// Between single quotes everything stands for itself; between double quotes a backslash takes away the meaning of `"` and itself;
    /// elsewhere that of any sign.
    /// - Returns: `nil` if a quote does not end, or nothing follows a backslash.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: [UInt8] = []
        var isInWord = false
        var quote: UInt8?
        var bytes = Array(line.utf8)[...]
        while let byte = bytes.popFirst() {
            switch (byte, quote) {
            case (0x20, nil), (0x09...0x0D, nil):
                if isInWord { words.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll(keepingCapacity: true)
                isInWord = false
                continue
            case (UInt8(ascii: "'"), nil), (UInt8(ascii: "\""), nil): quote = byte
            case (_, .some(byte)): quote = nil
            case (UInt8(ascii: "\\"), nil):
                guard let next = bytes.popFirst() else { return nil }
                word.append(next)
            case (UInt8(ascii: "\\"), UInt8(ascii: "\"")):
                if let next = bytes.first, next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") {
                    word.append(next)
                    bytes.removeFirst()
                } else {
                    word.append(byte)
                }
            default: word.append(byte)
            }
            isInWord = true
        }
        guard quote == nil else { return nil }
        return isInWord ? words + [String(decoding: word, as: UTF8.self)] : words
    }
}
