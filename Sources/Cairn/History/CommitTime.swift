import CairnRemote

/// When a commit was made, with the place on the clock of who made it.
public struct CommitTime: Hashable, Sendable {
    /// Seconds since 1970.
    public let seconds: Int64
    /// The distance from UTC, in minutes.
    public let offset: Int

    /// `2024-02-29T12:36:00+02:00`, as `git log --date=iso-strict` writes it, but with `+00:00` for UTC.
    public var text: String {
        let local = UTCDate(milliseconds: (seconds + Int64(offset) * 60) * 1000)
        let (sign, distance) = (offset < 0 ? "-" : "+", abs(offset))
        return [
            Self.digits(local.year, 4), "-", Self.digits(local.month, 2), "-", Self.digits(local.day, 2), "T",
            Self.digits(local.second / 3600, 2), ":", Self.digits(local.second / 60 % 60, 2), ":",
            Self.digits(local.second % 60, 2), sign, Self.digits(distance / 60, 2), ":",
            Self.digits(distance % 60, 2),
        ].joined()
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
