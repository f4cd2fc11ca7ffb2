/// Numbers and truth values of TOML.
enum TOMLNumber {
    /// The value of a word; `nil` if it is neither a number nor a truth value.
    static func value(_ word: [UInt8]) -> YAMLValue? {
        switch String(decoding: word, as: UTF8.self) {
        case "true": return true
        case "false": return false
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        if word.count > 2, word[0] == 48, let radix = [98: 2, 111: 8, 120: 16][Int(word[1])] {
            let isDigit: (UInt8) -> Bool = { SourceText.hexDigit($0).map { Int($0) < radix } ?? false }
            return isGrouped(word[2...], isDigit) ? YAMLNumber.int(word) : nil
        }
        var rest = word[...]
        if rest.first == 43 || rest.first == 45 { rest.removeFirst() }
        let whole = rest.prefix { $0 == 95 || isDecimal($0) }
        guard isGrouped(whole, isDecimal), whole.count == 1 || whole.first != 48 else { return nil }
        rest = rest[whole.endIndex...]
        if rest.isEmpty { return YAMLNumber.int(word) }
        if rest.first == 46 {
            let fraction = rest.dropFirst().prefix { $0 == 95 || isDecimal($0) }
            guard isGrouped(fraction, isDecimal) else { return nil }
            rest = rest[fraction.endIndex...]
        }
        if let sign = rest.first, sign | 0x20 == 101 {
            rest.removeFirst()
            if rest.first == 43 || rest.first == 45 { rest.removeFirst() }
            guard isGrouped(rest, isDecimal) else { return nil }
            rest = rest[rest.endIndex...]
        }
        return rest.isEmpty ? YAMLNumber.float(word).map { .float($0) } : nil
    }

    /// True for two digits or more, perhaps with `_` among them, of which the first is 0.
    static func isWholeWithZeros(_ word: [UInt8]) -> Bool {
        word.count > 1 && word[0] == 48 && word.allSatisfy { $0 == 95 || isDecimal($0) }
            && isGrouped(word[...], isDecimal)
    }

    /// True for digits with single `_` between them.
    private static func isGrouped(_ digits: ArraySlice<UInt8>, _ isDigit: (UInt8) -> Bool) -> Bool {
        var wasDigit = false
        for byte in digits {
            guard isDigit(byte) || (byte == 95 && wasDigit) else { return false }
            wasDigit = byte != 95
        }
        return wasDigit
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

/// Dates and times of TOML.
enum TOMLTime {
    /// True for `2020-01-31`.
    static func isDate(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count == 10, let year = number(word.prefix(4)),
            let month = number(word.dropFirst(5).prefix(2)),
            let day = number(word.suffix(2)), word[word.startIndex + 4] == 45, word[word.startIndex + 7] == 45
        else { return false }
        guard (1...9999).contains(year), (1...12).contains(month) else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return (1...days).contains(day)
    }

    /// The value of a word: a date, with or without a time; a time alone is text. `nil` if it is none of these.
    static func value(_ word: [UInt8]) -> YAMLValue? {
        if let time = time(word[...]), time.zone == nil {
            return .string(String(decoding: time.text, as: UTF8.self))
        }
        let date = word.prefix(10)
        guard isDate(date) else { return nil }
        if word.count == 10 { return .date(String(decoding: date, as: UTF8.self)) }
        guard [84, 116, 32].contains(word[10]), let time = time(word[11...]) else { return nil }
        let text = Array(date) + [32] + time.text + (time.zone ?? [])
        return .date(String(decoding: text, as: UTF8.self))
    }

    /// A time as Python prints it, with its zone.
    private static func time(_ word: ArraySlice<UInt8>) -> (text: [UInt8], zone: [UInt8]?)? {
        guard isClock(word.prefix(5)) else { return nil }
        var text = Array(word.prefix(5))
        var rest = word.dropFirst(5)
        if rest.first == 58 {
            guard rest.count >= 3, let second = number(rest.dropFirst().prefix(2)), second < 60 else {
                return nil
            }
            text += rest.prefix(3)
            rest = rest.dropFirst(3)
            if rest.first == 46 {
                let digits = rest.dropFirst().prefix { (48...57).contains($0) }
                guard !digits.isEmpty else { return nil }
                rest = rest[digits.endIndex...]
                // Six digits, the others are cut off.
                let six = Array(digits.prefix(6)) + [UInt8](repeating: 48, count: max(0, 6 - digits.count))
                if six.contains(where: { $0 != 48 }) { text += [46] + six }
            }
        } else {
            text += Array(":00".utf8)
        }
        if rest.isEmpty { return (text, nil) }
        if rest.count == 1, rest.first.map({ $0 | 0x20 }) == 122 { return (text, Array("+00:00".utf8)) }
        guard rest.first == 43 || rest.first == 45, isClock(rest.dropFirst()) else { return nil }
        let isZero = rest.dropFirst().elementsEqual("00:00".utf8)
        return (text, isZero ? Array("+00:00".utf8) : Array(rest))
    }

    /// True for `23:59`.
    private static func isClock(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count == 5, word[word.startIndex + 2] == 58, let hour = number(word.prefix(2)),
            let minute = number(word.suffix(2))
        else { return false }
        return hour < 24 && minute < 60
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }
}
