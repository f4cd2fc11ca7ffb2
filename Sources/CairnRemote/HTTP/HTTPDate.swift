/// Dates as HTTP writes them; RFC 9110, 5.6.7.
enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Reads a date in any of the three forms.
    ///
    /// - Returns: milliseconds since 1970; `nil` if it is none.
    static func parse(_ text: String) -> Int64? {
        guard text.utf8.count <= 64 else { return nil }
        var words = text.utf8.split { " ,-\t".utf8.contains($0) }.map { String($0)?.lowercased() ?? "" }
        guard let weekday = words.first, weekday.utf8.allSatisfy({ (97...122).contains($0) }) else {
            return nil
        }
        words.removeFirst()
        if let first = words.first, months.contains(first), words.count == 4 {
            // Nov 6 08:49:37 1994
            words = [words[1], words[0], words[3], words[2], "gmt"]
        }
        guard words.count == 5, ["gmt", "utc"].contains(words[4]), let day = number(words[0], 1...31),
            let month = months.firstIndex(of: words[1]), let written = number(words[2], 0...9999),
            let seconds = time(words[3])
        else { return nil }
        // Of a year in two digits no reader can be sure; those of web servers are of this time.
        let year = written < 70 ? written + 2000 : written < 100 ? written + 1900 : written
        return (days(year, month + 1, day) * 86_400 + seconds) * 1000
    }

    private static func number(_ text: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(text)
        else { return nil }
        return range.contains(number) ? number : nil
    }

    /// Seconds since the day began; with a leap second it may have one more.
    private static func time(_ text: String) -> Int64? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String($0) ?? "" }
        guard parts.count == 3, let hours = number(parts[0], 0...23), let minutes = number(parts[1], 0...59),
            let seconds = number(parts[2], 0...60)
        else { return nil }
        return hours * 3600 + minutes * 60 + seconds
    }

    /// Days since the first of January 1970, in years that begin in March so that the leap day is the last.
    private static func days(_ year: Int64, _ month: Int, _ day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let sinceMarch = Int64((month + 9) % 12)
        let leapDays = year / 4 - year / 100 + year / 400
        return year * 365 + leapDays + (sinceMarch * 153 + 2) / 5 + day - 1 - 719_468
    }
}
