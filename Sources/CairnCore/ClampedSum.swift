extension FixedWidthInteger {
    /// The sum of two numbers; the nearest number there is in place of one that does not fit.
    ///
    /// For numbers that are read from files: whoever wrote them may have meant harm.
    public func addingClamped(_ other: Self) -> Self {
        let (sum, isOverflow) = addingReportingOverflow(other)
        guard isOverflow else { return sum }
        return other < 0 ? .min : .max
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum of the numbers; the nearest number there is in place of one that does not fit.
    public func clampedSum() -> Element { reduce(0) { $0.addingClamped($1) } }
}
