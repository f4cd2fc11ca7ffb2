import CairnTestSupport
import Testing

/// Runs what a page shows and compares what is printed.
struct DocumentationRun {
    /// What a step printed.
    struct Result {
        let step: DocumentationPage.Step
        let output: [String]
        let exitCode: Int
    }

    /// Runs all steps in one shell, so that each finds what those before it left: files, folder, variables.
    ///
    /// - Throws: `SupportError` if the shell ended early.
    static func run(
        _ steps: [DocumentationPage.Step], in folder: String, of sandbox: Sandbox
    ) throws -> [Result] {
        // A character that no command prints separates the steps.
        let script = steps.map { "{\n\($0.script)\n}\nprintf '\\036%d\\036' $?\n" }.joined()
        let whole = try Program.run(
            "/usr/bin/env", ["bash", "-c", script], in: sandbox(folder), environment: sandbox.environment,
            merged: true)
        var parts = whole.output.split(separator: 0x1E, omittingEmptySubsequences: false)
        guard parts.count == steps.count * 2 + 1, parts.popLast()?.isEmpty == true else {
            throw SupportError("the shell ended before the page did\n\(whole)")
        }
        return steps.enumerated().map { index, step in
            var lines = parts[2 * index].split(separator: 10, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            if lines.last == "" { lines.removeLast() }
            let code = Int(String(decoding: parts[2 * index + 1], as: UTF8.self)) ?? -1
            return Result(step: step, output: lines, exitCode: code)
        }
    }

    /// Expects that every step succeeded and printed what the page shows.
    static func expectAsShown(
        _ results: [Result], _ page: DocumentationPage, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for result in results {
            let place = "\(page.path):\(result.step.line): $ \(result.step.script)"
            let printed = result.output.joined(separator: "\n")
            #expect(
                result.exitCode == 0, "\(place)\n[exit \(result.exitCode)]\n\(printed)",
                sourceLocation: sourceLocation)
            guard let shown = result.step.output else { continue }
            #expect(
                matches(shown[...], result.output[...]),
                "\(place)\nshown:\n\(shown.joined(separator: "\n"))\nprinted:\n\(printed)",
                sourceLocation: sourceLocation)
        }
    }

    /// Whether lines are what is shown; `…` stands for anything in a line, and alone for any lines.
    static func matches(_ shown: ArraySlice<String>, _ printed: ArraySlice<String>) -> Bool {
        guard let first = shown.first else { return printed.isEmpty }
        if first == "…" {
            return (0...printed.count).contains { matches(shown.dropFirst(), printed.dropFirst($0)) }
        }
        guard let line = printed.first, matches(line: Array(first.utf8)[...], Array(line.utf8)[...]) else {
            return false
        }
        return matches(shown.dropFirst(), printed.dropFirst())
    }

    private static func matches(line shown: ArraySlice<UInt8>, _ printed: ArraySlice<UInt8>) -> Bool {
        let anything = Array("…".utf8)
        guard let first = shown.first else { return printed.isEmpty }
        if shown.starts(with: anything) {
            return (0...printed.count).contains {
                matches(line: shown.dropFirst(anything.count), printed.dropFirst($0))
            }
        }
        return first == printed.first && matches(line: shown.dropFirst(), printed.dropFirst())
    }
}
