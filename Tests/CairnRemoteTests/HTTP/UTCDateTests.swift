import CairnRemote
import Testing

@Suite("Dates of services")
struct UTCDateTests {
    @Test(
        "are written in the short form",
        arguments: [
            (0, "19700101T000000Z"), (1_440_938_160_000, "20150830T123600Z"),
            (951_782_400_999, "20000229T000000Z"),
            (-1, "19691231T235959Z"), (4_107_542_399_000, "21000228T235959Z"),
            (253_402_300_799_000, "99991231T235959Z"),
        ] as [(Int64, String)])
    func written(_ milliseconds: Int64, _ text: String) {
        #expect(UTCDate(milliseconds: milliseconds).basic == text)
        #expect(UTCDate(milliseconds: milliseconds).basicDay == String(text.prefix(8)))
    }

    @Test(
        "are read from ISO 8601",
        arguments: [
            ("2015-08-30T12:36:00Z", 1_440_938_160_000), ("2015-08-30T12:36:00.125Z", 1_440_938_160_125),
            ("2015-08-30T12:36:00.1Z", 1_440_938_160_100), ("2015-08-30T14:36:00+02:00", 1_440_938_160_000),
            ("2015-08-30T10:06:00-0230", 1_440_938_160_000), ("20150830T123600Z", 1_440_938_160_000),
            ("2015-08-30 12:36:00", 1_440_938_160_000), ("2015-08-30T12:36:00UTC", 1_440_938_160_000),
            ("2015-08-30T12:36:00.123456789Z", 1_440_938_160_123),
            ("2016-02-29T00:00:00Z", 1_456_704_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2015-02-29T00:00:00Z", nil), ("2015-13-01T00:00:00Z", nil), ("2015-08-30", nil), ("", nil),
            ("2015-08-30T12:36:00X", nil), ("2015-08-30T25:00:00Z", nil), ("tomorrow", nil),
            ("2015-08-30T12:36:00.Z", nil), ("2015-08-30T12:36:00+2", nil), ("2015-04-31T00:00:00Z", nil),
        ] as [(String, Int64?)])
    func iso(_ text: String, _ milliseconds: Int64?) {
        #expect(UTCDate.milliseconds(iso: text.utf8) == milliseconds)
    }

    @Test("every day comes back")
    func days() {
        for day in stride(from: Int64(-700_000), through: 2_900_000, by: 37) {
            let date = UTCDate(milliseconds: day * 86_400_000 + 1000)
            let back = UTCDate.milliseconds(year: date.year, month: date.month, day: date.day, second: 1)
            #expect(back == day * 86_400_000 + 1000)
        }
    }
}
