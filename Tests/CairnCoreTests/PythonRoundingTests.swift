import CairnCore
import CairnTestSupport
import Testing

@Suite("Rounding as Python rounds")
struct PythonRoundingTests {
    @Test(
        "the exact value decides",
        arguments: [
            (0.123456789, 5, 0.12346), (2.675, 2, 2.67), (1.005, 2, 1.0), (0.5, 0, 0.0), (1.5, 0, 2.0),
            (2.5, 0, 2.0),
            (1234567.891, 5, 1234567.891), (1e-7, 5, 0.0), (1.234567e-05, 5, 1e-05), (0.000015, 5, 2e-05),
            (0.000025, 5, 3e-05),
            (-0.000025, 5, -3e-05), (1e300, 5, 1e300), (123.456, 12, 123.456),
            (0.1, 22, 0.1),
            (1e-10, 15, 1e-10), (0.285, 2, 0.28), (9.995, 2, 9.99), (99999.99999999, 5, 100000.0), (0, 5, 0),
        ])
    func rounds(_ value: Double, _ places: Int, _ expected: Double) {
        #expect(PythonJSON.rounded(value, places: places) == expected)
    }

    @Test("what is no number stays")
    func special() {
        #expect(PythonJSON.rounded(.infinity, places: 2) == .infinity)
        #expect(PythonJSON.rounded(.leastNonzeroMagnitude, places: 5) == 0)
        #expect(PythonJSON.rounded(.nan, places: 2).isNaN)
        #expect(PythonJSON.rounded(-1e-9, places: 3).sign == .minus)
    }
}
