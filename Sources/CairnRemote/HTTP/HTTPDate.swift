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
        guard words.count == 5, ["gmt", "utc"].contains(words[4]), let day = number(words[0]),
            let month = months.firstIndex(of: words[1]), let written = number(words[2]),
            let time = time(words[3])
        else { return nil }
        // Of a year in two digits no reader can be sure; those of web servers are of this time.
        let year = written < 70 ? written + 2000 : written < 100 ? written + 1900 : written
        return UTCDate.milliseconds(
            year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: time[2])
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Hours, minutes, seconds.
    private static func time(_ text: String) -> [Int]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).compactMap { number($0) }
        return parts.count == 3 ? parts : nil
    }
}
