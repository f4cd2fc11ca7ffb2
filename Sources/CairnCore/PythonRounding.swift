extension PythonJSON {
    /// A number rounded to so many decimal places, as Python's `round` does it: the exact value decides, ties go to the even digit.
    ///
    /// - Parameter places: how many digits stay behind the point; less than 0 counts as 0.
    public static func rounded(_ value: Double, places: Int) -> Double {
        // 22 digits behind the point are more than a number of this size has.
        guard value.isFinite, places < 22 || value.magnitude < 1e-6 else { return value }
        let places = min(max(places, 0), 22)
        // Smaller than half of the last place, whatever the digits.
        guard value.magnitude > 1e-23 else { return value.sign == .minus ? -0.0 : 0.0 }
        guard value.exponent < 52 else { return value }
        // The value is significand / 2^shift, exactly.
        let shift = 52 - Int(value.exponent)
        let significand = UInt128(value.significandBitPattern) + (1 << 52)
        guard shift < 127 else { return value.sign == .minus ? -0.0 : 0.0 }
        var scale: UInt128 = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = significand.multipliedReportingOverflow(by: scale)
        guard !scaled.overflow else { return value }
        var whole = scaled.partialValue >> UInt128(shift)
        let rest = scaled.partialValue & ((1 << UInt128(shift)) - 1)
        let half = UInt128(1) << UInt128(shift - 1)
        if rest > half || (rest == half && whole & 1 == 1) { whole += 1 }
        let sign = value.sign == .minus ? "-" : ""
        // Digits and an exponent are read back to the nearest number, as Python does it.
        return Double("\(sign)\(whole)e-\(places)") ?? value
    }
}
