/// Programs that do the same work in turn, and what each run cost.
///
/// They alternate, so that a noisy moment hits all of them, and everything is made durable before each run, so that none pays for
/// the writes of another. Of all runs the fastest counts: noise only ever adds.
struct Contest {
    /// One of the programs.
    struct Contender {
        let name: String
        /// At most so many runs; `nil` for as many as the contest has.
        let runs: Int?
        /// Whether the contest goes on without it if it fails.
        let mayFail: Bool
        /// The files and folders whose growth by run number `run` is of interest.
        let store: (_ run: Int) -> [String]
        /// Prepares run number `run` and tells what to measure.
        let prepare: (_ run: Int) throws(BenchError) -> Program
    }

    let name: String
    /// What the data looks like.
    let tree: String
    let bench: Workbench
    private var contenders: [Contender] = []
    private(set) var costs: [String: [Program.Cost]] = [:]
    private var growths: [String: [StoreSize]] = [:]
    /// A peer that took longer than this, in seconds, is not asked again: the next run would say the same.
    private static let patience = 40.0

    init(_ name: String, tree: String, _ bench: Workbench) {
        self.name = name
        self.tree = tree
        self.bench = bench
    }

    /// Adds a program; its work may differ from run to run, in a new folder for instance.
    mutating func add(
        _ name: String, runs: Int? = nil, mayFail: Bool = false,
        store: @escaping (_ run: Int) -> [String] = { _ in [] },
        _ prepare: @escaping (_ run: Int) throws(BenchError) -> Program
    ) {
        contenders.append(
            Contender(name: name, runs: runs, mayFail: mayFail, store: store, prepare: prepare))
    }

    /// Lets everybody run, and prints a line for each program.
    ///
    /// - Parameter warmUps: runs before the first that counts, where a program brings an index of its own up to date.
    mutating func run(times: Int? = nil, warmUps: Int = 0) throws(BenchError) {
        let times = times ?? bench.options.runs
        var dropped: Set<String> = []
        for run in 0..<(warmUps + times) {
            for contender in contenders where !dropped.contains(contender.name) {
                guard run < warmUps + (contender.runs ?? times) else { continue }
                do throws(BenchError) {
                    let (cost, growth) = try turn(of: contender, run)
                    guard run >= warmUps else { continue }
                    costs[contender.name, default: []].append(cost)
                    if let growth { growths[contender.name, default: []].append(growth) }
                    if contender.mayFail && cost.seconds > Self.patience { dropped.insert(contender.name) }
                } catch {
                    guard contender.mayFail else { throw error }
                    dropped.insert(contender.name)
                    Console.note("\(contender.name): \(error)")
                    bench.reportSkipped(contender.name, "\(error)", of: name, tree)
                }
            }
        }
        for contender in contenders { printCost(of: contender) }
    }

    private func turn(
        of contender: Contender, _ run: Int
    ) throws(BenchError) -> (cost: Program.Cost, growth: StoreSize?) {
        let program = try contender.prepare(run)
        Disk.sync()
        let store = contender.store(run)
        guard !store.isEmpty else { return (try program.run(bench.environment), nil) }
        let before = StoreSize(of: store)
        let cost = try program.run(bench.environment)
        // Blocks are given to a file when it is written out.
        Disk.sync()
        let growth = StoreSize(of: store) - before
        guard growth.bytes > 0 else {
            throw BenchError("`\(program.words.joined(separator: " "))` stored nothing")
        }
        return (cost, growth)
    }

    private func printCost(of contender: Contender) {
        guard let own = costs[contender.name], let seconds = own.map(\.seconds).min() else { return }
        var members: [(String, JSONLine.Value)] = [
            ("measurement", .text(name)), ("tree", .text(tree)), ("program", .text(contender.name)),
            ("runs", .integer(own.count)), ("seconds", .number(seconds)),
            ("processor_seconds", .number(own.map(\.processorSeconds).min() ?? 0)),
            ("peak_mib", .number(Double(peak(of: contender.name)) / 1_048_576)),
        ]
        if let bytes = storedBytes(of: contender.name) {
            members.append(("stored_bytes", .integer(Int(bytes))))
            members.append(
                ("disk_bytes", .integer(Int(growths[contender.name]?.map(\.diskBytes).max() ?? 0))))
        }
        bench.report(members)
    }

    /// The fastest run of a program, in seconds; `nil` if it did not take part.
    func seconds(of program: String) -> Double? { costs[program]?.map(\.seconds).min() }

    /// The largest peak of a program's memory, in bytes.
    func peak(of program: String) -> Int64 { costs[program]?.map(\.peakBytes).max() ?? 0 }

    /// The most that a run of a program added to its store, in bytes; `nil` if nobody looked.
    func storedBytes(of program: String) -> Int64? { growths[program]?.map(\.bytes).max() }
}
