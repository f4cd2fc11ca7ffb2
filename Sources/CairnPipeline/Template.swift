import CairnCore
import CairnFormats

/// What is wrong with a template, and with which piece of its text.
struct TemplateFault: Error {
    let reason: String
    /// The piece, as it is written; empty for the whole text.
    let piece: String

    init(_ reason: String, in piece: String = "") {
        self.reason = reason
        self.piece = piece
    }
}

/// A text cut into what stands for itself and what is filled in: `${name.key[0]}`.
struct Template {
    /// What one `${…}` names.
    struct Reference {
        /// The names and numbers, from the outermost on.
        let parts: [String]
        /// The whole as it is written.
        let written: String

        /// The names with dots between them, for messages.
        var path: String { Array(parts.joined(separator: ".").utf8).printable }
    }

    enum Piece {
        case text(String)
        case reference(Reference)
    }

    let pieces: [Piece]

    /// The reference that the text is, if it is exactly one.
    var whole: Reference? {
        if pieces.count == 1, case .reference(let reference) = pieces[0] { reference } else { nil }
    }

    /// Cuts a text.
    ///
    /// `\${` is not a template; the backslash goes when the text is put together.
    ///
    /// - Throws: `TemplateFault` for `${name` that is not closed on its line, and for what cannot be between the braces. What does not
    ///   look like a name, as `${` at the end of a word, stands for itself, as in DVC.
    init(parsing text: String) throws(TemplateFault) {
        let bytes = Array(text.utf8)
        var pieces: [Piece] = []
        var (start, index) = (0, 0)
        while index + 1 < bytes.count {
            let isOpen = bytes[index] == UInt8(ascii: "$") && bytes[index + 1] == UInt8(ascii: "{")
            guard isOpen, index == 0 || bytes[index - 1] != UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            let rest = bytes[(index + 2)...].prefix { $0 != UInt8(ascii: "\n") }
            guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                if let first = rest.first, Self.startsName(first) {
                    let piece = String(decoding: bytes[index..<rest.endIndex], as: UTF8.self)
                    throw TemplateFault(
                        "the template '\(Array(piece.utf8).printable)' is not closed; write '\\${' for a '${' that stays",
                        in: piece)
                }
                index += 2
                continue
            }
            if start < index { pieces.append(.text(String(decoding: bytes[start..<index], as: UTF8.self))) }
            let written = String(decoding: bytes[index...end], as: UTF8.self)
            pieces.append(.reference(try Reference(bytes[(index + 2)..<end], written: written)))
            (start, index) = (end + 1, end + 1)
        }
        if start < bytes.count { pieces.append(.text(String(decoding: bytes[start...], as: UTF8.self))) }
        self.pieces = pieces
    }

    /// A text with the backslashes gone that kept `${` from being a template.
    static func withoutEscapes(_ text: String) -> String {
        guard TemplateMarks(in: text) != .none else { return text }
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            let isEscape = byte == UInt8(ascii: "\\") && bytes[(index + 1)...].starts(with: "${".utf8)
            if !isEscape { result.append(byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func startsName(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }
}

extension Template.Reference {
    /// Reads what stands between the braces.
    ///
    /// - Throws: `TemplateFault` if it is not names with dots or brackets between them.
    init(_ inner: ArraySlice<UInt8>, written: String) throws(TemplateFault) {
        func fault(_ reason: String) -> TemplateFault {
            TemplateFault("'\(Array(written.utf8).printable)' is not a template: \(reason)", in: written)
        }
        guard inner.firstRange(of: Array("${".utf8)) == nil else {
            throw fault("another one begins inside of it")
        }
        var rest = inner
        func word(_ rest: inout ArraySlice<UInt8>, before place: String) throws(TemplateFault) -> String {
            let bytes = rest.prefix { !".[]".utf8.contains($0) }
            rest = rest[bytes.endIndex...]
            let name = bytes.trimmed
            guard !name.isEmpty else { throw fault("a name is missing\(place)") }
            return String(decoding: name, as: UTF8.self)
        }
        var parts = [try word(&rest, before: rest.isEmpty ? " in it" : " at its start")]
        while let sign = rest.first {
            rest.removeFirst()
            switch sign {
            case UInt8(ascii: "."): parts.append(try word(&rest, before: " after '.'"))
            case UInt8(ascii: "["):
                parts.append(try word(&rest, before: " after '['"))
                guard rest.first == UInt8(ascii: "]") else { throw fault("']' is missing") }
                rest = rest.dropFirst().drop(while: \.isTemplateBlank)
                if let next = rest.first, next != UInt8(ascii: "."), next != UInt8(ascii: "[") {
                    throw fault("'.' or '[' is missing after ']'")
                }
            default: throw fault("there is no '[' before ']'")
            }
        }
        self.init(parts: parts, written: written)
    }
}

extension UInt8 {
    /// True for what may stand around names between the braces.
    fileprivate var isTemplateBlank: Bool { self == 32 || (9...13).contains(self) }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmed: ArraySlice<UInt8> {
        var result = drop(while: \.isTemplateBlank)
        while let last = result.last, last.isTemplateBlank { result.removeLast() }
        return result
    }
}
