/// The links of an HTML page, and what nginx writes behind them. It reads any bytes, in time that grows with their number.
struct PageLinks: Sequence, IteratorProtocol {
    /// A link.
    struct Link: Hashable {
        /// What it leads to, as the page has it.
        let reference: String
        /// How many bytes that has, if a number of them stands behind the link.
        let size: Int64?
        /// When it came there, in milliseconds since 1970, if that stands behind the link.
        let modified: Int64?
    }

    private static let longestTag = 8192
    private static let longestRow = 512

    private let html: [UInt8]
    private var index = 0

    init(_ html: [UInt8]) { self.html = html }

    mutating func next() -> Link? {
        while let start = html[index...].firstIndex(of: UInt8(ascii: "<")) {
            index = start + 1
            guard index + 1 < html.count, html[index] | 0x20 == UInt8(ascii: "a"),
                Self.isWhite(html[index + 1])
            else { continue }
            index += 1
            guard let reference = reference() else { continue }
            let (size, modified) = row()
            return Link(reference: reference, size: size, modified: modified)
        }
        index = html.count
        return nil
    }

    /// The `href` of the tag that begins here, up to whose end it goes.
    private mutating func reference() -> String? {
        let end = Swift.min(html.count, index + Self.longestTag)
        var found: String?
        while true {
            skipWhite(until: end)
            guard index < end, html[index] != UInt8(ascii: ">") else { break }
            let name = take(until: end) {
                $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ">") || Self.isWhite($0)
            }
            skipWhite(until: end)
            guard index < end, html[index] == UInt8(ascii: "=") else { continue }
            index += 1
            skipWhite(until: end)
            let value = value(until: end)
            if found == nil, String(decoding: name, as: UTF8.self).lowercased() == "href" {
                found = HTMLText.decoded(value)
            }
        }
        return found
    }

    private mutating func value(until end: Int) -> ArraySlice<UInt8> {
        guard index < end, html[index] == UInt8(ascii: "\"") || html[index] == UInt8(ascii: "'") else {
            return take(until: end) { $0 == UInt8(ascii: ">") || Self.isWhite($0) }
        }
        let quote = html[index]
        index += 1
        let value = take(until: end) { $0 == quote }
        if index < end { index += 1 }
        return value
    }

    private mutating func take(until end: Int, _ isOver: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = index
        while index < end, !isOver(html[index]) { index += 1 }
        return html[start..<index]
    }

    private mutating func skipWhite(until end: Int) {
        while index < end, Self.isWhite(html[index]) { index += 1 }
    }

    /// Size and time as nginx writes them behind a link: `</a>   21-Nov-2026 18:49   1234`, and nothing more on the line.
    private func row() -> (size: Int64?, modified: Int64?) {
        let text = html[index...].prefix(Self.longestRow).prefix { $0 != UInt8(ascii: "<") }
        let end = html[text.endIndex...].prefix(4)
        guard end.elementsEqual("</a>".utf8) else { return (nil, nil) }
        let line = html[end.endIndex...].prefix(Self.longestRow).prefix { $0 != 0x0A && $0 != 0x0D }
        let words = line.split { $0 == 0x20 || $0 == 0x09 }
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 3, let modified = HTTPDate.parse("day, \(words[0]) \(words[1]):00 GMT"),
            words[2].utf8.allSatisfy({ (48...57).contains($0) }), let size = Int64(words[2])
        else { return (nil, nil) }
        return (size, modified)
    }

    private static func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// Text of HTML.
enum HTMLText {
    private static let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    /// A text without escapes; those that are not known stay.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.first {
            if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let text = character(rest[(rest.startIndex + 1)..<end])
            {
                result += Array(text.utf8)
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func character(_ name: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: name, as: UTF8.self)
        guard text.utf8.first == UInt8(ascii: "#") else { return names[text] }
        let isHexadecimal = text.utf8.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
        let digits = text.utf8.dropFirst(isHexadecimal ? 2 : 1)
        return UInt32(String(digits) ?? "", radix: isHexadecimal ? 16 : 10).flatMap { UnicodeScalar($0) }
            .map { String($0) }
    }
}
