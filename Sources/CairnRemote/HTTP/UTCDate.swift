/// A moment as the calendar and clock of Greenwich show it, for the forms in which services write time.
public struct UTCDate: Hashable, Sendable {
    /// The year.
    public let year: Int
    /// The month, 1 to 12.
    public let month: Int
    /// The day of the month, from 1.
    public let day: Int
    /// The second of the day, from 0.
    public let second: Int

    /// The moment so many milliseconds after 1970 began.
    ///
    /// Source: the algorithm of days from a civil date: years begin in March, so that leap days come last.
    public init(milliseconds: Int64) {
        let seconds = Int(milliseconds.floorDivided(by: 1000))
        let days = seconds.floorDivided(by: 86_400)
        second = seconds - days * 86_400
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The milliseconds from the beginning of 1970 to a moment.
    ///
    /// - Returns: `nil` for a day or a time that there is not.
    public static func milliseconds(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
    ) -> Int64? {
        // A leap second counts as the next minute's first.
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let result = Int64(days * 86_400 + hour * 3600 + minute * 60 + second) * 1000
        guard second == 60 || Self(milliseconds: result).day == day else { return nil }
        return result
    }

    /// `20150830`.
    public var basicDay: String { Self.digits(year, 4) + Self.digits(month, 2) + Self.digits(day, 2) }

    /// `20150830T123600Z`.
    public var basic: String {
        basicDay + "T" + Self.digits(second / 3600, 2) + Self.digits(second / 60 % 60, 2)
            + Self.digits(second % 60, 2) + "Z"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}

extension UTCDate {
    /// Reads a time as ISO 8601 writes it, in its long or its short form: `2015-08-30T12:36:00.125Z`, `2015-08-30T14:36:00+02:00`,
    /// `20150830T123600Z`. Without a zone it is Greenwich's.
    ///
    /// - Returns: milliseconds since 1970; `nil` for what is no such time.
    public static func milliseconds(iso text: some Collection<UInt8>) -> Int64? {
        var digits: [Int] = []
        var rest = Array(text)[...]
        // The date and the time have 14 digits; what else may stand between them does.
        while digits.count < 14, let byte = rest.first {
            if let digit = Self.digit(byte) {
                digits.append(digit)
            } else if !"-:Tt ".utf8.contains(byte) || digits.count < 4 {
                return nil
            }
            rest = rest.dropFirst()
        }
        guard digits.count == 14 else { return nil }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
            let places = rest.dropFirst().prefix { Self.digit($0) != nil }
            guard !places.isEmpty else { return nil }
            let first = places.prefix(3).compactMap(Self.digit) + [0, 0]
            fraction = Int64(first[0] * 100 + first[1] * 10 + first[2])
            rest = rest.dropFirst(1 + places.count)
        }
        guard let offset = Self.minutes(ofZone: rest),
            let moment = milliseconds(
                year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
                minute: number(10..<12), second: number(12..<14))
        else { return nil }
        return moment + fraction - Int64(offset) * 60_000
    }

    private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte - 0x30) : nil }

    private static func number(_ bytes: some Collection<UInt8>) -> Int? {
        guard (1...4).contains(bytes.count), bytes.allSatisfy({ digit($0) != nil }) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func minutes(ofZone zone: ArraySlice<UInt8>) -> Int? {
        guard let sign = zone.first else { return 0 }
        if zone.elementsEqual("Z".utf8) || zone.elementsEqual("z".utf8) || zone.elementsEqual("UTC".utf8) {
            return 0
        }
        let digits = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 4,
            let hours = number(digits.prefix(2)), let minutes = number(digits.dropFirst(2)), hours < 24,
            minutes < 60
        else { return nil }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}

extension FixedWidthInteger {
    /// The quotient, rounded down also for what is negative.
    fileprivate func floorDivided(by divisor: Self) -> Self {
        let quotient = self / divisor
        return quotient * divisor > self ? quotient - 1 : quotient
    }
}
