import ArgumentParser

/// A length of time as people type it: `30s`, `10m`, `2h`, `1h30m`.
struct TimeSpan: ExpressibleByArgument {
    /// The length.
    let nanoseconds: Int64

    private static let units: [UInt8: Int64] = [
        UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86_400,
    ]

    init?(argument: String) {
        var total: Int64 = 0
        var number: Int64?
        for byte in argument.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let (tens, isLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (next, isLarger) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                guard !isLarge, !isLarger else { return nil }
                number = next
            } else {
                guard let count = number, let unit = Self.units[byte] else { return nil }
                let (seconds, isLarge) = count.multipliedReportingOverflow(by: unit)
                let (sum, isLarger) = total.addingReportingOverflow(seconds)
                guard !isLarge, !isLarger else { return nil }
                (total, number) = (sum, nil)
            }
        }
        // A number without a unit could mean anything.
        let (nanoseconds, isLarge) = total.multipliedReportingOverflow(by: 1_000_000_000)
        guard number == nil, nanoseconds > 0, !isLarge else { return nil }
        self.nanoseconds = nanoseconds
    }
}
