/// Versions of files of kinds that people keep: what each program stores of them.
struct NativeDataSets {
    /// A kind of file.
    private struct Kind {
        let name: String
        let shape: String
        /// The Python package that its making takes.
        let package: String?
    }

    private static let kinds = [
        Kind(name: "csv", shape: "CSV, rows appended, edited, inserted and deleted", package: nil),
        Kind(name: "parquet", shape: "the same table as Parquet", package: "pyarrow"),
        Kind(
            name: "parquet-cdc", shape: "the same table as Parquet with content-defined pages",
            package: "pyarrow"),
        Kind(name: "sqlite", shape: "SQLite, rows appended, edited and deleted", package: nil),
        Kind(name: "tar", shape: "tar, files added, edited and removed", package: nil),
        Kind(name: "checkpoints", shape: "checkpoints, some layers changed", package: "numpy"),
    ]

    private let bench: Workbench
    private static let measurement = "stored after each version"

    init(_ bench: Workbench) { self.bench = bench }

    func run() throws(BenchError) {
        for kind in Self.kinds { try run(kind) }
        try runWheels()
    }

    private func run(_ kind: Kind) throws(BenchError) {
        func skip(_ reason: String) { bench.reportSkipped("all", reason, of: Self.measurement, kind.shape) }
        guard let script = bench.dataSets else {
            return skip("there is no script '\(bench.options.dataSets)' to make it; see --data-sets")
        }
        if let package = kind.package, let reason = lack(of: package) { return skip(reason) }
        let versions = "\(bench.root)/made-\(kind.name)"
        try Disk.makeFolder(versions)
        let make = [bench.python ?? "python3", script, kind.name, versions, String(bench.options.scale)]
        do throws(BenchError) {
            try bench.prepare(make, in: bench.root)
        } catch {
            Console.note("\(error)")
            return skip("the script failed")
        }
        try store(Disk.names(in: versions).sorted().map { "\(versions)/\($0)" }, kind.name, kind.shape)
    }

    /// Packages as they are published: zip files, which are compressed already.
    private func runWheels() throws(BenchError) {
        let shape = "wheels of two versions of numpy"
        let names = Disk.names(in: bench.wheels).filter { $0.hasSuffix(".whl") }.sorted()
        guard names.count > 1 else {
            let reason = bench.reasonForLack(of: "wheels") ?? "they were not downloaded"
            return bench.reportSkipped("all", reason, of: Self.measurement, shape)
        }
        var copies: [String] = []
        for name in names {
            try bench.prepare(["cp", "\(bench.wheels)/\(name)", bench.root], in: bench.root)
            copies.append("\(bench.root)/\(name)")
        }
        try store(copies, "wheels", shape)
    }

    private func store(_ versions: [String], _ label: String, _ shape: String) throws(BenchError) {
        let source = "\(bench.root)/\(label).bin"
        let series = VersionSeries(of: source, shape: shape, bench)
        try series.run(count: versions.count, label: label) { (version) throws(BenchError) in
            try Disk.move(versions[version - 1], to: source)
        }
        try bench.prepare(["rm", "-f", source], in: bench.root)
    }

    private func lack(of package: String) -> String? {
        guard let python = bench.python else { return "\(package) is not installed" }
        let look = Program([python, "-c", "import \(package)"], in: bench.root)
        if (try? look.run(bench.environment)) != nil { return nil }
        return bench.reasonForLack(of: package) ?? "\(package) is not installed"
    }
}
