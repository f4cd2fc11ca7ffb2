/// Numbers as Python prints them, which is how DVC writes them.
enum PythonFloat {
    /// The shortest digits that read back as `value`: fixed for exponents from -4 to 15, else with at least two exponent digits.
    ///
    /// Infinities and what is not a number come out as `inf`, `-inf` and `nan`.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        var digits: [UInt8] = []
        var exponent = 0
        var fraction: Int?
        // Swift's description has the shortest digits too; only the place of the point differs.
        var source = Array("\(value.magnitude)".utf8)[...]
        if let mark = source.firstIndex(of: UInt8(ascii: "e")) {
            exponent = Int(String(decoding: source[(mark + 1)...], as: UTF8.self)) ?? 0
            source = source[..<mark]
        }
        for byte in source {
            if byte == UInt8(ascii: ".") { fraction = 0 } else { digits.append(byte) }
            if byte != UInt8(ascii: "."), let count = fraction { fraction = count + 1 }
        }
        // The value is 0.digits times ten to the power of `point`.
        var point = digits.count - (fraction ?? 0) + exponent
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { point = 1 }
        let sign = value.sign == .minus ? "-" : ""
        return sign + layOut(digits, point: point)
    }

    private static func layOut(_ digits: [UInt8], point: Int) -> String {
        let all = String(decoding: digits, as: UTF8.self)
        let power = point - 1
        if power < -4 || power >= 16 {
            let head = String(decoding: digits.prefix(1), as: UTF8.self)
            let tail = digits.count > 1 ? "." + String(decoding: digits.dropFirst(), as: UTF8.self) : ""
            let size = String(power.magnitude)
            return head + tail + "e" + (power < 0 ? "-" : "+") + (size.utf8.count < 2 ? "0" : "") + size
        }
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + all }
        if point >= digits.count { return all + String(repeating: "0", count: point - digits.count) + ".0" }
        return String(decoding: digits.prefix(point), as: UTF8.self) + "."
            + String(decoding: digits.dropFirst(point), as: UTF8.self)
    }
}
