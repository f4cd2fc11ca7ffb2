/// So much of something that is shared, as people write it: `3`, `8G`, `512 MiB`.
public enum Quantity {
    /// The number that a text stands for; `K`, `M`, `G` and `T` are steps of 1024, with or without `B` or `iB` after them.
    ///
    /// - Returns: `nil` for a text that is no such number, and for one that does not fit into 64 bits.
    public static func count(_ text: String) -> Int64? {
        let bytes = text.utf8
        let digits = bytes.prefix { (48...57).contains($0) }
        guard !digits.isEmpty, let number = Int64(String(Substring(digits))) else { return nil }
        var unit = bytes.dropFirst(digits.count).map { $0 | 0x20 }.filter { $0 != 0x20 }
        if unit.last == UInt8(ascii: "b") { unit.removeLast() }
        if unit.count == 2, unit.last == UInt8(ascii: "i") { unit.removeLast() }
        let steps = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]
        guard let shift = steps[String(decoding: unit, as: UTF8.self)] else { return nil }
        let (result, isTooMuch) = number.multipliedReportingOverflow(by: Int64(1) << Int64(shift))
        return isTooMuch ? nil : result
    }
}
