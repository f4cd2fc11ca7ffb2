import CairnTestSupport
import Testing

@testable import CairnBench

/// Lines that a run prints become tables in a document.
@Suite("Tables of a benchmark")
struct ResultTableTests {
    @Test("a printed line is read as it was")
    func roundTrip() throws {
        let line = JSONLine([
            ("text", .text(#"a "quoted" \ word, {1}"#)), ("integer", .integer(-7)), ("number", .number(0.25)),
            ("yes", .boolean(true)), ("no", .boolean(false)),
        ])
        let read = try #require(JSONLine(parsing: line.text.dropLast()))
        #expect(read.text == line.text)
    }

    @Test(
        "what is no object of simple values is no line",
        arguments: [
            "", "Building for production...", "{", #"{"a": 1"#, #"{"a" 1}"#, #"{"a": [1]}"#, #"{"a": "b}"#,
        ])
    func rejected(_ text: String) {
        #expect(JSONLine(parsing: text) == nil)
    }

    @Test("places with figures are filled, and all else stays")
    func filling() throws {
        let scratch = try ScratchDirectory()
        let (results, document) = (scratch("results"), scratch("document"))
        try Disk.write(
            Array(
                """
                Build of product 'cairn' complete!
                {"scenario": "s", "scale": 1, "measurement": "add", "tree": "t", "program": "cairn", "runs": 5, \
                "seconds": 1.5, "processor_seconds": 2, "peak_mib": 10.2, "stored_bytes": 1048576, "disk_bytes": 2097152}
                {"scenario": "s", "scale": 1, "measurement": "add", "tree": "t", "program": "cp", "runs": 5, \
                "seconds": 3, "processor_seconds": 0.5, "peak_mib": 2}
                {"scenario": "s", "scale": 1, "measurement": "add", "tree": "t", "program": "other", "skipped": "no network"}

                """.utf8), to: results)
        try Disk.write(
            Array(
                """
                before
                <!-- cairn-bench s times -->
                old
                <!-- end -->
                between
                <!-- cairn-bench other times -->
                kept
                <!-- end -->
                <!-- cairn-bench s bytes -->
                <!-- end -->
                after

                """.utf8), to: document)
        let tables = try ResultTables(readingFrom: results)
        try tables.write(into: document)
        let expected = """
            before
            <!-- cairn-bench s times -->

            **add, t**

            | program | seconds | of cairn's | processor seconds | peak MiB | runs |
            | --- | --- | --- | --- | --- | --- |
            | cairn | 1.50 |  | 2.00 | 10 | 5 |
            | cp | 3.00 | 2.00 times | 0.500 | 2 | 5 |
            | other | skipped: no network |  |  |  |  |

            <!-- end -->
            between
            <!-- cairn-bench other times -->
            kept
            <!-- end -->
            <!-- cairn-bench s bytes -->

            **add, t**

            | program | stored MiB | on disk, with folders, MiB |
            | --- | --- | --- |
            | cairn | 1.00 | 2.00 |

            <!-- end -->
            after

            """
        #expect(String(decoding: try #require(Disk.read(document)), as: UTF8.self) == expected)
        // Again, over what is there now.
        try tables.write(into: document)
        #expect(String(decoding: try #require(Disk.read(document)), as: UTF8.self) == expected)
    }

    @Test("versions become columns")
    func versions() {
        let lines = (1...3).map {
            #"{"scenario": "s", "scale": 2, "measurement": "m", "tree": "t", "program": "cairn", "version": \#($0), "#
                + #""stored_bytes": \#($0 << 20), "seconds": 1, "processor_seconds": 1, "peak_mib": \#($0)}"#
        }
        let tables = ScenarioTables(lines.compactMap { JSONLine(parsing: $0) })
        #expect(
            tables.bytes == """
                **m, t (sizes divided by 2)**

                | MiB after version | 1 | 2 | 3 |
                | --- | --- | --- | --- |
                | cairn | 1.00 | 2.00 | 3.00 |

                """)
        #expect(tables.times.contains("| cairn | 3.00 | 3.00 | 3 |"))
        #expect(tables.targets.isEmpty)
    }

    @Test(
        "numbers are rounded to the digits that are asked for",
        arguments: [
            (0.0, 2, "0.00"), (1.005, 1, "1.0"), (0.0996, 3, "0.100"), (12.5, 0, "13"), (-0.25, 2, "-0.25"),
        ])
    func figures(_ value: Double, _ digits: Int, _ text: String) {
        #expect(Figure.text(value, digits: digits) == text)
    }

    @Test("a name stands for a scenario, or for all that begin with it")
    func scenarios() throws {
        #expect(try Scenario.named("one") == [.one])
        #expect(try Scenario.named("native").count == 7)
        #expect(throws: BenchError.self) { try Scenario.named("nati") }
        #expect(throws: BenchError.self) { try Scenario.named("") }
    }

    @Test("the same numbers make the same noise")
    func noise() {
        var (one, other) = (NoiseGenerator(seed: 5), NoiseGenerator(seed: 5))
        #expect(one.bytes(64) == other.bytes(64))
        #expect(one.next(below: 1000) == other.next(below: 1000))
        var table = CSVTable(seed: 1)
        var piece = [UInt8](repeating: 0, count: 4096)
        table.fill(&piece)
        #expect(piece.last == UInt8(ascii: "\n") && !piece.contains(0))
    }
}
