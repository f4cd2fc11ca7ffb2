/// Measures cairn beside other programs, as whole processes, and prints one JSON line for each figure.
///
/// What is measured, and how: docs/benchmarks.md.
@main
enum Main {
    static func main() {
        do {
            if CommandLine.arguments.dropFirst().first == Kernel.option {
                return try Kernel(Array(CommandLine.arguments.dropFirst(2))).run()
            }
            let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
            switch options.task {
            case .help: Console.print(BenchOptions.help)
            case .tables(let file, let document): try ResultTables(readingFrom: file).write(into: document)
            case .measure: try measure(options)
            }
        } catch {
            Console.note("error: \(error)")
            Console.exit(1)
        }
    }

    private static func measure(_ options: BenchOptions) throws(BenchError) {
        var bench = try Workbench(options)
        defer { bench.remove() }
        try bench.reportPrograms()
        for scenario in Scenario.allCases where options.scenarios.contains(scenario) {
            Console.note("\(scenario.rawValue) …")
            bench.scenario = scenario
            try scenario.run(on: bench)
        }
    }
}
