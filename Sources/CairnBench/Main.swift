/// Measures cairn beside other programs, as whole processes, and prints one JSON line for each figure.
///
/// What is measured, and how: docs/benchmarks.md.
@main
enum Main {
    static func main() {
        do {
            let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
            if options.wantsHelp {
                Console.print(BenchOptions.help)
                return
            }
            let bench = try Workbench(options)
            defer { bench.remove() }
            for scenario in Scenario.allCases where options.scenarios.contains(scenario) {
                Console.note("\(scenario.rawValue) …")
                try scenario.run(on: bench)
            }
        } catch {
            Console.note("error: \(error)")
            Console.exit(1)
        }
    }
}

/// Something that a user waits for.
enum Scenario: String, CaseIterable {
    case version, small, files, one, million

    /// Prepares, measures and prints.
    func run(on bench: Workbench) throws(BenchError) {
        switch self {
        case .version: try StartUp(bench).version()
        case .small: try StartUp(bench).smallStatus()
        case .files: try ManyFiles(bench, count: bench.options.files).run()
        case .one: try OneFile(bench).run()
        case .million: try MillionFiles(bench).run()
        }
    }
}
