/// Numbers in unquoted YAML text.
enum YAMLNumber {
    /// True for a sign and digits of base 2 (`0b`), 8 (`0o`), 10 or 16 (`0x`), with `_` anywhere among them.
    static func isInt(_ text: ArraySlice<UInt8>) -> Bool {
        var cursor = ByteCursor(text)
        _ = cursor.take("+-")
        let start = cursor
        if cursor.skip(while: { isDecimal($0) }) > 0, cursor.isAtEnd { return true }
        cursor = start
        guard cursor.take("0") else { return false }
        let isPart: (UInt8) -> Bool
        if cursor.take("b") {
            isPart = { $0 == 48 || $0 == 49 || $0 == 95 }
        } else if cursor.take("o") {
            isPart = { (48...55).contains($0) || $0 == 95 }
        } else if cursor.take("x") {
            isPart = { isDecimal($0) || (65...70).contains($0) || (97...102).contains($0) }
        } else {
            return false
        }
        return cursor.skip(while: isPart) > 0 && cursor.isAtEnd
    }

    /// True for a number with a point or an exponent, `.inf` and `.nan`.
    static func isFloat(_ text: ArraySlice<UInt8>) -> Bool {
        var cursor = ByteCursor(text)
        let isSigned = cursor.take("+-")
        guard let first = cursor.next else { return false }
        if first == UInt8(ascii: ".") {
            _ = cursor.take(".")
            let rest = text[cursor.index...]
            if ["inf", "Inf", "INF"].contains(where: { rest.elementsEqual($0.utf8) }) { return true }
            if !isSigned, ["nan", "NaN", "NAN"].contains(where: { rest.elementsEqual($0.utf8) }) {
                return true
            }
            guard cursor.skip(while: isDecimal) > 0 else { return false }
            guard cursor.take("eE") else { return cursor.isAtEnd }
            return cursor.take("+-") && cursor.digits() > 0 && cursor.isAtEnd
        }
        guard first != UInt8(ascii: "_"), cursor.skip(while: isDecimal) > 0 else { return false }
        let hasPoint = cursor.take(".")
        if hasPoint { _ = cursor.skip(while: isDecimal) }
        guard cursor.take("eE") else { return hasPoint && cursor.isAtEnd }
        _ = cursor.take("+-")
        return cursor.digits() > 0 && cursor.isAtEnd
    }

    /// The value of what `isInt` accepts; `nil` if there is no digit in it, or there are more than Python takes (4300) or than any
    /// size or seed needs (512 of another base than ten).
    static func int(_ text: [UInt8]) -> YAMLValue? {
        var digits = text.filter { $0 != UInt8(ascii: "_") }[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            switch digits[digits.startIndex + 1] {
            case UInt8(ascii: "b"): radix = 2
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "x"): radix = 16
            default: break
            }
        }
        if radix != 10 { digits = digits.dropFirst(2) }
        guard !digits.isEmpty, digits.count <= (radix == 10 ? 4300 : 512) else { return nil }
        if let small = Int64((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self), radix: radix)
        {
            return .int(small)
        }
        // Digits of base ten are the answer already; rewriting others takes the square of their number.
        let spelled =
            radix == 10
            ? String(decoding: digits.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self)
            : decimal(digits, radix: radix)
        return .bigInt((isNegative ? "-" : "") + spelled)
    }

    /// The value of what `isFloat` accepts; `nil` if there is no digit in it.
    static func float(_ text: [UInt8]) -> Double? {
        var digits = text.filter { $0 != UInt8(ascii: "_") }
        let sign: Double = digits.first == UInt8(ascii: "-") ? -1 : 1
        if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard digits.count > 1, digits[0] == UInt8(ascii: ".") else {
            return double(digits).map { sign * $0 }
        }
        switch digits[1] | 0x20 {
        case UInt8(ascii: "i"): return sign * .infinity
        case UInt8(ascii: "n"): return .nan
        default: return double([UInt8(ascii: "0")] + digits).map { sign * $0 }
        }
    }

    private static func double(_ digits: [UInt8]) -> Double? {
        // "1." and "1.e5" are numbers for YAML; a zero after the point makes them numbers for everyone.
        var spelled: [UInt8] = []
        for (index, byte) in digits.enumerated() {
            spelled.append(byte)
            let next = index + 1 < digits.count ? digits[index + 1] : 0
            if byte == UInt8(ascii: "."), !(48...57).contains(next) { spelled.append(48) }
        }
        guard let first = digits.first, (48...57).contains(first) else { return nil }
        return Double(String(decoding: spelled, as: UTF8.self))
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { (48...57).contains(byte) || byte == 95 }

    /// Rewrites digits of any radix in base ten, nine decimal digits to a limb.
    private static func decimal(_ digits: ArraySlice<UInt8>, radix: Int) -> String {
        var limbs: [UInt64] = [0]
        for digit in digits {
            var carry = UInt64(digit <= 57 ? digit - 48 : (digit | 0x20) - 87)
            for index in limbs.indices {
                let product = limbs[index] * UInt64(radix) + carry
                limbs[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        var text = String(limbs[limbs.count - 1])
        for limb in limbs.dropLast().reversed() {
            let part = String(limb)
            text += String(repeating: "0", count: 9 - part.utf8.count) + part
        }
        return text
    }
}
