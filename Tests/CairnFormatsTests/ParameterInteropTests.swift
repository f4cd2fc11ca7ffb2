import CairnCore
import CairnTestSupport
import Foundation
import Testing

@testable import CairnFormats

@Suite struct ParameterInteropTests {
    private static let samples: [(file: String, texts: [String])] = [
        ("p.json", ParameterFileTests.values.filter { $0.file == "p.json" }.map(\.text)),
        ("p.toml", TOMLTests.values.map(\.text) + TOMLTests.errors.map(\.text)),
        ("p.py", PythonTests.values.map(\.text) + PythonTests.errors.map(\.text)),
    ]

    @Test(
        "what dvc reads from damaged parameter files, and from sound ones, is read alike",
        .enabled(if: RealDVC.isAvailable, "\(RealDVC.reason)"), arguments: 0..<3)
    func alike(_ number: Int) throws {
        let (file, samples) = Self.samples[number]
        var texts = samples
        let bytes = samples.map { Array($0.utf8) }
        var random = SeededRandom(seed: UInt64(number))
        while texts.count < 3000 {
            var text = bytes.randomElement(using: &random) ?? []
            if Bool.random(using: &random) { text += bytes.randomElement(using: &random) ?? [] }
            // Text that is no UTF-8 dvc never gets to parse.
            if let damaged = String(validating: random.damagedText(text, others: bytes), as: UTF8.self) {
                texts.append(damaged)
            }
        }
        // Python's universal line ends are made before dvc's parsers see the text.
        texts = texts.map {
            $0.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "\n")
        }
        for (text, answer) in zip(texts, try ask(file, texts)) {
            let read = try? ParameterFile(parsing: Array(text.utf8), file: file).value.shown
            if let answer, !answer.contains("<other>") {
                #expect(read == answer, "\(file): \(text.debugDescription)")
            } else if file != "p.py", answer == nil {
                // A module may have errors that ours does not look for.
                #expect(read == nil, "\(file): \(text.debugDescription)")
            }
        }
    }

    private func ask(_ file: String, _ texts: [String]) throws -> [String?] {
        let python =
            try #require(RealDVC.path).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            + "/python"
        let input = try JSONSerialization.data(withJSONObject: texts.map { [file, $0] })
        let scratch = try ScratchDirectory()
        let result = try Program.run(
            python, ["\(PackageRoot.path)/Tests/tools/load-parameters"], in: scratch.path,
            environment: ["HOME": scratch.path, "PATH": "/usr/bin:/bin"], input: Array(input), seconds: 300
        ).succeeded()
        let answers = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [Any])
        return answers.map { $0 as? String }
    }
}

extension YAMLValue {
    /// The value as the tool shows it.
    fileprivate var shown: String {
        switch self {
        case .null: return "None"
        case .bool(let bool): return bool ? "True" : "False"
        case .int(let int): return String(int)
        case .bigInt(let text), .date(let text): return text
        case .float(let float):
            return float.isNaN
                ? "nan" : float.isInfinite ? (float < 0 ? "-inf" : "inf") : PythonJSON.text(of: float)
        case .string(let text): return String(decoding: PythonJSON.string(text).serialized(), as: UTF8.self)
        case .sequence(let items): return "[" + items.map(\.shown).joined(separator: ", ") + "]"
        case .mapping(let entries):
            return "{" + entries.map { "\($0.key.shown): \($0.value.shown)" }.joined(separator: ", ") + "}"
        }
    }
}
