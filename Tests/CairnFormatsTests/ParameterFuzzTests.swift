import CairnTestSupport
import Testing

@testable import CairnFormats

@Suite struct ParameterFuzzTests {
    private static let samples: [(file: String, texts: [String])] = [
        ("p.json", ParameterFileTests.values.filter { $0.file == "p.json" }.map(\.text)),
        ("p.toml", TOMLTests.values.map(\.text) + TOMLTests.errors.map(\.text)),
        ("p.py", PythonTests.values.map(\.text) + PythonTests.errors.map(\.text)),
    ]

    @Test("damaged parameter files fuzz: they are read or refused at a place in them", arguments: 0..<3)
    func damaged(_ number: Int) {
        let (file, texts) = Self.samples[number]
        let bytes = texts.map { Array($0.utf8) }
        let found = Fuzzing.firstProblem(rounds: 4000) { random in
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                text += bytes.randomElement(using: &random) ?? []
            }
            text = random.damagedText(text, others: bytes)
            do throws(FormatsError) {
                let read = try ParameterFile(parsing: text, file: file)
                for key in ["a", "a.b", "**", "*", "a.*.0", "[!x]"] { _ = read.value(at: key) }
                return nil
            } catch {
                guard let location = error.location else { return "no place: \(error.reason)" }
                let lines = text.count { $0 == 10 || $0 == 13 } + 1
                return location.line <= lines ? nil : "line \(location.line) of \(lines)"
            }
        }
        #expect(found == nil)
    }
}
