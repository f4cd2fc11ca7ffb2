/// Dates and times in unquoted YAML text.
enum YAMLDate {
    /// The pieces of a time; `nil` where the text has none.
    private struct Parts {
        var year: ArraySlice<UInt8>
        var month: ArraySlice<UInt8>
        var day: ArraySlice<UInt8>
        var hour: ArraySlice<UInt8>?
        var minute: ArraySlice<UInt8> = []
        var second: ArraySlice<UInt8> = []
        var fraction: ArraySlice<UInt8> = []
        /// Empty for none, `Z`, or a sign with hours and perhaps minutes.
        var zone: ArraySlice<UInt8> = []
    }

    /// True for `2020-01-01`, and for a date (one digit will do for month and day) with `T` or blanks and a time.
    static func isDate(_ text: ArraySlice<UInt8>) -> Bool { parse(text) != nil }

    /// The text as Python prints the date or time that it stands for.
    static func normalized(_ text: [UInt8]) -> String {
        guard let parts = parse(text[...]), let hour = parts.hour else {
            return String(decoding: text, as: UTF8.self)
        }
        var result = Array(parts.year)
        result += [UInt8(ascii: "-")] + twoDigits(parts.month) + [UInt8(ascii: "-")] + twoDigits(parts.day)
        result += [UInt8(ascii: " ")] + twoDigits(hour) + [UInt8(ascii: ":")] + parts.minute
        result += [UInt8(ascii: ":")] + parts.second
        let micro = microseconds(parts.fraction)
        if micro > 0 {
            let digits = Array(String(micro).utf8)
            result += [UInt8(ascii: ".")] + [UInt8](repeating: 48, count: 6 - digits.count) + digits
        }
        if parts.zone.first == UInt8(ascii: "Z") {
            result += Array("+00:00".utf8)
        } else if let sign = parts.zone.first {
            let pieces = parts.zone.dropFirst().split(separator: UInt8(ascii: ":"))
            result += [sign] + twoDigits(pieces[0]) + [UInt8(ascii: ":")]
            result += pieces.count > 1 ? Array(pieces[1]) : [48, 48]
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func parse(_ text: ArraySlice<UInt8>) -> Parts? {
        var cursor = ByteCursor(text)
        guard let year = digits(4, 4, in: text, &cursor), cursor.take("-"),
            let month = digits(1, 2, in: text, &cursor), cursor.take("-"),
            let day = digits(1, 2, in: text, &cursor)
        else { return nil }
        var parts = Parts(year: year, month: month, day: day)
        if cursor.isAtEnd { return month.count == 2 && day.count == 2 ? parts : nil }
        guard cursor.take("Tt") || cursor.skip(while: isBlank) > 0,
            let hour = digits(1, 2, in: text, &cursor), cursor.take(":"),
            let minute = digits(2, 2, in: text, &cursor), cursor.take(":"),
            let second = digits(2, 2, in: text, &cursor)
        else { return nil }
        (parts.hour, parts.minute, parts.second) = (hour, minute, second)
        if cursor.take(".") { parts.fraction = digits(0, .max, in: text, &cursor) ?? [] }
        if cursor.isAtEnd { return parts }
        _ = cursor.skip(while: isBlank)
        let start = cursor.index
        if !cursor.take("Z") {
            guard cursor.take("+-"), digits(1, 2, in: text, &cursor) != nil else { return nil }
            if cursor.take(":"), digits(2, 2, in: text, &cursor) == nil { return nil }
        }
        guard cursor.isAtEnd else { return nil }
        parts.zone = text[start...]
        return parts
    }

    private static func digits(
        _ minimum: Int, _ maximum: Int, in text: ArraySlice<UInt8>, _ cursor: inout ByteCursor
    ) -> ArraySlice<UInt8>? {
        let start = cursor.index
        return cursor.digits(atMost: maximum) >= minimum ? text[start..<cursor.index] : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static func twoDigits(_ digits: ArraySlice<UInt8>) -> [UInt8] {
        digits.count < 2 ? [48] + digits : Array(digits)
    }

    /// Six digits of a fraction, rounded by the seventh unless that would make a whole second.
    private static func microseconds(_ fraction: ArraySlice<UInt8>) -> Int {
        var value = 0
        for index in 0..<6 {
            let digit = index < fraction.count ? Int(fraction[fraction.startIndex + index]) - 48 : 0
            value = value * 10 + digit
        }
        let isUp = fraction.count > 6 && fraction[fraction.startIndex + 6] > 52
        return isUp && value < 999_999 ? value + 1 : value
    }
}
