import Testing

@testable import CairnCLI

@Suite("Progress line")
struct ProgressLineTests {
    private let mebi: Int64 = 1 << 20

    @Test("the line shows what is done, how fast, and how long it still takes")
    func line() {
        let line = ProgressLine.line(
            "hashing", 12, of: 40, 100 * mebi, of: 400 * mebi, after: .seconds(10), width: 120)
        #expect(line == "hashing  12/40  100 MiB of 400 MiB  10.0 MiB/s  30 s left")
        #expect(
            ProgressLine.line("linking", 30, of: 90, 0, of: nil, after: .seconds(60), width: 120)
                == "linking  30/90  2:00 min left")
        #expect(ProgressLine.line("copying", 0, of: nil, 0, of: nil, after: .zero, width: 120) == "copying")
    }

    @Test("the line is never wider than the terminal", arguments: [0, 1, 10, 40])
    func width(_ width: Int) {
        let line = ProgressLine.line(
            "hashing", 12, of: 40, mebi, of: 4 * mebi, after: .seconds(10), width: width)
        #expect(line.unicodeScalars.count <= max(0, width - 1))
    }
}

@Suite("Leading options")
struct LeadingOptionsTests {
    @Test("options are taken off the front up to the command")
    func parse() throws {
        let options = try LeadingOptions(parsing: [
            "-C", "a", "--cd=b", "-q", "--wait-for-lock", "exp", "-C", "x", "-q",
        ])
        #expect(options.folders == ["a", "b"])
        #expect(options.quiet == 1 && options.waitsForLock && !options.wantsVersion)
        #expect(options.rest == ["exp", "-C", "x", "-q"])
    }
}
