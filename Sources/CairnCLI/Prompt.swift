import CairnCore
import CairnSystem

extension Context {
    /// Asks the user a question that is answered with yes or no.
    ///
    /// - Returns: false without asking where nobody can answer, and at the end of the input.
    /// - Throws: `OutputError` if what was written before cannot be shown.
    func confirm(_ question: String) throws -> Bool {
        guard terminal.canAsk else { return false }
        try output.flush()
        while true {
            let text = "\(question) [y/n]: "
            _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
            guard let answer = Self.readLine() else { return false }
            switch answer {
            case "y", "yes": return true
            case "n", "no": return false
            default: continue
            }
        }
    }

    /// One line of standard input in lower case, without spaces around it; `nil` at its end, or when the user stops the program.
    private static func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 1024 {
            let count = withUnsafeMutableBytes(of: &byte) {
                try? FileDescriptor.standardInput.read(into: $0, retryOnInterrupt: false)
            }
            guard let count, count == 1 else {
                if line.isEmpty || Interruption.isRequested { return nil }
                break
            }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self).lowercased()
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension Terminal {
    /// Asks the user for something that is not shown while it is typed.
    ///
    /// - Returns: `nil` at the end of the input, when the user stops the program, and for what is no text.
    func askSecret(_ question: String) -> String? {
        _ = try? FileDescriptor.standardError.writeAll(Array(question.utf8))
        let answer = try? SecretInput.readLine()
        // The line break that was typed was not shown either.
        _ = try? FileDescriptor.standardError.writeAll(Array("\n".utf8))
        return answer.flatMap { String(validating: $0, as: UTF8.self) }
    }
}
