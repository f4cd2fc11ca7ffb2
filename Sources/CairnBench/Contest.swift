/// Programs that do the same work in turn, and what each run cost.
///
/// They alternate, so that a noisy moment hits all of them, and everything is made durable before each run, so that none pays for
/// the writes of another. Of all runs the fastest counts: noise only ever adds.
struct Contest {
    /// One of the programs.
    struct Contender {
        let name: String
        /// Prepares run number `run` and tells what to measure.
        let prepare: (_ run: Int) throws(BenchError) -> Program
    }

    let name: String
    /// What the data looks like.
    let tree: String
    private let bench: Workbench
    private var contenders: [Contender] = []
    private(set) var costs: [String: [Program.Cost]] = [:]

    init(_ name: String, tree: String, _ bench: Workbench) {
        self.name = name
        self.tree = tree
        self.bench = bench
    }

    /// Adds a program; its work may differ from run to run, in a new folder for instance.
    mutating func add(_ name: String, _ prepare: @escaping (_ run: Int) throws(BenchError) -> Program) {
        contenders.append(Contender(name: name, prepare: prepare))
    }

    /// Adds the real dvc, if it is installed.
    mutating func addDVC(_ prepare: @escaping (_ dvc: String, _ run: Int) throws(BenchError) -> Program) {
        guard let dvc = bench.dvc else { return }
        add("dvc") { (run) throws(BenchError) in try prepare(dvc, run) }
    }

    /// Lets everybody run, and prints a line for each program.
    ///
    /// - Parameter warmUps: runs before the first that counts, where a program brings an index of its own up to date.
    mutating func run(times: Int? = nil, warmUps: Int = 0) throws(BenchError) {
        let times = times ?? bench.options.runs
        for run in 0..<(warmUps + times) {
            for contender in contenders {
                let program = try contender.prepare(run)
                Disk.sync()
                let cost = try program.run(bench.environment)
                if run >= warmUps { costs[contender.name, default: []].append(cost) }
            }
        }
        for contender in contenders {
            guard let own = costs[contender.name], let seconds = own.map(\.seconds).min() else { continue }
            Console.print(
                JSONLine([
                    ("measurement", .text(name)), ("tree", .text(tree)), ("program", .text(contender.name)),
                    ("runs", .integer(own.count)), ("seconds", .number(seconds)),
                    ("processor_seconds", .number(own.map(\.processorSeconds).min() ?? 0)),
                    ("peak_mib", .number(Double(peak(of: contender.name)) / 1_048_576)),
                ]).text)
        }
    }

    /// The fastest run of a program, in seconds; `nil` if it did not take part.
    func seconds(of program: String) -> Double? { costs[program]?.map(\.seconds).min() }

    /// The largest peak of a program's memory, in bytes.
    func peak(of program: String) -> Int64 { costs[program]?.map(\.peakBytes).max() ?? 0 }

    // MARK: targets

    /// Prints whether cairn takes at most `limit` times as long as the slowest of the others.
    func require(atMost limit: Double, timesOf others: String...) {
        let times = others.compactMap { seconds(of: $0) }
        guard times.count == others.count, let other = times.max(), let own = seconds(of: "cairn") else {
            return skip("cairn / \(others.joined(separator: ", "))")
        }
        let name = others.count == 1 ? others[0] : "slower of \(others.joined(separator: " and "))"
        report("time: cairn / \(name)", own / other, limit: limit, isMet: own <= limit * other)
    }

    /// Prints whether cairn is at least `factor` times as fast as another program.
    func require(atLeast factor: Double, timesFasterThan other: String) {
        guard let slow = seconds(of: other), let own = seconds(of: "cairn") else {
            return skip("\(other) / cairn")
        }
        report("time: \(other) / cairn", slow / own, limit: factor, isMet: slow >= factor * own)
    }

    /// Prints whether cairn ends within so many seconds.
    func require(within limit: Double) {
        guard let own = seconds(of: "cairn") else { return skip("seconds") }
        report("seconds", own, limit: limit, isMet: own <= limit)
    }

    /// Prints whether cairn's memory stays below so many mebibytes.
    func require(memoryBelow limit: Double) {
        let own = Double(peak(of: "cairn")) / 1_048_576
        report("peak MiB", own, limit: limit, isMet: own < limit)
    }

    private func report(_ what: String, _ value: Double, limit: Double, isMet: Bool) {
        Console.print(
            JSONLine([
                ("target", .text(name)), ("tree", .text(tree)), ("figure", .text(what)),
                ("value", .number(value)),
                ("limit", .number(limit)), ("met", .boolean(isMet)),
            ]).text)
    }

    private func skip(_ what: String) {
        Console.print(
            JSONLine([
                ("target", .text(name)), ("tree", .text(tree)), ("figure", .text(what)),
                ("skipped", .text("a program is not installed")),
            ]).text)
    }
}
